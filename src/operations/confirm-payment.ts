import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import { UNDECIDED_PAYMENT_STATES } from "../domain/payment.ts";
import { hasCode, MktError } from "../errors.ts";
import type { Payment } from "../stores/aurora/payment-rows.ts";
import { awaitVerdict, conclude, type VerdictDeps } from "./payment-verdict.ts";
import { applyPayment, settlePayment } from "./settle-payment.ts";

type ConfirmDeps = VerdictDeps & Pick<Deps, "lookup">;

export interface ConfirmRequest {
  actor: Actor;
  /** A payment, by id or its beginning. */
  payment: string;
  /** How long to wait for the provider's verdict, in milliseconds; then the webhook brings it. */
  waitMs: number;
}

/**
 * The buyer passes a payment's second step, and waits for the verdict as `pay` does. Repeating it confirms
 * nothing twice. Throws `illegal_transition` when there is no step to pass, and `declined` as `pay` does.
 */
export async function confirmPayment(request: ConfirmRequest, deps: ConfirmDeps): Promise<Payment> {
  const found = await paymentToConfirm(request, deps);
  if (!isUndecided(found)) {
    deps.notice(`payment ${found.id} is ${found.state} already: there is nothing to confirm`);
    return conclude(found, deps);
  }
  const confirmed = await confirm(found, deps);
  return conclude(await awaitVerdict(confirmed, request.waitMs, deps), deps);
}

/** The payment as it is known here; throws what `confirmPayment` would throw, as far as that shows without the provider. */
export async function planConfirming(
  request: Omit<ConfirmRequest, "waitMs">,
  deps: ConfirmDeps,
): Promise<{ payment: Payment; already: boolean }> {
  const payment = await paymentToConfirm(request, deps);
  const { state, providerId, nextActionUrl } = payment;
  if (!isUndecided(payment)) await conclude(payment, deps);
  if (state === "created" && providerId === null) throw unknownYet(payment);
  if (state === "in_process" && nextActionUrl === null) throw noSecondStep(payment);
  return { payment, already: state !== "created" && state !== "in_process" };
}

async function paymentToConfirm(
  { actor, payment: text }: Omit<ConfirmRequest, "waitMs">,
  deps: ConfirmDeps,
): Promise<Payment> {
  const id = await deps.lookup.resolve("payment", text);
  const found = await deps.payments.find(id);
  const order = found && (await deps.orders.find(found.orderId));
  if (!found || !order) throw new MktError("not_found", `there is no payment ${text}`);
  requireOneOf(actor, [order.buyerId], `payment ${id}`);
  return found;
}

const isUndecided = ({ state }: Payment) => UNDECIDED_PAYMENT_STATES.some((open) => open === state);

/** The foreign call: what it changes is applied right after it, or by the webhook, or when it is repeated. */
async function confirm(payment: Payment, deps: ConfirmDeps): Promise<Payment> {
  const { id } = payment;
  const known = payment.providerId ? payment : await settlePayment(id, deps);
  if (!known?.providerId) {
    throw unknownYet(payment);
  }
  try {
    const told = await deps.paymentProvider.confirmPayment(known.providerId, `${id}-confirm`);
    return await applyPayment(id, told, deps);
  } catch (error) {
    const now = await settlePayment(id, deps).catch(() => undefined);
    if (hasCode(error, "unavailable") && now?.nextActionUrl === null) return now;
    if (!hasCode(error, "illegal_transition") || !now) throw error;
    if (now.state !== "in_process") return now;
    throw noSecondStep(payment, error);
  }
}

function unknownYet({ id, orderId }: Payment): MktError {
  return new MktError("illegal_transition", `the provider does not know payment ${id} yet`, {
    hint: `mkt pay ${orderId} takes it up again`,
  });
}

function noSecondStep({ id }: Payment, cause?: unknown): MktError {
  return new MktError("illegal_transition", `payment ${id} has no second step to confirm`, {
    hint: `mkt payment show ${id} says what it waits for`,
    cause,
  });
}
