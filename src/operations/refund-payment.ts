import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireStaff } from "../domain/actor.ts";
import { formatMinor, parseMoney } from "../domain/money.ts";
import type { Order } from "../domain/order.ts";
import { REFUNDABLE_PAYMENT_STATES } from "../domain/payment.ts";
import { findTransition } from "../domain/transitions.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { Payment, Refund } from "../stores/aurora/payment-rows.ts";
import type { RefundWanted } from "../stores/aurora/refunds.ts";
import { type SettleDeps, trySettleRefunds } from "./settle-payment.ts";
import type { ShipmentDeps } from "./settle-shipment.ts";
import { voidLabels, voidLateLabels } from "./void-labels.ts";

export interface RefundRequest {
  actor: Actor;
  payment: string;
  /** As people write money, in the payment's currency; without it all that is left. */
  amount?: string | undefined;
  reason: string;
  /** The same key again is the same refund. */
  key?: string | undefined;
}

/** What was given back of a payment, and how the order and the rest stand after it. */
export interface Refunded {
  paymentId: string;
  orderId: string;
  orderState: string;
  currency: string;
  /** Of these refunds together. */
  amountMinor: number;
  leftMinor: number;
  refunds: Refund[];
}

type RefundDeps = SettleDeps &
  ShipmentDeps &
  Pick<Deps, "orders" | "refunds" | "lookup" | "notice">;

/**
 * Gives back all that is left of a payment, which ends its order, or a part, which does not. One transaction
 * grants it; then it is sent. Without an amount, refunds that failed are requested again.
 */
export async function refundPayment(request: RefundRequest, deps: RefundDeps): Promise<Refunded> {
  const { payment, leftMinor: left, want } = await checkRefund(request, deps);
  const { id: paymentId, orderId, currency } = payment;
  const { amountMinor } = want;
  const order = await deps.orders.find(orderId);
  // A refund of the whole ends the order where its state lets it; a part leaves the parcel alone.
  const isWhole = left > 0 && (amountMinor ?? left) === left;
  const ends = isWhole && order !== undefined && endsWith(payment, order);
  if (ends) await voidLabels(orderId, deps);

  const { refunds, orderState, leftMinor } = await deps.refunds.request(want);
  if (ends) await voidLateLabels(orderId, deps);
  await trySettleRefunds(paymentId, deps);
  if (amountMinor === null && leftMinor > 0) {
    const more = formatMinor(leftMinor, currency);
    deps.notice(`what had failed is requested again; ${more} more can be given back by other ways`);
  }
  const ids = refunds.map(({ id }) => id);
  const current = (await deps.payments.refundsOf([paymentId])).filter(({ id }) => ids.includes(id));
  return {
    paymentId,
    orderId,
    orderState,
    currency,
    amountMinor: current.reduce((sum, refund) => sum + refund.amountMinor, 0),
    leftMinor,
    refunds: current,
  };
}

/** What would be given back; throws what `refundPayment` would throw, as far as that shows without the provider. */
export async function planRefund(
  request: RefundRequest,
  deps: Pick<Deps, "lookup" | "payments" | "rehearse" | "now">,
): Promise<Omit<Refunded, "refunds"> & { already: boolean }> {
  const { payment, leftMinor: left, want } = await checkRefund(request, deps);
  const { id: paymentId, orderId, currency } = payment;
  const before = await deps.payments.refundsOf([paymentId]);
  const { refunds, orderState, leftMinor } = await deps.rehearse((stores) =>
    stores.refunds.request(want),
  );
  const amountMinor = refunds.reduce((sum, refund) => sum + refund.amountMinor, 0);
  const already =
    left === leftMinor &&
    refunds.every(({ id, state }) => before.some((one) => one.id === id && one.state === state));
  return { paymentId, orderId, orderState, currency, amountMinor, leftMinor, already };
}

async function checkRefund(
  { actor, payment: text, amount, reason, key }: RefundRequest,
  deps: Pick<Deps, "lookup" | "payments" | "now">,
): Promise<{ payment: Payment; leftMinor: number; want: RefundWanted }> {
  requireStaff(actor, "operator", "support");
  const paymentId = await deps.lookup.resolve("payment", text);
  const payment = await deps.payments.find(paymentId);
  if (!payment) throw new MktError("not_found", `there is no payment ${text}`);
  const want = {
    paymentId,
    amountMinor: amount === undefined ? null : refundAmount(amount, payment.currency),
    reason: checkText("reason", reason, 500),
    key: key === undefined ? null : checkText("key", key, 200),
    by: { id: actor.userId, name: actorName(actor) },
    at: deps.now(),
  };
  return { payment, leftMinor: await leftOf(payment, deps), want };
}

/** Whether an order ends when all that is left of this payment is given back: it is ours, and counts. */
function endsWith({ state, late }: Payment, order: Order): boolean {
  if (late || !REFUNDABLE_PAYMENT_STATES.some((refundable) => refundable === state)) return false;
  return order.state !== "disputed" && findTransition("order", order.state, "refund") !== undefined;
}

/** An amount to give back. Throws `invalid` for nothing. */
export function refundAmount(text: string, currency: string): number {
  const minor = parseMoney(text, currency);
  if (minor > 0) return minor;
  throw new MktError("invalid", "a refund is more than nothing");
}

/** What of a payment was not granted back yet. */
async function leftOf(
  { id, amountMinor }: Payment,
  { payments }: Pick<Deps, "payments">,
): Promise<number> {
  const refunds = await payments.refundsOf([id]);
  return refunds.reduce((left, refund) => left - refund.amountMinor, amountMinor);
}
