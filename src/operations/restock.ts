import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import type { Shipment } from "../stores/aurora/shipment-rows.ts";
import { projectNow } from "./project-now.ts";

type RestockDeps = Pick<Deps, "lookup" | "orders" | "shipments" | "now"> &
  Parameters<typeof projectNow>[1];

/**
 * Puts the goods of a parcel that came back on the seller's shelf again: only whoever has it in hand knows
 * that it can be sold. Once; repeating it changes nothing. Its units stay counted as sold.
 */
export async function restock(
  { actor, shipment: text }: { actor: Actor; shipment: string },
  deps: RestockDeps,
): Promise<Shipment> {
  const id = await deps.lookup.resolve("shipment", text);
  const found = await deps.shipments.find(id);
  const order = found && (await deps.orders.find(found.orderId));
  if (!order) throw new MktError("not_found", `there is no shipment ${text}`);
  requireOneOf(actor, [order.sellerId], `shipment ${id}`, "operator", "support");
  const restocked = await deps.shipments.restock(id, actorName(actor), deps.now());
  const { shipment, publicationIds, again } = restocked;
  if (again) deps.notice(`its goods are in stock already, since ${shipment.restockedAt}`);
  else await projectNow(publicationIds, deps);
  return shipment;
}
