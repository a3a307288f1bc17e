import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { hasCode, MktError } from "../errors.ts";
import { showShipment } from "./list-sales.ts";
import { type ShipmentDeps, settleShipment } from "./settle-shipment.ts";

/** Asks the carrier how a shipment, or an order's, stands; applies and shows it. */
export async function trackShipment(
  { actor, shipment: text }: { actor: Actor; shipment: string },
  deps: ShipmentDeps & Pick<Deps, "lookup" | "orders" | "payments">,
): ReturnType<typeof showShipment> {
  const id = await resolveShipment(text, deps);
  // Whoever may not see it may not move it either.
  await showShipment({ actor, shipment: id }, deps);
  await settleShipment(id, deps);
  return showShipment({ actor, shipment: id }, deps);
}

async function resolveShipment(
  text: string,
  { lookup, shipments }: Pick<Deps, "lookup" | "shipments">,
): Promise<string> {
  try {
    return await lookup.resolve("shipment", text);
  } catch (error) {
    if (!hasCode(error, "not_found")) throw error;
    const orderId = await lookup.resolve("order", text).catch(() => undefined);
    const last = orderId && (await shipments.ofOrder(orderId)).at(-1);
    if (last) return last.id;
    throw new MktError("not_found", `there is no shipment ${JSON.stringify(text)}`, {
      hint: "mkt shipment list shows them",
    });
  }
}
