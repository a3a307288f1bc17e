import type { Deps } from "../deps.ts";
import type { ProviderShipment } from "../providers/shipping/provider.ts";
import type { Shipment } from "../stores/aurora/shipment-rows.ts";

export type ShipmentDeps = Pick<Deps, "shipments" | "shippingProvider" | "now">;

/** Reads a shipment from its carrier and applies what it says. */
export async function settleShipment(
  shipmentId: string,
  deps: ShipmentDeps,
): Promise<Shipment | undefined> {
  const shipment = await deps.shipments.find(shipmentId);
  if (!shipment) return undefined;
  const told = await readShipment(shipment, deps);
  return told ? applyShipment(shipmentId, told, deps) : shipment;
}

/** How a shipment stands at its carrier; undefined when that has not heard of it. */
export async function readShipment(
  { id, providerId }: Pick<Shipment, "id" | "providerId">,
  { shippingProvider }: Pick<Deps, "shippingProvider">,
): Promise<ProviderShipment | undefined> {
  return providerId ? shippingProvider.getShipment(providerId) : shippingProvider.findByKey(id);
}

/**
 * Applies what the carrier said, scans included. A label of a shipment that was cancelled meanwhile is
 * voided. `sentBy` is who asked for the parcel to be sent again.
 */
export async function applyShipment(
  shipmentId: string,
  told: ProviderShipment,
  deps: ShipmentDeps,
  sentBy?: string,
): Promise<Shipment> {
  const { id: providerId, state, carrier, trackingCode, labelUrl, estimatedDeliveryAt } = told;
  const scans = told.scans.map(({ id: providerScanId, ...scan }) => ({ providerScanId, ...scan }));
  const facts = { providerId, state, carrier, trackingCode, labelUrl, estimatedDeliveryAt, scans };
  const settled = await deps.shipments.settle(shipmentId, facts, deps.now(), sentBy);
  if (settled.state === "cancelled" && state === "ready_to_ship") {
    await deps.shippingProvider.voidLabel(providerId);
  }
  return settled;
}
