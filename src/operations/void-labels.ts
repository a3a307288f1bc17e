import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import {
  applyShipment,
  readShipment,
  type ShipmentDeps,
  settleShipment,
} from "./settle-shipment.ts";

/** States of a shipment whose label may be bought, and not scanned. */
const LABELLED_STATES: readonly string[] = ["handling", "ready_to_ship"];
/** States of a shipment without a valid label. */
const UNLABELLED_STATES: readonly string[] = ["pending", "handling", "cancelled"];

/**
 * Voids the labels of what is still to be sent of an order that is about to end. One that the carrier has
 * scanned meanwhile is applied instead. Says whether the carrier never had anything of the order.
 */
export async function voidLabels(orderId: string, deps: ShipmentDeps): Promise<boolean> {
  let isHere = true;
  for (const shipment of await deps.shipments.ofOrder(orderId)) {
    // A label may have been bought, or scanned, without our hearing of it: only the carrier knows.
    const isLabelled = LABELLED_STATES.includes(shipment.state);
    const current = isLabelled ? await settleShipment(shipment.id, deps) : shipment;
    if (!current || UNLABELLED_STATES.includes(current.state)) continue;
    if (current.state !== "ready_to_ship" || !(await voidLabel(current, deps))) isHere = false;
  }
  return isHere;
}

/** Says whether it is void; what the carrier did with it otherwise is applied. */
async function voidLabel(
  { id, providerId }: { id: string; providerId: string | null },
  deps: ShipmentDeps,
): Promise<boolean> {
  if (!providerId) return true;
  if (!(await deps.shipments.claimVoid(id, deps.now()))) return false;
  try {
    await deps.shippingProvider.voidLabel(providerId);
    return true;
  } catch (error) {
    if (!hasCode(error, "illegal_transition")) throw error;
    await settleShipment(id, deps);
    return false;
  }
}

/** Voids labels of shipments that were cancelled with their order: bought just before, without our hearing of it. */
export async function voidLateLabels(
  orderId: string,
  deps: ShipmentDeps & Pick<Deps, "notice">,
): Promise<void> {
  for (const shipment of await deps.shipments.ofOrder(orderId)) {
    const { id, state } = shipment;
    if (state !== "cancelled") continue;
    try {
      const told = await readShipment(shipment, deps);
      if (told) await applyShipment(id, told, deps);
      if (!told || ["ready_to_ship", "cancelled"].includes(told.state)) continue;
    } catch (error) {
      if (!hasCode(error, "illegal_transition") && !hasCode(error, "unavailable")) throw error;
    }
    deps.notice(
      `the label of shipment ${id} may still be valid: do not hand the parcel over; mkt shipment track ${id} tries to void it again`,
    );
  }
}
