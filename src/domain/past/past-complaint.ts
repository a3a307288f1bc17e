import { disputeEvent, reviewEvent } from "../event-data.ts";
import type { DisputeRow } from "./rows.ts";
import { addStep, type Moment, type Telling, takeStep, tell } from "./telling.ts";

/** The reviews and disputes of an order's past; the order itself is moved apart. */
export interface PastComplaint {
  /** Says whether all lines are reviewed as conforming now. */
  review(
    moment: Moment,
    lineIndex: number,
    said: { conforms: boolean; rating: number; text: string },
  ): boolean;
  open(moment: Moment, reason: DisputeRow["reason"], actor: string, note: string): void;
  /** `event` is one of the table: dismiss, refund_part, refund. */
  close(moment: Moment, event: string, refundedMinor: number, actor: string, note: string): void;
}

export function pastComplaint(telling: Telling): PastComplaint {
  const { order, lines, rows, newId } = telling;
  const reviewed = new Map<string, boolean>();
  let dispute: DisputeRow | undefined;
  return {
    review: (moment, lineIndex, { conforms, rating, text }) => {
      const line = lines[lineIndex];
      if (!line) throw new RangeError(`order ${order.id} has no line ${lineIndex + 1}`);
      const review = {
        id: newId(moment.at),
        orderLineId: line.id,
        orderId: order.id,
        publicationId: line.publicationId,
        authorId: order.buyerId,
        conforms,
        rating,
        createdAt: moment.at,
      };
      rows.review.push(review);
      tell(telling, reviewEvent(review, order.sellerId, text), `user:${order.buyerId}`, moment);
      reviewed.set(line.id, conforms);
      return reviewed.size === lines.length && [...reviewed.values()].every(Boolean);
    },
    open: (moment, reason, actor, note) => {
      const { at } = moment;
      dispute = {
        id: newId(at),
        orderId: order.id,
        orderLineId: null,
        state: "open",
        reason,
        openedBy: actor,
        resolvedBy: null,
        refundedMinor: null,
        revision: 1,
        createdAt: at,
        changedAt: at,
      };
      rows.dispute.push(dispute);
      const { id: subjectId } = dispute;
      const step = {
        machine: "dispute",
        subjectId,
        event: "open",
        from: null,
        to: "open",
      } as const;
      addStep(telling, step, actor, moment);
      tell(telling, disputeEvent(dispute, note), actor, moment);
    },
    close: (moment, event, refundedMinor, actor, note) => {
      if (!dispute) throw new RangeError(`order ${order.id} is not disputed`);
      dispute.resolvedBy = actor;
      dispute.refundedMinor = refundedMinor || null;
      takeStep(telling, "dispute", dispute, event, actor, moment);
      tell(telling, disputeEvent(dispute, note), actor, moment);
    },
  };
}
