import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import { isId } from "../domain/ids.ts";
import type { Order } from "../domain/order.ts";
import { hasCode, MktError } from "../errors.ts";
import type { Shipment } from "../stores/aurora/shipment-rows.ts";
import { applyShipment, type ShipmentDeps, settleShipment } from "./settle-shipment.ts";

type ShipDeps = ShipmentDeps & Pick<Deps, "orders" | "purchases" | "lookup" | "notice">;

export interface ShipRequest {
  actor: Actor;
  /** An order, by id or its beginning. */
  order: string;
  /** The seller gave the parcel to the carrier: nobody waits for its first scan. */
  handedOver?: boolean | undefined;
}

/**
 * Ships an order: buys the carrier's label; the carrier's scans, told by webhooks, then move the shipment
 * and its order. A parcel that was not delivered is sent out again by the carrier; one that was lost or
 * came back is replaced by a new one. Repeating it buys no second label and sends nothing twice.
 */
export async function ship(
  { actor, order: text, handedOver = false }: ShipRequest,
  deps: ShipDeps,
): Promise<Shipment> {
  const order = await orderToShip(actor, text, deps);
  const { id } = order;
  const by = actorName(actor);
  if (handedOver && order.state !== "cancelled") await requireValidLabel(id, deps);
  const prepare = () => deps.shipments.prepare(id, by, deps.now());
  let shipment = await prepare();
  requireKnownToCarrier(shipment);
  if (shipment.state === "not_delivered") {
    const current = await settleShipment(shipment.id, deps);
    if (current?.state === "not_delivered") return sendAgain(current, by, deps);
    shipment = await prepare();
  }
  if (shipment.state === "ready_to_ship") {
    shipment = await askCarrier(shipment, deps);
    if (shipment.state === "cancelled" && handedOver) throw voided(shipment);
    if (shipment.state === "cancelled") shipment = await prepare();
  }
  if (shipment.state === "handling") shipment = await buyLabel(shipment, order, deps);
  return handedOver ? deps.shipments.handOver(shipment.id, by, deps.now()) : shipment;
}

/** What `ship` would do to the order's parcel. */
export interface ShippingPlan {
  shipment: Shipment;
  /** The state of the parcel afterwards. */
  to: string;
  summary: string;
}

/** Says what `ship` would do now, and throws what it would throw, as far as that shows without the carrier. */
export async function planShipping(
  { actor, order: text, handedOver = false }: ShipRequest,
  deps: ShipDeps,
): Promise<ShippingPlan> {
  const order = await orderToShip(actor, text, deps);
  if (handedOver && order.state !== "cancelled") await requireValidLabel(order.id, deps);
  const { latest, way } = await deps.shipments.foresee(order);
  requireKnownToCarrier(latest);
  const plan = (to: string, summary: string) => ({ shipment: latest, to, summary });
  if (way === "as_it_is" && latest.state === "not_delivered")
    return plan("shipped", "has the carrier send it again");
  if (way === "as_it_is" && latest.state !== "handling") {
    return handedOver && latest.state === "ready_to_ship"
      ? plan("shipped", "hands it over")
      : plan(latest.state, `is ${latest.state.replaceAll("_", " ")} already`);
  }
  const label = way === "anew" ? "buys a label for a new parcel" : "buys a label";
  return handedOver ? plan("shipped", `${label} and hands it over`) : plan("ready_to_ship", label);
}

/** The order, if it is there and the actor may ship it. */
async function orderToShip(actor: Actor, text: string, deps: ShipDeps): Promise<Order> {
  // Thousands are shipped by their whole ids, which nobody needs to look up.
  const whole = isId(text) ? await deps.orders.find(text) : undefined;
  const order = whole ?? (await deps.orders.find(await deps.lookup.resolve("order", text)));
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  requireOneOf(actor, [order.sellerId], `the sale ${order.id}`, "operator", "support");
  return order;
}

function requireKnownToCarrier({ orderId, synthesised }: Shipment): void {
  if (!synthesised) return;
  throw new MktError("conflict", `the parcel of order ${orderId} came with its history`, {
    hint: "no carrier here knows it: it cannot be sent again",
  });
}

/** The foreign call between two transactions: our row's id is the key, so it can be repeated. */
async function buyLabel(shipment: Shipment, order: Order, deps: ShipDeps): Promise<Shipment> {
  const address = await deps.purchases.addressOf(order.purchaseId);
  const units = order.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  const told = await deps.shippingProvider.createShipment({
    idempotencyKey: shipment.id,
    reference: order.id,
    address: address ?? "",
    parcels: [{ units }],
  });
  const settled = await applyShipment(shipment.id, told, deps);
  if (settled.state === "cancelled") {
    throw new MktError(
      "illegal_transition",
      `order ${order.id} was cancelled meanwhile: its label is void`,
    );
  }
  return settled;
}

/**
 * Has the carrier send a parcel out again. The key counts how often it was not delivered, so that each
 * failure is followed by one more attempt and no more, whoever asks how often.
 */
async function sendAgain(shipment: Shipment, by: string, deps: ShipDeps): Promise<Shipment> {
  const { id, providerId } = shipment;
  if (!providerId) return shipment;
  const scans = await deps.shipments.scansOf(id);
  const failures = scans.filter(({ state }) => state === "not_delivered").length;
  try {
    const told = await deps.shippingProvider.resendShipment(providerId, `${id}-${failures}`);
    return await applyShipment(id, told, deps, by);
  } catch (error) {
    if (!hasCode(error, "illegal_transition")) throw error;
    const now = (await settleShipment(id, deps)) ?? shipment;
    if (now.state === "shipped") return now;
    throw new MktError(
      "illegal_transition",
      `the carrier does not send shipment ${id} again: it is ${now.state.replaceAll("_", " ")}`,
      {
        hint: `mkt ship ${now.orderId} sends what was lost or came back as a new parcel`,
        cause: error,
      },
    );
  }
}

/** Refuses to hand over a parcel whose label was made void: nobody has put the new one on it. */
async function requireValidLabel(orderId: string, { shipments }: ShipDeps): Promise<void> {
  const last = (await shipments.ofOrder(orderId)).findLast(({ state }) => state !== "pending");
  if (last?.state === "cancelled") throw voided(last);
}

/** A label as it stands at the carrier; when that cannot be asked, it is believed to be valid. */
async function askCarrier(shipment: Shipment, deps: ShipDeps): Promise<Shipment> {
  try {
    return (await settleShipment(shipment.id, deps)) ?? shipment;
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    deps.notice("the carrier cannot be asked now how the label stands");
    return shipment;
  }
}

function voided({ id, orderId }: Shipment): MktError {
  return new MktError(
    "illegal_transition",
    `the label of shipment ${id} is void at the carrier: its parcel goes nowhere`,
    { hint: `mkt ship ${orderId} buys a new label` },
  );
}
