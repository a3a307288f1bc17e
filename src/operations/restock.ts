import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import type { Shipment } from "../stores/aurora/shipment-rows.ts";
import { projectNow } from "./project-now.ts";

type FindDeps = Pick<Deps, "lookup" | "orders" | "shipments">;
type RestockDeps = FindDeps & Pick<Deps, "now"> & Parameters<typeof projectNow>[1];

interface RestockRequest {
  actor: Actor;
  /** By id or its beginning. */
  shipment: string;
}

/**
 * Puts the goods of a parcel that came back on the seller's shelf again: only whoever has it in hand knows
 * that it can be sold. Once; repeating it changes nothing. Its units stay counted as sold.
 */
export async function restock(request: RestockRequest, deps: RestockDeps): Promise<Shipment> {
  const { id } = await shipmentToRestock(request, deps);
  const restocked = await deps.shipments.restock(id, actorName(request.actor), deps.now());
  const { shipment, publicationIds, again } = restocked;
  if (again) deps.notice(`its goods are in stock already, since ${shipment.restockedAt}`);
  else await projectNow(publicationIds, deps);
  return shipment;
}

/** The shipment, and whether its goods are in stock already; throws what `restock` would throw. */
export async function planRestock(
  request: RestockRequest,
  deps: FindDeps & Pick<Deps, "rehearse" | "now">,
): Promise<{ shipment: Shipment; already: boolean }> {
  const shipment = await shipmentToRestock(request, deps);
  const by = actorName(request.actor);
  const { again } = await deps.rehearse(({ shipments }) =>
    shipments.restock(shipment.id, by, deps.now()),
  );
  return { shipment, already: again };
}

async function shipmentToRestock(
  { actor, shipment: text }: RestockRequest,
  deps: FindDeps,
): Promise<Shipment> {
  const id = await deps.lookup.resolve("shipment", text);
  const found = await deps.shipments.find(id);
  const order = found && (await deps.orders.find(found.orderId));
  if (!order) throw new MktError("not_found", `there is no shipment ${text}`);
  requireOneOf(actor, [order.sellerId], `shipment ${id}`, "operator", "support");
  return found;
}
