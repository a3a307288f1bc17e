import type { AuroraTransaction } from "./client.ts";
import { moveOrder, type OrderRow, releaseStock } from "./order-rows.ts";
import { requestFullRefund } from "./payment-rows.ts";
import { cancelShipmentOf } from "./shipment-rows.ts";

/** Ends a locked order that is not on its way: shipment cancelled, what was captured requested back, stock back. */
export async function cancelLocked(
  tx: AuroraTransaction,
  before: OrderRow,
  { event, actor, reason, at }: { event: string; actor: string; reason: string; at: string },
): Promise<OrderRow> {
  const after = await moveOrder(tx, before, event, actor, at);
  await cancelShipmentOf(tx, before.id, actor, at);
  await requestFullRefund(tx, after, reason, actor, at);
  await releaseStock(tx, before.id, before.state === "paid", actor, at);
  return after;
}
