import type { Deps } from "../deps.ts";
import { UNDECIDED_PAYMENT_STATES } from "../domain/payment.ts";
import { hasCode } from "../errors.ts";
import type { Payment } from "../stores/aurora/payment-rows.ts";
import { runTimer } from "./run-timer.ts";
import { cancelAtProvider, type SettleDeps, settlePayment } from "./settle-payment.ts";

const REASON = "not decided in time";

/**
 * Ends payments that are undecided though their deadline is over, so that they hold stock no longer: the
 * provider is asked once more, then cancels first, and only then is the reservation's time running again.
 * Gives their ids. Throws `unavailable` when the provider is away, after the others had their turn.
 */
export async function expirePayments(
  deps: SettleDeps & Pick<Deps, "orderTimers">,
): Promise<string[]> {
  const ended: string[] = [];
  await runTimer("payment", deps, async ({ paymentId }) => {
    if (paymentId === null) return false;
    try {
      if (!(await endPayment(paymentId, deps))) return false;
    } catch (error) {
      // Approved at this very moment: the next turn, or the webhook, learns it.
      if (hasCode(error, "illegal_transition")) return false;
      throw error;
    }
    ended.push(paymentId);
    return true;
  });
  return ended;
}

/** Says whether it is decided now, by whomever. */
async function endPayment(id: string, deps: SettleDeps): Promise<boolean> {
  const payment = await settlePayment(id, deps);
  if (!payment) return false;
  if (!isUndecided(payment)) return true;
  const { providerId, deadlineAt } = payment;
  // The provider gives it more time.
  if (deadlineAt > deps.now()) return false;
  const ended = providerId
    ? await cancelAtProvider(id, providerId, deps)
    : await deps.payments.abandon(id, REASON, deps.now());
  return !isUndecided(ended);
}

function isUndecided({ state }: Payment): boolean {
  return UNDECIDED_PAYMENT_STATES.some((undecided) => undecided === state);
}
