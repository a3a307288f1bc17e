import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import { OVER_ORDER_STATES } from "../domain/order.ts";
import { checkText } from "../domain/user.ts";
import { type ErrorCode, hasCode, MktError } from "../errors.ts";
import type { Payment } from "../stores/aurora/payment-rows.ts";
import { applyPayment, type SettleDeps, settlePayment } from "./settle-payment.ts";

type PayDeps = SettleDeps & Pick<Deps, "orders" | "purchases" | "lookup" | "notice">;

export interface PayRequest {
  actor: Actor;
  /** An order, or a purchase whose orders are then paid in turn; by id or its beginning. */
  target: string;
  card: string;
  /** How long to wait for the provider's verdict, in milliseconds; then the webhook brings it. */
  waitMs: number;
}

const POLL_MS = 50;

/** Refusals that concern one order: the others of its purchase are paid all the same. */
const OWN_REFUSALS: readonly ErrorCode[] = ["declined", "illegal_transition"];

/**
 * Pays an order, or every order of a purchase, each for itself. A payment that is open already is taken
 * up again, so repeating it after an unknown outcome never charges twice. Throws `declined`, after the
 * other orders had their turn.
 */
export async function pay(
  { actor, target, card, waitMs }: PayRequest,
  deps: PayDeps,
): Promise<Payment[]> {
  const cardToken = checkText("card token", card, 200);
  const payments: Payment[] = [];
  let refusal: unknown;
  for (const orderId of await ordersToPay(actor, target, deps)) {
    try {
      payments.push(await payOrder(orderId, cardToken, actor, waitMs, deps));
    } catch (error) {
      if (!OWN_REFUSALS.some((code) => hasCode(error, code))) throw error;
      refusal ??= error;
    }
  }
  if (!refusal) return payments;
  for (const { id, orderId, state } of payments)
    deps.notice(`payment ${id} of order ${orderId} is ${state} all the same`);
  throw refusal;
}

async function ordersToPay(actor: Actor, target: string, deps: PayDeps): Promise<string[]> {
  const { purchase, orderId } = await resolveTarget(target, deps);
  if (purchase) {
    requireOneOf(actor, [purchase.buyerId], `purchase ${purchase.id}`);
    const payable = purchase.orders.filter(({ state }) => state === "reserved");
    if (payable.length > 0) return payable.map(({ id }) => id);
    const states = purchase.orders.map(({ state }) => state).join(", ");
    throw new MktError(
      "illegal_transition",
      `purchase ${purchase.id} has nothing to pay: ${states}`,
    );
  }
  const order = await deps.orders.find(orderId);
  if (!order) throw new MktError("not_found", `there is no order ${target}`);
  requireOneOf(actor, [order.buyerId], `order ${order.id}`);
  return [order.id];
}

async function resolveTarget(target: string, { lookup, purchases }: PayDeps) {
  try {
    return { orderId: await lookup.resolve("order", target), purchase: undefined };
  } catch (error) {
    if (!hasCode(error, "not_found")) throw error;
    const id = await lookup.resolve("purchase", target).catch(() => {
      throw new MktError("not_found", `there is no order or purchase ${JSON.stringify(target)}`, {
        hint: "mkt order list shows orders",
      });
    });
    return { orderId: "", purchase: await purchases.find(id) };
  }
}

async function payOrder(
  orderId: string,
  cardToken: string,
  actor: Actor,
  waitMs: number,
  deps: PayDeps,
): Promise<Payment> {
  const { payment, resumed } = await deps.payments.open(
    { orderId, cardToken, capture: true },
    actorName(actor),
    deps.now(),
  );
  if (resumed)
    deps.notice(
      payment.state === "approved"
        ? `order ${orderId} is paid already`
        : `order ${orderId} has an open payment already (${payment.state}): taking it up again`,
    );
  const { cardToken: token, ...opened } = payment;
  const charged = payment.providerId ? opened : await charge(opened, token, deps);
  const settled = await awaitVerdict(charged, waitMs, deps);
  if (settled.state === "approved") await requireNotOver(orderId, deps);
  if (["rejected", "cancelled"].includes(settled.state)) throw declined(settled);
  if (["created", "in_process"].includes(settled.state)) {
    deps.notice(
      `the provider has not decided yet; the order follows by itself: mkt order show ${orderId}`,
    );
  }
  return settled;
}

/** An order that was cancelled while it was being paid is refunded: whoever paid must not think it paid. */
async function requireNotOver(orderId: string, { orders }: PayDeps): Promise<void> {
  const order = await orders.find(orderId);
  if (!order || !OVER_ORDER_STATES.some((state) => state === order.state)) return;
  throw new MktError(
    "illegal_transition",
    `order ${orderId} was ${order.state} meanwhile: what was charged is given back`,
    { hint: "mkt order show tells of its payment and its refund" },
  );
}

/** The foreign call between two transactions: our row's id is the key, so it can be repeated. */
async function charge(payment: Payment, cardToken: string, deps: PayDeps): Promise<Payment> {
  const { id, orderId: reference, amountMinor, currency } = payment;
  try {
    const told = await deps.paymentProvider.createPayment({
      idempotencyKey: id,
      amountMinor,
      currency,
      cardToken,
      reference,
      capture: true,
    });
    return await applyPayment(id, told, deps);
  } catch (error) {
    if (hasCode(error, "declined")) {
      throw declined(
        await deps.payments.refuse(id, error instanceof Error ? error.message : "", deps.now()),
      );
    }
    if (!hasCode(error, "unavailable")) throw error;
    // Charged or not? The payment stays open; asking by its key, the webhook, or a repeat will tell.
    const why = error instanceof Error ? error.message : String(error);
    deps.notice(`${why}; asking what became of the payment`);
    const found = await settlePayment(id, deps).catch(() => undefined);
    if (found?.providerId) return found;
    throw new MktError("unavailable", `${why}: what became of the payment is not known yet`, {
      hint: `nothing is charged twice: repeat mkt pay ${reference}, or look with mkt order show ${reference}`,
      cause: error,
    });
  }
}

async function awaitVerdict(payment: Payment, waitMs: number, deps: PayDeps): Promise<Payment> {
  const deadline = performance.now() + waitMs;
  let current = payment;
  while (current.state === "in_process" && performance.now() < deadline) {
    await pause(POLL_MS);
    current = (await settlePayment(current.id, deps)) ?? current;
  }
  return current;
}

function declined({ orderId, reason }: Payment): MktError {
  return new MktError(
    "declined",
    `the payment was declined: ${(reason ?? "no reason given").replaceAll("_", " ")}`,
    {
      hint: `the order is still reserved: try another card with mkt pay ${orderId} --card TOKEN`,
    },
  );
}
