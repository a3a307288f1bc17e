import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import { UNDECIDED_PAYMENT_STATES } from "../domain/payment.ts";
import { MktError } from "../errors.ts";
import type { Payment } from "../stores/aurora/payment-rows.ts";
import { requireInTime, type VerdictDeps } from "./payment-verdict.ts";
import { settlePayment } from "./settle-payment.ts";

interface CaptureRequest {
  actor: Actor;
  /** By id or its beginning. */
  payment: string;
}

/**
 * Takes the money of an authorized payment, for the seller of its order and staff. That it is wanted is
 * written down first: settling the payment, now or later, is what takes it at the provider, so that
 * neither a crash nor silence loses it. Repeating it takes nothing twice.
 */
export async function capturePayment(
  request: CaptureRequest,
  deps: VerdictDeps & Pick<Deps, "lookup">,
): Promise<Payment> {
  const { actor } = request;
  const found = await paymentToCapture(request, deps);
  const { id } = found;
  const isUndecided = UNDECIDED_PAYMENT_STATES.some((open) => open === found.state);
  const before = (isUndecided && (await settlePayment(id, deps))) || found;
  const isAuthorized = before.state === "authorized";
  if (isAuthorized) await deps.payments.requestCapture(id, actor.userId, deps.now());
  const settled = (isAuthorized && (await settlePayment(id, deps))) || before;
  if (settled.state !== "approved") throw notCaptured(settled);
  if (found.state === "approved") deps.notice(`payment ${id} is captured already`);
  await requireInTime(settled, deps);
  return settled;
}

/** The payment as it is known here; throws what `capturePayment` would throw, as far as that shows without the provider. */
export async function planCapture(
  request: CaptureRequest,
  deps: VerdictDeps & Pick<Deps, "lookup">,
): Promise<Payment> {
  const found = await paymentToCapture(request, deps);
  if (!["authorized", "approved"].includes(found.state)) throw notCaptured(found);
  await requireInTime(found, deps);
  return found;
}

async function paymentToCapture(
  { actor, payment: text }: CaptureRequest,
  deps: Pick<Deps, "lookup" | "payments" | "orders">,
): Promise<Payment> {
  const found = await deps.payments.find(await deps.lookup.resolve("payment", text));
  const order = found && (await deps.orders.find(found.orderId));
  if (!found || !order) throw new MktError("not_found", `there is no payment ${text}`);
  requireOneOf(actor, [order.sellerId], `the sale ${order.id}`, "operator", "support");
  return found;
}

const BATCH = 50;

/** Takes what was asked for and what nobody heard to be taken, after a crash or silence; gives how many it asked about. */
export async function finishCaptures(deps: VerdictDeps): Promise<number> {
  const ids = await deps.payments.uncaptured(BATCH);
  let problem: unknown;
  for (const id of ids) {
    try {
      await settlePayment(id, deps);
    } catch (error) {
      problem ??= error;
    }
  }
  if (problem) throw problem;
  return ids.length;
}

function notCaptured({ id, orderId, state }: Payment): MktError {
  const isUndecided = state === "created" || state === "in_process";
  return new MktError(
    "illegal_transition",
    `payment ${id} is ${state.replaceAll("_", " ")}: only an authorized payment is captured`,
    {
      hint: isUndecided
        ? `mkt payment show ${id} says what it waits for`
        : `mkt order show ${orderId} says how its order stands`,
    },
  );
}
