import type { Selectable } from "kysely";
import { paymentEvent, refundEvent } from "../../domain/event-data.ts";
import { newId } from "../../domain/ids.ts";
import { CAPTURED_PAYMENT_STATES, REFUNDABLE_PAYMENT_STATES } from "../../domain/payment.ts";
import { findTransition, nextState } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import type { AuroraTransaction } from "./client.ts";
import { postCapture, postRefundGranted, postRefundPaid, settleChargeback } from "./ledger-rows.ts";
import { record, recordTransition } from "./log.ts";
import { countSold, lockOrder, moveOrder, type OrderRow } from "./order-rows.ts";
import type { Database } from "./schema.ts";
import { insertShipment } from "./shipment-rows.ts";

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
  "payment.late",
  "payment.capture",
  "payment.nextActionUrl",
  "payment.chargeback",
  "payment.synthesised",
  "payment.revision",
  "payment.createdAt",
  "payment.changedAt",
] as const;

/**
 * Gives back all that an order holds: requests what was captured and not granted before, requests again
 * what failed, and takes what a bank took as given back. Gives the refunds that it requested.
 */
export async function requestFullRefund(
  tx: AuroraTransaction,
  order: OrderRow,
  reason: string,
  actor: string,
  at: string,
): Promise<Refund[]> {
  const payments = await tx
    .selectFrom("payment")
    .select(paymentColumns)
    .where("orderId", "=", order.id)
    .where("state", "in", CAPTURED_PAYMENT_STATES)
    .orderBy("id")
    .forUpdate()
    .execute();
  const requested: Refund[] = [];
  for (const payment of payments) {
    const granted = await grantedMinor(tx, payment.id);
    if (payment.state === "charged_back") {
      await settleChargeback(tx, { order, payment }, "refund", granted, at);
      continue;
    }
    requested.push(...(await requestFailedAgain(tx, payment, actor, at)));
    const left = payment.amountMinor - granted;
    if (left > 0)
      requested.push(
        await grantRefund(tx, { order, payment }, { amountMinor: left, reason }, actor, at),
      );
  }
  return requested;
}

