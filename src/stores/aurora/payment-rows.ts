import type { Selectable } from "kysely";
import { newId } from "../../domain/ids.ts";
import { CAPTURED_PAYMENT_STATES } from "../../domain/payment.ts";
import { nextState } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import type { AuroraTransaction } from "./client.ts";
import { record, recordTransition } from "./log.ts";
import { countSold, lockOrder, moveOrder, type OrderRow } from "./order-rows.ts";
import type { Database } from "./schema.ts";
import { insertShipment } from "./shipments.ts";

// What every transaction that touches a payment shares.

/** The card's token stays in the store: only whoever charges it is given it. */
export type Payment = Omit<Selectable<Database["payment"]>, "cardToken">;
export type Refund = Selectable<Database["refund"]>;
/** How histories name the payment provider. */
export const PROVIDER = "provider:payments";

/** What is read of a payment: everything but its card's token. */
export const paymentColumns = [
  "payment.id",
  "payment.orderId",
  "payment.state",
  "payment.amountMinor",
  "payment.currency",
  "payment.providerId",
  "payment.reason",
  "payment.cardBrand",
  "payment.cardLastFour",
  "payment.instrument",
  "payment.deadlineAt",
  "payment.revision",
  "payment.createdAt",
  "payment.changedAt",
] as const;

/** Requests a refund of all that was captured for an order and is not being refunded already. */
export async function requestFullRefund(
  tx: AuroraTransaction,
  orderId: string,
  reason: string,
  actor: string,
  at: string,
): Promise<void> {
  const payments = await tx
    .selectFrom("payment")
    .select(paymentColumns)
    .where("orderId", "=", orderId)
    .where("state", "in", CAPTURED_PAYMENT_STATES)
    .orderBy("id")
    .forUpdate()
    .execute();
  for (const payment of payments) {
    const open =
      payment.amountMinor -
      (await refundedMinor(tx, payment.id, ["requested", "pending", "succeeded"]));
    if (open > 0) await insertRefund(tx, payment, open, reason, actor, at);
  }
}

export async function lockPayment(
  tx: AuroraTransaction,
  id: string,
): Promise<{ order: OrderRow; payment: Payment }> {
  const found = await tx
    .selectFrom("payment")
    .select("orderId")
    .where("id", "=", id)
    .executeTakeFirst();
  if (!found) throw new MktError("not_found", `there is no payment ${id}`);
  const order = await lockOrder(tx, found.orderId);
  const payment = await tx
    .selectFrom("payment")
    .select(paymentColumns)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { order, payment };
}

/** Ends a payment of which the provider has nothing; one that it has by now comes back as it is. */
export async function closeCreated(
  tx: AuroraTransaction,
  id: string,
  { event, actor, reason, at }: { event: string; actor: string; reason: string; at: string },
): Promise<Payment> {
  const { order, payment } = await lockPayment(tx, id);
  if (payment.state !== "created") return payment;
  const state = nextState("payment", id, payment.state, event);
  const after = await tx
    .updateTable("payment")
    .set((eb) => ({ state, reason, changedAt: at, revision: eb("revision", "+", 1) }))
    .where("id", "=", id)
    .returning(paymentColumns)
    .executeTakeFirstOrThrow();
  const step = { machine: "payment", event, from: payment.state, to: state } as const;
  await recordTransition(tx, step, id, actor, at);
  await recordPayment(tx, after, actor, at);
  await resumeReservation(tx, order, payment, at);
  return after;
}

export async function receiveMoney(
  tx: AuroraTransaction,
  order: OrderRow,
  payment: Payment,
  at: string,
): Promise<void> {
  if (order.state !== "reserved") {
    await insertRefund(
      tx,
      payment,
      payment.amountMinor,
      `the order was ${order.state} already`,
      PROVIDER,
      at,
    );
    return;
  }
  await moveOrder(tx, order, "approve_payment", PROVIDER, at);
  await insertShipment(tx, order.id, PROVIDER, at);
  await countSold(tx, order.id, PROVIDER, at);
}

/** The reservation's time stood still while the payment was open; it runs on from there. */
export async function resumeReservation(
  tx: AuroraTransaction,
  order: OrderRow,
  payment: Payment,
  at: string,
): Promise<void> {
  const pausedMs = Math.max(0, Date.parse(at) - Date.parse(payment.createdAt));
  const reservedUntil = new Date(Date.parse(order.reservedUntil) + pausedMs).toISOString();
  await tx.updateTable("order").set({ reservedUntil }).where("id", "=", order.id).execute();
}

async function insertRefund(
  tx: AuroraTransaction,
  payment: Payment,
  amountMinor: number,
  reason: string,
  actor: string,
  at: string,
): Promise<void> {
  const refund = await tx
    .insertInto("refund")
    .values({
      id: newId(),
      paymentId: payment.id,
      state: "requested",
      amountMinor,
      reason,
      providerId: null,
      createdAt: at,
      changedAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const step = { machine: "refund", event: "request", from: null, to: "requested" } as const;
  await recordTransition(tx, step, refund.id, actor, at);
  await recordRefund(tx, refund, payment, actor, at);
}

/** Moves a payment on when one of its refunds succeeded. */
export async function countRefund(
  tx: AuroraTransaction,
  payment: Payment,
  at: string,
): Promise<void> {
  const whole = (await refundedMinor(tx, payment.id, ["succeeded"])) >= payment.amountMinor;
  const to = whole ? "refunded" : "partially_refunded";
  const event = whole ? "refund" : "refund_part";
  const after = await tx
    .updateTable("payment")
    .set((eb) => ({ state: to, changedAt: at, revision: eb("revision", "+", 1) }))
    .where("id", "=", payment.id)
    .returning(paymentColumns)
    .executeTakeFirstOrThrow();
  await recordTransition(
    tx,
    { machine: "payment", event, from: payment.state, to },
    payment.id,
    PROVIDER,
    at,
  );
  await recordPayment(tx, after, PROVIDER, at);
}

async function refundedMinor(
  tx: AuroraTransaction,
  paymentId: string,
  states: readonly string[],
): Promise<number> {
  const rows = await tx
    .selectFrom("refund")
    .select("amountMinor")
    .where("paymentId", "=", paymentId)
    .where("state", "in", states)
    .execute();
  return rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

export async function recordPayment(
  tx: AuroraTransaction,
  payment: Payment,
  actor: string,
  at: string,
): Promise<void> {
  const { id, orderId, state, amountMinor, currency, reason, instrument, revision } = payment;
  const data = { orderId, state, amountMinor, currency, reason, instrument };
  await record(tx, [
    { type: `payment.${state}`, subjectKind: "payment", subjectId: id, revision, actor, at, data },
  ]);
}

export async function recordRefund(
  tx: AuroraTransaction,
  refund: Refund,
  payment: Payment,
  actor: string,
  at: string,
): Promise<void> {
  const { id, paymentId, state, amountMinor, reason, revision } = refund;
  const data = {
    paymentId,
    orderId: payment.orderId,
    state,
    amountMinor,
    currency: payment.currency,
  };
  // Whoever cancelled typed the reason.
  const personal = { reason };
  const type = `refund.${state}`;
  const subject = { subjectKind: "refund", subjectId: id, revision };
  await record(tx, [{ type, ...subject, actor, at, data, personal }]);
}
