import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import { type ShipmentDeps, settleShipment } from "./settle-shipment.ts";

/**
 * Voids the labels of what is still to be sent of an order that is about to end. One that the carrier has
 * scanned meanwhile is applied instead: whoever goes on sees the order as it stands then.
 */
export async function voidLabels(orderId: string, deps: ShipmentDeps): Promise<void> {
  for (const shipment of await deps.shipments.ofOrder(orderId)) {
    if (!["handling", "ready_to_ship"].includes(shipment.state)) continue;
    // A label may have been bought without our hearing of it: only the carrier knows.
    const current = await settleShipment(shipment.id, deps);
    if (current?.state !== "ready_to_ship" || !current.providerId) continue;
    if (!(await deps.shipments.claimVoid(current.id, deps.now()))) continue;
    try {
      await deps.shippingProvider.voidLabel(current.providerId);
    } catch (error) {
      if (!hasCode(error, "illegal_transition")) throw error;
      await settleShipment(shipment.id, deps);
    }
  }
}

/** Voids labels of shipments that were cancelled with their order: bought just before, without our hearing of it. */
export async function voidLateLabels(
  orderId: string,
  deps: ShipmentDeps & Pick<Deps, "notice">,
): Promise<void> {
  for (const { id, state } of await deps.shipments.ofOrder(orderId)) {
    if (state !== "cancelled") continue;
    try {
      await settleShipment(id, deps);
    } catch (error) {
      if (!hasCode(error, "illegal_transition") && !hasCode(error, "unavailable")) throw error;
      deps.notice(
        `the label of shipment ${id} may still be valid: do not hand the parcel over; mkt shipment track ${id} tries to void it again`,
      );
    }
  }
}