/** Requests again the refunds of a payment that failed, each as one more attempt. */
export async function requestFailedAgain(
  tx: AuroraTransaction,
  payment: Payment,
  actor: string,
  at: string,
): Promise<Refund[]> {
  // No provider would be sent it.
  if (payment.synthesised) return [];
  if (!REFUNDABLE_PAYMENT_STATES.some((state) => state === payment.state)) return [];
  const failed = await tx
    .selectFrom("refund")
    .select("id")
    .where("paymentId", "=", payment.id)
    .where("state", "=", "failed")
    .orderBy("id")
    .forUpdate()
    .execute();
  const again: Refund[] = [];
  for (const { id } of failed) {
    const after = await tx
      .updateTable("refund")
      .set((eb) => ({
        state: nextState("refund", id, "failed", "request"),
        providerId: null,
        attempt: eb("attempt", "+", 1),
        revision: eb("revision", "+", 1),
        changedAt: at,
      }))
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const step = {
      machine: "refund",
      event: "request",
      from: "failed",
      to: "requested",
    } as const;
    await recordTransition(tx, step, id, actor, at);
    await recordRefund(tx, after, payment, actor, at);
    again.push(after);
  }
  return again;
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

/** Moves a locked payment by one event of the transition table, with its history and its event. */
async function movePayment(
  tx: AuroraTransaction,
  { id, state: from }: Payment,
  event: string,
  actor: string,
  at: string,
  changes: Partial<Pick<Payment, "reason">> = {},
): Promise<Payment> {
  const state = nextState("payment", id, from, event);
  const after = await tx
    .updateTable("payment")
    .set((eb) => ({ ...changes, state, changedAt: at, revision: eb("revision", "+", 1) }))
    .where("id", "=", id)
    .returning(paymentColumns)
    .executeTakeFirstOrThrow();
  await recordTransition(tx, { machine: "payment", event, from, to: state }, id, actor, at);
  await recordPayment(tx, after, actor, at);
  return after;
}

/** Ends a payment of which the provider has nothing; one that it has by now comes back as it is. */
export async function closeCreated(
  tx: AuroraTransaction,
  id: string,
  { event, actor, reason, at }: { event: string; actor: string; reason: string; at: string },
): Promise<Payment> {
  const { order, payment } = await lockPayment(tx, id);
  if (payment.state !== "created") return payment;
  const after = await movePayment(tx, payment, event, actor, at, { reason });
  await resumeReservation(tx, order, payment, at);
  return after;
}

/** The provider took the money: it pays the order, or is given back when it came too late. */
export async function receiveMoney(
  tx: AuroraTransaction,
  order: OrderRow,
  payment: Payment,
  at: string,
): Promise<void> {
  const paid = { order, payment };
  await postCapture(tx, paid, at);
  if (payment.late) {
    const reason =
      order.state === "reserved"
        ? "the payment was given up before"
        : `the order was ${order.state} already`;
    const { amountMinor } = payment;
    await grantRefund(tx, paid, { amountMinor, reason, owedAlready: true }, PROVIDER, at);
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

/** Grants a refund of a captured payment: its row, its history, and what the ledger makes of it. */
export async function grantRefund(
  tx: AuroraTransaction,
  { order, payment }: { order: OrderRow; payment: Payment },
  {
    amountMinor,
    reason,
    owedAlready = false,
    key = null,
  }: { amountMinor: number; reason: string; owedAlready?: boolean; key?: string | null },
  actor: string,
  at: string,
): Promise<Refund> {
  if (payment.synthesised) {
    throw new MktError("conflict", `payment ${payment.id} came with its history`, {
      hint: "no provider knows it: give the money back where it was paid",
    });
  }
  const before = await grantedMinor(tx, payment.id);
  const refund = await tx
    .insertInto("refund")
    .values({
      id: newId(),
      paymentId: payment.id,
      state: "requested",
      amountMinor,
      reason,
      key,
      providerId: null,
      createdAt: at,
      changedAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const step = { machine: "refund", event: "request", from: null, to: "requested" } as const;
  await recordTransition(tx, step, refund.id, actor, at);
  await recordRefund(tx, refund, payment, actor, at);
  if (!owedAlready) await postRefundGranted(tx, { order, payment }, refund, before, at);
  return refund;
}

/** A refund succeeded: the money has left, and its payment moves on where the table lets it. */
export async function countRefund(
  tx: AuroraTransaction,
  { order, payment }: { order: OrderRow; payment: Payment },
  refund: Refund,
  at: string,
): Promise<void> {
  await postRefundPaid(tx, { order, payment }, refund, at);
  const whole = (await refundedMinor(tx, payment.id)) >= payment.amountMinor;
  const event = whole ? "refund" : "refund_part";
  // A payment that the bank took back meanwhile stays so.
  if (findTransition("payment", payment.state, event))
    await movePayment(tx, payment, event, PROVIDER, at);
}

/** What was given back of a payment. */
export function refundedMinor(tx: AuroraTransaction, paymentId: string): Promise<number> {
  return sumOfRefunds(tx, paymentId, ["succeeded"]);
}

/** What was granted of a payment, given back or not: a refund that failed is owed until it is requested again. */
export function grantedMinor(tx: AuroraTransaction, paymentId: string): Promise<number> {
  return sumOfRefunds(tx, paymentId, ["requested", "pending", "succeeded", "failed"]);
}

async function sumOfRefunds(
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
  await record(tx, [{ ...paymentEvent(payment), actor, at }]);
}

export async function recordRefund(
  tx: AuroraTransaction,
  refund: Refund,
  payment: Payment,
  actor: string,
  at: string,
): Promise<void> {
  await record(tx, [{ ...refundEvent(refund, payment), actor, at }]);
}
