import { UNDECIDED_PAYMENT_STATES } from "../domain/payment.ts";
import { hasCode } from "../errors.ts";
import { applyPayment, type SettleDeps, settlePayment } from "./settle-payment.ts";

const BATCH = 50;
const REASON = "not decided in time";

/**
 * Ends payments that are undecided though their deadline is over, so that they hold stock no longer: the
 * provider is asked once more, then cancels first, and only then is the reservation's time running again.
 * Gives their ids. Throws `unavailable` when the provider is away, after the others had their turn.
 */
export async function expirePayments(deps: SettleDeps): Promise<string[]> {
  const ended: string[] = [];
  let away: unknown;
  for (const { id } of await deps.payments.overdue(deps.now(), BATCH)) {
    try {
      await endPayment(id, deps);
      ended.push(id);
    } catch (error) {
      // Approved at this very moment: the next turn, or the webhook, learns it.
      if (hasCode(error, "illegal_transition")) continue;
      if (!hasCode(error, "unavailable")) throw error;
      away = error;
    }
  }
  if (away) throw away;
  return ended;
}

async function endPayment(id: string, deps: SettleDeps): Promise<void> {
  const payment = await settlePayment(id, deps);
  if (!payment || !UNDECIDED_PAYMENT_STATES.some((state) => state === payment.state)) return;
  const { providerId } = payment;
  if (providerId) {
    await applyPayment(id, await deps.paymentProvider.cancelPayment(providerId, id), deps);
  } else {
    await deps.payments.abandon(id, REASON, deps.now());
  }
}
