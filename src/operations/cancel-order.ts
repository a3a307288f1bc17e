import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import type { Order } from "../domain/order.ts";
import { OPEN_PAYMENT_STATES } from "../domain/payment.ts";
import { findTransition, nextState } from "../domain/transitions.ts";
import { checkText } from "../domain/user.ts";
import { hasCode, MktError } from "../errors.ts";
import { cancelAtProvider, type SettleDeps, trySettleRefunds } from "./settle-payment.ts";
import type { ShipmentDeps } from "./settle-shipment.ts";
import { voidLabels, voidLateLabels } from "./void-labels.ts";

export type CancelDeps = SettleDeps & ShipmentDeps & Pick<Deps, "notice">;

export interface CancelRequest {
  actor: Actor;
  /** An order, by id or its beginning. */
  order: string;
  reason: string;
}

type FindDeps = Pick<Deps, "orders" | "lookup">;

/**
 * Cancels an order that is not on its way: the label is voided first, since the carrier may refuse; then
 * one transaction gives the stock back and requests the refund; then the provider is told.
 */
export async function cancelOrder(
  request: CancelRequest,
  deps: CancelDeps & FindDeps,
): Promise<Order> {
  const { order, by, why } = await checkCancelling(request, deps);
  const { id, state } = order;
  if (findTransition("order", state, "cancel") && !(await voidLabels(id, deps)))
    throw withCarrier(id);
  const cancelled = await deps.orders.cancel(id, by, why, deps.now());
  await voidLateLabels(id, deps);
  await stopPayments(id, deps);
  return cancelled;
}

/** The order before and after it; throws what `cancelOrder` would throw, as far as that shows without the carrier. */
export async function planCancelling(
  request: CancelRequest,
  deps: FindDeps & Pick<Deps, "rehearse" | "now">,
): Promise<{ order: Order; after: Order }> {
  const { order, by, why } = await checkCancelling(request, deps);
  const after = await deps.rehearse(({ orders }) => orders.cancel(order.id, by, why, deps.now()));
  return { order, after };
}

async function checkCancelling(
  { actor, order: text, reason }: CancelRequest,
  deps: FindDeps,
): Promise<{ order: Order; by: { id: string; name: string }; why: string }> {
  const id = await deps.lookup.resolve("order", text);
  const order = await deps.orders.find(id);
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  requireOneOf(actor, [order.buyerId, order.sellerId], `order ${id}`, "operator", "support");
  const why = checkText("reason", reason, 500);
  if (order.state !== "cancelled") nextState("order", id, order.state, "cancel");
  return { order, by: { id: actor.userId, name: actorName(actor) }, why };
}

function withCarrier(orderId: string): MktError {
  return new MktError(
    "illegal_transition",
    `order ${orderId} is with the carrier already: it cannot be cancelled`,
    { hint: "mkt shipment track shows where it is" },
  );
}

/** Cancels payments that have not taken money yet, and sends the refunds of those that have. */
export async function stopPayments(orderId: string, deps: CancelDeps): Promise<void> {
  for (const payment of await deps.payments.ofOrder(orderId)) {
    const { id, state, providerId } = payment;
    if (state !== "approved" && providerId && OPEN_PAYMENT_STATES.some((open) => open === state)) {
      try {
        await cancelAtProvider(id, providerId, deps);
      } catch (error) {
        // Approved meanwhile, or the provider is away: its approval will be refunded by itself.
        if (!hasCode(error, "illegal_transition") && !hasCode(error, "unavailable")) throw error;
      }
    }
    await trySettleRefunds(id, deps);
  }
}
