import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import type { Shipment } from "../stores/aurora/shipments.ts";
import { applyShipment, type ShipmentDeps } from "./settle-shipment.ts";

/**
 * Ships a paid order: buys the carrier's label. The carrier's scans, told by webhooks, then move the
 * shipment and its order. Repeating it buys no second label.
 */
export async function ship(
  { actor, order: text }: { actor: Actor; order: string },
  deps: ShipmentDeps & Pick<Deps, "orders" | "purchases" | "lookup">,
): Promise<Shipment> {
  const id = await deps.lookup.resolve("order", text);
  const order = await deps.orders.find(id);
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  requireOneOf(actor, [order.sellerId], `the sale ${id}`, "operator", "support");

  const shipment = await deps.shipments.prepare(id, actorName(actor), deps.now());
  if (shipment.providerId) return shipment;

  const purchase = await deps.purchases.find(order.purchaseId);
  const units = order.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  const told = await deps.shippingProvider.createShipment({
    idempotencyKey: shipment.id,
    reference: id,
    address: purchase?.shipTo ?? "",
    parcels: [{ units }],
  });
  const settled = await applyShipment(shipment.id, told, deps);
  if (settled.state === "cancelled") {
    throw new MktError(
      "illegal_transition",
      `order ${id} was cancelled meanwhile: its label is void`,
    );
  }
  return settled;
}
