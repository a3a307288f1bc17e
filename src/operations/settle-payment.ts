import type { Deps } from "../deps.ts";
import { OVER_ORDER_STATES } from "../domain/order.ts";
import { refundKey } from "../domain/payment.ts";
import { type ErrorCode, hasCode } from "../errors.ts";
import type { ProviderPayment } from "../providers/payments/provider.ts";
import type { Payment } from "../stores/aurora/payment-rows.ts";
import type { PaymentStore } from "../stores/aurora/payments.ts";

export type SettleDeps = Pick<Deps, "orders" | "payments" | "paymentProvider" | "now">;

const REFUNDS_LIMIT = 100;
/** Definite answers of a provider that gives nothing back. */
const REFUSED: readonly ErrorCode[] = ["declined", "not_found", "illegal_transition", "key_reused"];

/** Reads a payment from its provider and applies what it says; then sends the refunds that follow from it. */
export async function settlePayment(
  paymentId: string,
  deps: SettleDeps,
): Promise<Payment | undefined> {
  const payment = await deps.payments.find(paymentId);
  if (!payment) return undefined;
  const told = payment.providerId
    ? await deps.paymentProvider.getPayment(payment.providerId)
    : await deps.paymentProvider.findByKey(payment.id);
  if (!told) return payment;
  return applyPayment(paymentId, told, deps);
}

/**
 * Applies what the provider said of a payment, and sends a refund if it came too late. A charge that
 * reaches the provider after we gave its payment up is cancelled there. One that is authorized is captured
 * when that is wanted, and cancelled when its order is over.
 */
export async function applyPayment(
  paymentId: string,
  told: ProviderPayment,
  deps: SettleDeps,
): Promise<Payment> {
  const applied = await apply(paymentId, told, deps);
  if (applied.state !== "authorized") return applied;
  const order = await deps.orders.find(applied.orderId);
  const isOver = OVER_ORDER_STATES.some((over) => over === order?.state);
  if (!isOver && !applied.capture) return applied;
  try {
    const next = isOver
      ? await deps.paymentProvider.cancelPayment(told.id, cancelKey(paymentId))
      : await deps.paymentProvider.capturePayment(told.id, `${paymentId}-capture`);
    return await apply(paymentId, next, deps);
  } catch (error) {
    // Decided meanwhile at the provider.
    if (!hasCode(error, "illegal_transition")) throw error;
    return apply(paymentId, await deps.paymentProvider.getPayment(told.id), deps);
  }
}

/** The cancellation's own idempotency key: the charge has the payment's id. */
const cancelKey = (paymentId: string) => `${paymentId}-cancel`;

/** Cancels a payment at its provider, and applies what that says. Throws `illegal_transition` when it is decided there. */
export async function cancelAtProvider(
  paymentId: string,
  providerId: string,
  deps: SettleDeps,
): Promise<Payment> {
  const told = await deps.paymentProvider.cancelPayment(providerId, cancelKey(paymentId));
  return applyPayment(paymentId, told, deps);
}

async function apply(paymentId: string, told: ProviderPayment, deps: SettleDeps): Promise<Payment> {
  const settled = await deps.payments.settle(
    paymentId,
    {
      providerId: told.id,
      state: told.state,
      reason: told.reason ?? null,
      deadlineAt: told.deadlineAt,
      nextActionUrl: told.nextActionUrl,
      chargeback: told.chargeback,
      refundedMinor: told.refundedMinor,
      instrument: told.instrument,
    },
    deps.now(),
  );
  if (settled.late || settled.chargeback === "won") await settleRefunds(paymentId, deps);
  if (settled.state === "cancelled" && ["in_process", "authorized"].includes(told.state)) {
    await deps.paymentProvider.cancelPayment(told.id, cancelKey(paymentId));
  }
  return settled;
}

/**
 * Sends requested refunds to the provider and learns how pending ones stand; of one payment, or all. The
 * refund's row is the idempotency key, so repeating it never refunds twice. One that cannot be settled
 * now holds up no other; its error is thrown after they had their turn.
 */
export async function settleRefunds(
  paymentId: string | undefined,
  deps: SettleDeps,
): Promise<number> {
  const refunds = await deps.payments.unsettledRefunds(REFUNDS_LIMIT, paymentId);
  let problem: unknown;
  for (const refund of refunds) {
    try {
      await settleRefund(refund, deps);
    } catch (error) {
      problem ??= error;
    }
  }
  if (problem) throw problem;
  return refunds.length;
}

type UnsettledRefund = Awaited<ReturnType<PaymentStore["unsettledRefunds"]>>[number];

async function settleRefund(refund: UnsettledRefund, deps: SettleDeps): Promise<void> {
  const { providerId, providerPaymentId: paymentId, amountMinor } = refund;
  const idempotencyKey = refundKey(refund);
  if (!paymentId) return;
  const { paymentProvider, payments, now } = deps;
  if (providerId) {
    const { state } = await paymentProvider.getRefund(providerId);
    await payments.settleRefund(idempotencyKey, { providerId, state }, now());
    return;
  }
  try {
    const told = await paymentProvider.createRefund({ idempotencyKey, paymentId, amountMinor });
    const { id, state } = told;
    await payments.settleRefund(idempotencyKey, { providerId: id, state }, now());
  } catch (error) {
    if (!REFUSED.some((code) => hasCode(error, code))) throw error;
    await payments.settleRefund(idempotencyKey, { providerId: null, state: "failed" }, now());
  }
}

/** Like `settleRefunds`, but a provider that is away is no reason to fail: the worker goes on later. */
export async function trySettleRefunds(
  paymentId: string,
  deps: SettleDeps & Pick<Deps, "notice">,
): Promise<void> {
  try {
    await settleRefunds(paymentId, deps);
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    deps.notice("the refund is requested; it is sent as soon as the payment provider answers");
  }
}
