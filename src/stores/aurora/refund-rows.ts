import type { AuroraTransaction } from "./client.ts";
import { moveOrder, type OrderRow } from "./order-rows.ts";
import { moveShipment } from "./shipment-rows.ts";

/** States of a shipment that the carrier does not have yet: nothing of it needs to be sent. */
const OPEN_SHIPMENT_STATES = ["pending", "handling", "ready_to_ship"] as const;

/** Ends a locked order as refunded: what was still to be sent of it is not sent. The money is moved apart. */
export async function endAsRefunded(
  tx: AuroraTransaction,
  order: OrderRow,
  actor: string,
  at: string,
): Promise<OrderRow> {
  const after = await moveOrder(tx, order, "refund", actor, at);
  const open = await tx
    .selectFrom("shipment")
    .selectAll()
    .where("orderId", "=", order.id)
    .where("state", "in", OPEN_SHIPMENT_STATES)
    .orderBy("id")
    .forUpdate()
    .execute();
  for (const shipment of open) await moveShipment(tx, shipment, "cancel", actor, at);
  return after;
}
