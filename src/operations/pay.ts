import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import { type Order, OVER_ORDER_STATES } from "../domain/order.ts";
import { UNDECIDED_PAYMENT_STATES } from "../domain/payment.ts";
import { checkText } from "../domain/user.ts";
import { type ErrorCode, hasCode, MktError } from "../errors.ts";
import type { Payment } from "../stores/aurora/payment-rows.ts";
import { awaitVerdict, conclude, declined, type VerdictDeps } from "./payment-verdict.ts";
import { applyPayment, settlePayment } from "./settle-payment.ts";

type PayDeps = VerdictDeps & Pick<Deps, "purchases" | "lookup">;

export interface PayRequest {
  actor: Actor;
  /** An order, or a purchase whose orders are then paid in turn; by id or its beginning. */
  target: string;
  card: string;
  /** How long to wait for the provider's verdict, in milliseconds; then the webhook brings it. */
  waitMs: number;
  /** Only authorize: the money is taken later, by `capturePayment`. */
  authorize?: boolean | undefined;
  /** It was begun before and cut off: orders of a purchase that are paid by now are what it paid. */
  again?: boolean | undefined;
}

/** Refusals that concern one order: the others of its purchase are paid all the same. */
const OWN_REFUSALS: readonly ErrorCode[] = ["declined", "illegal_transition"];

/**
 * Pays an order, or every order of a purchase, each for itself. A payment that is open already is taken
 * up again, so repeating it after an unknown outcome never charges twice. Throws `declined`, after the
 * other orders had their turn.
 */
export async function pay(request: PayRequest, deps: PayDeps): Promise<Payment[]> {
  const { card, orders } = await checkPaying(request, deps);
  const payments: Payment[] = [];
  let refusal: unknown;
  for (const { id } of orders) {
    try {
      payments.push(await payOrder(id, { ...request, card }, deps));
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

/** The orders that would be paid, and their payments so far; throws what `pay` would throw before it asks the provider. */
export async function planPaying(
  request: PayRequest,
  deps: PayDeps & Pick<Deps, "rehearse">,
): Promise<{ order: Order; payment: Payment; resumed: boolean }[]> {
  const { card, orders } = await checkPaying(request, deps);
  const by = actorName(request.actor);
  const opened: { order: Order; payment: Payment; resumed: boolean }[] = [];
  for (const order of orders) {
    const want = { orderId: order.id, cardToken: card, capture: !request.authorize };
    const open = await deps.rehearse(({ payments }) => payments.open(want, by, deps.now()));
    const { cardToken: _, ...payment } = open.payment;
    opened.push({ order, payment, resumed: open.resumed });
  }
  return opened;
}

async function checkPaying(
  { actor, target, card, again = false }: PayRequest,
  deps: PayDeps,
): Promise<{ card: string; orders: Order[] }> {
  const checked = checkText("card token", card, 200);
  return { card: checked, orders: await ordersToPay(actor, target, again, deps) };
}

async function ordersToPay(
  actor: Actor,
  target: string,
  again: boolean,
  deps: PayDeps,
): Promise<Order[]> {
  const { purchase, orderId } = await resolveTarget(target, deps);
  if (purchase) {
    requireOneOf(actor, [purchase.buyerId], `purchase ${purchase.id}`);
    const isWanted = ({ state, paidAt }: Order) =>
      state === "reserved" || (again && paidAt !== null && !isOver(state));
    const wanted = purchase.orders.filter(isWanted);
    if (wanted.length > 0) return wanted;
    const states = purchase.orders.map(({ state }) => state).join(", ");
    throw new MktError(
      "illegal_transition",
      `purchase ${purchase.id} has nothing to pay: ${states}`,
    );
  }
  const order = await deps.orders.find(orderId);
  if (!order) throw new MktError("not_found", `there is no order ${target}`);
  requireOneOf(actor, [order.buyerId], `order ${order.id}`);
  return [order];
}

const isOver = (state: string) => OVER_ORDER_STATES.some((over) => over === state);

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
  { actor, card, waitMs, authorize = false }: PayRequest,
  deps: PayDeps,
): Promise<Payment> {
  const { payment, resumed } = await deps.payments.open(
    { orderId, cardToken: card, capture: !authorize },
    actorName(actor),
    deps.now(),
  );
  const { cardToken, ...opened } = payment;
  if (resumed) deps.notice(resumption(opened, { sameCard: cardToken === card, authorize }));
  const charged = opened.providerId
    ? await refresh(opened, deps)
    : await charge(opened, cardToken, deps);
  return conclude(await awaitVerdict(charged, waitMs, deps), deps);
}

/** What is said of a payment that is open already: nothing is charged twice, whatever the card. */
function resumption(
  { id, orderId, state, capture }: Payment,
  { sameCard, authorize }: { sameCard: boolean; authorize: boolean },
): string {
  if (!UNDECIDED_PAYMENT_STATES.some((open) => open === state))
    return `order ${orderId} is paid already`;
  const taken =
    state === "authorized"
      ? `order ${orderId} has an authorized payment already: its seller takes the money with mkt payment capture ${id}`
      : `order ${orderId} has an open payment already (${state}): taking it up again`;
  const otherCard = sameCard ? "" : "; the card given now is not charged";
  if (state === "authorized" || capture !== authorize) return `${taken}${otherCard}`;
  return `${taken}, ${capture ? "which charges at once" : "which only authorizes"}${otherCard}`;
}

/** How an open payment stands by now; when the provider cannot be asked, as it was known before. */
async function refresh(payment: Payment, deps: PayDeps): Promise<Payment> {
  if (!UNDECIDED_PAYMENT_STATES.some((open) => open === payment.state)) return payment;
  try {
    return (await settlePayment(payment.id, deps)) ?? payment;
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    deps.notice("the payment provider cannot be asked now how it stands");
    return payment;
  }
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
      capture: payment.capture,
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
      hint: `nothing is charged twice: repeat mkt pay ${reference} --card TOKEN, or look with mkt order show ${reference}`,
      cause: error,
    });
  }
}
