import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import type { ProviderPayment } from "../providers/payments/provider.ts";
import type { Payment } from "../stores/aurora/payments.ts";

export type SettleDeps = Pick<Deps, "payments" | "paymentProvider" | "now">;

const REFUNDS_LIMIT = 100;

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

/** Applies what the provider said of a payment, and sends a refund if it came too late. */
export async function applyPayment(
  paymentId: string,
  told: ProviderPayment,
  deps: SettleDeps,
): Promise<Payment> {
  const settled = await deps.payments.settle(
    paymentId,
    {
      providerId: told.id,
      state: told.state,
      reason: told.reason ?? null,
      instrument: told.instrument,
    },
    deps.now(),
  );
  if (settled.state === "approved") await settleRefunds(paymentId, deps);
  return settled;
}

/**
 * Sends requested refunds to the provider and learns how pending ones stand; of one payment, or all. The
 * refund's row is the idempotency key, so repeating it never refunds twice.
 */
export async function settleRefunds(
  paymentId: string | undefined,
  deps: SettleDeps,
): Promise<number> {
  const refunds = await deps.payments.unsettledRefunds(REFUNDS_LIMIT, paymentId);
  for (const refund of refunds) {
    const { id: idempotencyKey, providerId, providerPaymentId, amountMinor } = refund;
    if (!providerPaymentId) continue;
    const told = providerId
      ? await deps.paymentProvider.getRefund(providerId)
      : await deps.paymentProvider.createRefund({
          idempotencyKey,
          paymentId: providerPaymentId,
          amountMinor,
        });
    const { state } = told;
    await deps.payments.settleRefund(
      refund.id,
      { providerId: told.id, state, reason: null },
      deps.now(),
    );
  }
  return refunds.length;
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
