import type { Selectable } from "kysely";
import { disputeEvent } from "../../domain/event-data.ts";
import { newId } from "../../domain/ids.ts";
import { DISPUTE_DAYS, daysAfter } from "../../domain/order.ts";
import { findTransition, nextState } from "../../domain/transitions.ts";
import type { AuroraTransaction } from "./client.ts";
import { record, recordTransition } from "./log.ts";
import { moveOrder, type OrderRow } from "./order-rows.ts";
import type { Database } from "./schema.ts";

// What every transaction that touches a dispute shares.

export type Dispute = Selectable<Database["dispute"]>;
export type DisputeReason = Dispute["reason"];

/** Why an order cannot be disputed now, in words; undefined when it can. */
export function whyNotDisputable(
  order: Pick<OrderRow, "state" | "deliveredAt">,
  at: string,
): string | undefined {
  if (!findTransition("order", order.state, "dispute")) return `it is ${order.state}`;
  if (order.state !== "completed") return undefined;
  if (order.deliveredAt !== null && at <= daysAfter(order.deliveredAt, DISPUTE_DAYS))
    return undefined;
  if (order.deliveredAt === null) return "it was decided before, and nothing was delivered since";
  return `its ${DISPUTE_DAYS} days after delivery are over`;
}

/** Opens the dispute of a locked order that may be disputed, and moves the order. */
export async function openDispute(
  tx: AuroraTransaction,
  order: OrderRow,
  {
    reason,
    orderLineId,
    note,
    actor,
    at,
  }: {
    reason: DisputeReason;
    orderLineId: string | null;
    note: string;
    actor: string;
    at: string;
  },
): Promise<{ dispute: Dispute; order: OrderRow }> {
  const dispute = await tx
    .insertInto("dispute")
    .values({
      id: newId(),
      orderId: order.id,
      orderLineId,
      state: "open",
      reason,
      openedBy: actor,
      resolvedBy: null,
      refundedMinor: null,
      createdAt: at,
      changedAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const step = { machine: "dispute", event: "open", from: null, to: "open" } as const;
  await recordTransition(tx, step, dispute.id, actor, at);
  await recordDispute(tx, dispute, note, actor, at);
  return { dispute, order: await moveOrder(tx, order, "dispute", actor, at) };
}

/** Resolves a locked dispute by one event of the transition table. The order is moved apart. */
export async function closeDispute(
  tx: AuroraTransaction,
  before: Dispute,
  {
    event,
    refundedMinor,
    note,
    actor,
    at,
  }: { event: string; refundedMinor: number | null; note: string; actor: string; at: string },
): Promise<Dispute> {
  const { id, state: from } = before;
  const to = nextState("dispute", id, from, event);
  const after = await tx
    .updateTable("dispute")
    .set((eb) => ({
      state: to,
      resolvedBy: actor,
      refundedMinor,
      changedAt: at,
      revision: eb("revision", "+", 1),
    }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordTransition(tx, { machine: "dispute", event, from, to }, id, actor, at);
  await recordDispute(tx, after, note, actor, at);
  return after;
}

/** Opens the dispute of an order whose payment a bank took back, as soon as it may be disputed. */
export async function disputeChargeback(
  tx: AuroraTransaction,
  order: OrderRow,
  at: string,
): Promise<OrderRow> {
  const taken = order.flags.some((flag) => flag === "chargeback" || flag === "chargeback_lost");
  if (!taken || whyNotDisputable(order, at) !== undefined) return order;
  const note = "the buyer's bank took the payment back";
  const actor = "provider:payments";
  const what = { reason: "chargeback", orderLineId: null, note, actor, at } as const;
  return (await openDispute(tx, order, what)).order;
}

/** Leaves the event that says how a dispute stands; the note is what somebody typed. */
async function recordDispute(
  tx: AuroraTransaction,
  dispute: Dispute,
  note: string,
  actor: string,
  at: string,
): Promise<void> {
  await record(tx, [{ ...disputeEvent(dispute, note), actor, at }]);
}
