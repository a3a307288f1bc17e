import { findTransition, providerPath, type Transition } from "../../domain/transitions.ts";
import type { AuroraTransaction } from "./client.ts";
import { disputeChargeback } from "./dispute-rows.ts";
import { postChargeback, postChargebackWon, settleChargeback } from "./ledger-rows.ts";
import { flagOrder, lockOrder } from "./order-rows.ts";
import {
  grantedMinor,
  grantRefund,
  type Payment,
  PROVIDER,
  refundedMinor,
  requestFailedAgain,
} from "./payment-rows.ts";

// What a provider's news of a payment means, beyond the state that it names.

/** How a payment stands at its provider. */
export interface PaymentTold {
  providerId: string;
  state: string;
  reason: string | null;
  /** Until when the provider keeps an undecided one; null: it names none. */
  deadlineAt: string | null;
  /** What the buyer does next: the second step, a ticket's voucher. */
  nextActionUrl: string | null;
  chargeback: "open" | "won" | "lost" | null;
  /** What the provider has given back. */
  refundedMinor: number;
  instrument: { brand: string; lastFour: string; fingerprint: string } | null;
}

/**
 * The steps that take a payment to what the provider says of it. The provider knows of refunds apart: to
 * it a payment that is partly given back is approved still. Null when no way leads there.
 */
export async function wayTo(
  tx: AuroraTransaction,
  payment: Payment,
  told: PaymentTold,
): Promise<Transition[] | null> {
  const { state, chargeback } = told;
  if (isOlder(payment, told)) return null;
  if (state !== "approved") return providerPath("payment", payment.state, state);
  const back = await refundedMinor(tx, payment.id);
  const counted = back === 0 ? [] : [back >= payment.amountMinor ? "refund" : "refund_part"];
  if (["approved", "partially_refunded", "refunded"].includes(payment.state)) {
    const missed = chargeback === "won" && payment.chargeback === null;
    return walk(payment.state, missed ? ["charge_back", "win_chargeback", ...counted] : []);
  }
  if (payment.state === "charged_back") return walk(payment.state, ["win_chargeback", ...counted]);
  if (payment.state === "in_mediation") return walk(payment.state, ["win_mediation", ...counted]);
  return providerPath("payment", payment.state, "approved");
}

/** What a bank did stays told, and its verdict is its last word: news without it were read before it. */
function isOlder(payment: Payment, { state, chargeback }: PaymentTold): boolean {
  if (chargeback === null) return payment.chargeback !== null;
  return payment.chargeback === "lost" && chargeback === "open" && state === payment.state;
}

/** The rows of these events, one after the other; null when the table lacks one. */
function walk(from: string, events: readonly string[]): Transition[] | null {
  const steps: Transition[] = [];
  for (const event of events) {
    const step = findTransition("payment", steps.at(-1)?.to ?? from, event);
    if (!step) return null;
    steps.push(step);
  }
  return steps;
}

export function tellsNothingNew(payment: Payment, told: PaymentTold): boolean {
  return (
    payment.providerId !== null &&
    payment.chargeback === told.chargeback &&
    payment.nextActionUrl === told.nextActionUrl &&
    (told.deadlineAt === null || payment.deadlineAt === told.deadlineAt)
  );
}

/**
 * A bank took the payment back: the order is flagged, and disputed if it may be. What was the buyer's
 * already, since the payment came late or its order is over, is the buyer's now.
 */
export async function loseMoney(
  tx: AuroraTransaction,
  payment: Payment,
  providerRefundedMinor: number,
  at: string,
): Promise<void> {
  const order = await lockOrder(tx, payment.orderId);
  const takenMinor = payment.amountMinor - providerRefundedMinor;
  if (takenMinor > 0) await postChargeback(tx, { order, payment }, takenMinor, at);
  if (payment.late || ["cancelled", "refunded"].includes(order.state)) {
    const granted = await grantedMinor(tx, payment.id);
    await settleChargeback(tx, { order, payment }, "refund", granted, at);
  }
  // Another payment pays the order: it is none of its business.
  if (payment.late) return;
  const flagged = await flagOrder(tx, order, { add: ["chargeback"] }, PROVIDER, at);
  await disputeChargeback(tx, flagged, at);
}

/** A bank gave the money back: what the order was refunded meanwhile is owed to the buyer again. */
export async function winMoney(tx: AuroraTransaction, payment: Payment, at: string): Promise<void> {
  const order = await lockOrder(tx, payment.orderId);
  const flags = { add: ["chargeback_won"], remove: ["chargeback"] };
  if (!payment.late) await flagOrder(tx, order, flags, PROVIDER, at);
  await postChargebackWon(tx, { order, payment }, at);
  if (!payment.late && !["cancelled", "refunded"].includes(order.state)) return;
  const reason = "the buyer's bank gave back what is the buyer's";
  await requestFailedAgain(tx, payment, PROVIDER, at);
  const left = payment.amountMinor - (await grantedMinor(tx, payment.id));
  const refund = { amountMinor: left, reason, owedAlready: true };
  if (left > 0) await grantRefund(tx, { order, payment }, refund, PROVIDER, at);
}

/** A chargeback was lost: of an order that is over, it is settled; an open dispute decides otherwise. */
export async function acceptLoss(
  tx: AuroraTransaction,
  payment: Payment,
  at: string,
): Promise<void> {
  const order = await lockOrder(tx, payment.orderId);
  const flags = { add: ["chargeback_lost"], remove: ["chargeback"] };
  if (!payment.late) await flagOrder(tx, order, flags, PROVIDER, at);
  const granted = await grantedMinor(tx, payment.id);
  if (["cancelled", "refunded"].includes(order.state) || payment.late)
    await settleChargeback(tx, { order, payment }, "refund", granted, at);
  else if (order.state === "completed")
    await settleChargeback(tx, { order, payment }, "loss", granted, at);
}
