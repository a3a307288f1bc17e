import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import type { Order } from "../domain/order.ts";
import { OPEN_PAYMENT_STATES } from "../domain/payment.ts";
import { findTransition, nextState } from "../domain/transitions.ts";
import { checkText } from "../domain/user.ts";
import { hasCode, MktError } from "../errors.ts";
import { applyPayment, type SettleDeps, trySettleRefunds } from "./settle-payment.ts";
import { type ShipmentDeps, settleShipment } from "./settle-shipment.ts";

export type CancelDeps = SettleDeps & ShipmentDeps & Pick<Deps, "notice">;

/**
 * Cancels an order that is not on its way: the label is voided first, since the carrier may refuse; then
 * one transaction gives the stock back and requests the refund; then the provider is told.
 */
export async function cancelOrder(
  { actor, order: text, reason }: { actor: Actor; order: string; reason: string },
  deps: CancelDeps & Pick<Deps, "orders" | "lookup">,
): Promise<Order> {
  const id = await deps.lookup.resolve("order", text);
  const order = await deps.orders.find(id);
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  requireOneOf(actor, [order.buyerId, order.sellerId], `order ${id}`, "operator", "support");
  const why = checkText("reason", reason, 500);
  if (order.state !== "cancelled") nextState("order", id, order.state, "cancel");

  if (findTransition("order", order.state, "cancel")) await voidLabels(id, deps);
  const by = { id: actor.userId, name: actorName(actor) };
  const cancelled = await deps.orders.cancel(id, by, why, deps.now());
  await voidLateLabels(id, deps);
  await stopPayments(id, deps);
  return cancelled;
}

/** Voids what the carrier has not scanned; learns that it has been scanned otherwise, and refuses. */
export async function voidLabels(orderId: string, deps: CancelDeps): Promise<void> {
  for (const shipment of await deps.shipments.ofOrder(orderId)) {
    const { id, state } = shipment;
    // A label may have been bought without our hearing of it: only the carrier knows.
    const current = state === "handling" ? await settleShipment(id, deps) : shipment;
    const providerId = current?.providerId;
    if (!providerId || state === "cancelled") continue;
    if (!(await deps.shipments.claimVoid(id, deps.now()))) throw withCarrier(orderId);
    try {
      await deps.shippingProvider.voidLabel(providerId);
    } catch (error) {
      if (!hasCode(error, "illegal_transition")) throw error;
      await settleShipment(id, deps);
      throw withCarrier(orderId);
    }
  }
}

function withCarrier(orderId: string): MktError {
  return new MktError(
    "illegal_transition",
    `order ${orderId} is with the carrier already: it cannot be cancelled`,
    { hint: "mkt shipment track shows where it is" },
  );
}

/** Voids a label that was bought after the first look, just before the order was cancelled. */
export async function voidLateLabels(orderId: string, deps: CancelDeps): Promise<void> {
  for (const { providerId } of await deps.shipments.ofOrder(orderId)) {
    if (!providerId) continue;
    try {
      await deps.shippingProvider.voidLabel(providerId);
    } catch (error) {
      if (!hasCode(error, "illegal_transition") && !hasCode(error, "unavailable")) throw error;
      deps.notice(
        `the order is cancelled, but its label may still be valid: do not hand the parcel over; mkt order cancel ${orderId} tries to void it again`,
      );
    }
  }
}

/** Cancels payments that have not taken money yet, and sends the refunds of those that have. */
export async function stopPayments(orderId: string, deps: CancelDeps): Promise<void> {
  for (const payment of await deps.payments.ofOrder(orderId)) {
    const { id, state, providerId } = payment;
    if (state !== "approved" && providerId && OPEN_PAYMENT_STATES.some((open) => open === state)) {
      try {
        await applyPayment(id, await deps.paymentProvider.cancelPayment(providerId, id), deps);
      } catch (error) {
        // Approved meanwhile, or the provider is away: its approval will be refunded by itself.
        if (!hasCode(error, "illegal_transition") && !hasCode(error, "unavailable")) throw error;
      }
    }
    await trySettleRefunds(id, deps);
  }
}
