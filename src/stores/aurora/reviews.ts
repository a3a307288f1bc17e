import type { Selectable } from "kysely";
import { reviewEvent } from "../../domain/event-data.ts";
import { newId } from "../../domain/ids.ts";
import type { OrderLine } from "../../domain/order.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { openDispute, whyNotDisputable } from "./dispute-rows.ts";
import { violates } from "./errors.ts";
import { record } from "./log.ts";
import { linesOf, lockOrder, moveOrder, type OrderRow } from "./order-rows.ts";
import { changeCounts } from "./publication-rows.ts";
import type { Database } from "./schema.ts";

export type Review = Selectable<Database["review"]>;
export type ReviewStore = ReturnType<typeof reviewStore>;

export interface NewReview {
  orderId: string;
  lineNumber: number;
  authorId: string;
  conforms: boolean;
  /** 1 to 5. */
  rating: number;
  text: string;
  at: string;
}

/** A review, and what became of its order. */
export interface Written {
  review: Review;
  orderState: string;
  /** The dispute that it opened. */
  disputeId: string | null;
  /** Why a review that does not conform opened none, in words. */
  undisputed: string | null;
}

const REVIEWABLE = ["delivered", "disputed", "completed"];

/** Reviews: one for each order line, after delivery. */
export const reviewStore = (db: Aurora) => ({
  /**
   * Writes a review; the publication's rating and the order follow in the same transaction: it completes
   * when every line conforms, and is disputed when one does not and it still can be.
   */
  write: (want: NewReview): Promise<Written> =>
    transact(db, async (tx) => {
      const { orderId, authorId, conforms, rating, at } = want;
      const order = await lockOrder(tx, orderId);
      if (!REVIEWABLE.includes(order.state) || order.deliveredAt === null) {
        throw new MktError(
          "illegal_transition",
          `order ${orderId} is ${order.state}: it is reviewed after delivery`,
        );
      }
      const lines = await linesOf(tx, orderId);
      const line = lines.find(({ lineNumber }) => lineNumber === want.lineNumber);
      if (!line) {
        throw new MktError("not_found", `order ${orderId} has no line ${want.lineNumber}`, {
          hint: `it has ${lines.length}`,
        });
      }
      const { publicationId } = line;
      const review = await tx
        .insertInto("review")
        .values({
          id: newId(),
          orderLineId: line.id,
          orderId,
          publicationId,
          authorId,
          conforms,
          rating,
          createdAt: at,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
        .catch((error: unknown) => {
          if (!violates(error, "review_order_line_id_key")) throw error;
          throw new MktError(
            "conflict",
            `line ${want.lineNumber} of order ${orderId} is reviewed already`,
          );
        });
      const actor = `user:${authorId}`;
      await record(tx, [{ ...reviewEvent(review, order.sellerId, want.text), actor, at }]);
      await changeCounts(tx, publicationId, { rating }, actor, at);
      const followed = await followReview(tx, order, {
        line,
        conforms,
        note: want.text,
        actor,
        at,
      });
      return { review, ...followed };
    }),

  /** The reviews of an order with their text, in the order they were written. */
  ofOrder: (orderId: string): Promise<(Review & { text: string })[]> =>
    query(async () => {
      const rows = await db
        .selectFrom("review")
        .leftJoin("event", (join) =>
          join.onRef("event.subjectId", "=", "review.id").on("event.type", "=", "review.written"),
        )
        .selectAll("review")
        .select("event.personal")
        .where("review.orderId", "=", orderId)
        .orderBy("review.id")
        .execute();
      return rows.map(({ personal, ...review }) => ({
        ...review,
        text: typeof personal?.text === "string" ? personal.text : "",
      }));
    }),
});

/** What a review makes of a locked order that is reviewable. */
async function followReview(
  tx: AuroraTransaction,
  order: OrderRow,
  {
    line,
    conforms,
    note,
    actor,
    at,
  }: { line: OrderLine; conforms: boolean; note: string; actor: string; at: string },
): Promise<Omit<Written, "review">> {
  const unchanged = { orderState: order.state, disputeId: null, undisputed: null };
  if (order.state === "disputed") return unchanged;
  if (!conforms) {
    const why = whyNotDisputable(order, at);
    if (why !== undefined) return { ...unchanged, undisputed: why };
    const what = { reason: "not_as_described", orderLineId: line.id, note, actor, at } as const;
    const opened = await openDispute(tx, order, what);
    return { ...unchanged, orderState: opened.order.state, disputeId: opened.dispute.id };
  }
  if (order.state !== "delivered") return unchanged;
  const unreviewed = await tx
    .selectFrom("orderLine")
    .leftJoin("review", "review.orderLineId", "orderLine.id")
    .select("orderLine.id")
    .where("orderLine.orderId", "=", order.id)
    .where((eb) => eb.or([eb("review.id", "is", null), eb("review.conforms", "=", false)]))
    .executeTakeFirst();
  if (unreviewed) return unchanged;
  return { ...unchanged, orderState: (await moveOrder(tx, order, "complete", actor, at)).state };
}
