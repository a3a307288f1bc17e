import type { Deps } from "../deps.ts";
import { runTimer } from "./run-timer.ts";
import { type ShipmentDeps, settleShipment } from "./settle-shipment.ts";

/**
 * Counts parcels that are late by far as not delivered, after the carrier was asked once more; gives their
 * order ids. Throws `unavailable` when the carrier is away, after the others had their turn.
 */
export async function failLateDeliveries(
  deps: ShipmentDeps & Pick<Deps, "orderTimers">,
): Promise<string[]> {
  const failed = await runTimer("delivery", deps, async ({ orderId }, at) => {
    for (const { id, state } of await deps.shipments.ofOrder(orderId)) {
      if (state === "shipped") await settleShipment(id, deps);
    }
    return deps.orderTimers.failDelivery(orderId, at);
  });
  return failed.map(({ orderId }) => orderId);
}
