import { expect, type TestContext, test } from "vitest";
import type { Deps } from "../deps.ts";
import type { Shipment } from "../stores/aurora/shipment-rows.ts";
import { but, DAY_MS, type OneSale, oneSale, silently } from "../testing/one-sale.ts";
import { cancelOrder } from "./cancel-order.ts";
import { failLateDeliveries } from "./fail-late-deliveries.ts";
import { openDispute } from "./open-dispute.ts";
import { pay } from "./pay.ts";
import { resolveDispute } from "./resolve-dispute.ts";
import { restock } from "./restock.ts";
import { applyShipment, settleShipment } from "./settle-shipment.ts";
import { ship } from "./ship.ts";
import { trackShipment } from "./track-shipment.ts";

/** An order that is paid; the carrier does only what it is told to. */
async function paidSale(t: TestContext): Promise<OneSale> {
  const sale = await oneSale(t);
  const { deps, buyer, orderId } = sale;
  await pay({ actor: buyer, target: orderId, card: "tok_approved", waitMs: 5_000 }, deps);
  return sale;
}

const shipBy = (
  { seller, orderId, deps }: OneSale,
  handedOver = false,
  other: Partial<Deps> = {},
) => ship({ actor: seller, order: orderId, handedOver }, { ...deps, ...other });
const shipmentsOf = ({ deps, orderId }: OneSale) => deps.shipments.ofOrder(orderId);
const orderOf = async ({ deps, orderId }: OneSale) => {
  const order = await deps.orders.find(orderId);
  if (!order) throw new Error("there is no order");
  return order;
};

async function stepsOf({ deps }: OneSale, id: string): Promise<string[]> {
  return (await deps.orders.transitions([id])).map(({ event, actor }) =>
    actor.startsWith("user:") ? `${event} by hand` : event,
  );
}

type CarrierVerb =
  | "scanShipment"
  | "deliverShipment"
  | "failDelivery"
  | "loseShipment"
  | "returnShipment";

/** The carrier acts on the newest parcel, and we hear of it. */
async function carrier(sale: OneSale, verb: CarrierVerb): Promise<Shipment> {
  const { deps } = sale;
  const shipment = (await shipmentsOf(sale)).at(-1);
  await deps.simulators[verb](shipment?.providerId ?? "");
  const settled = await settleShipment(shipment?.id ?? "", deps);
  if (!settled) throw new Error("there is no shipment");
  return settled;
}

test("handing over ships at once, with a label if there was none; the carrier's scan changes nothing twice", async (t) => {
  const sale = await paidSale(t);
  const { deps, orderId } = sale;
  const shipment = await shipBy(sale, true);
  expect(shipment).toMatchObject({ state: "shipped", carrier: "Simulated Post" });
  const order = await orderOf(sale);
  expect(order).toMatchObject({
    state: "shipped",
    estimatedDeliveryAt: shipment.estimatedDeliveryAt,
    shippedAt: expect.any(String),
  });
  expect(await shipBy(sale, true)).toEqual(shipment);
  expect(await shipBy(sale)).toEqual(shipment);
  expect(await carrier(sale, "scanShipment")).toEqual(shipment);
  expect(await orderOf(sale)).toEqual(order);
  expect(await stepsOf(sale, shipment.id)).toEqual([
    "create",
    "prepare by hand",
    "label",
    "scan by hand",
  ]);
  expect(await stepsOf(sale, orderId)).toEqual([
    "place by hand",
    "approve_payment",
    "hand_over by hand",
  ]);
  expect(await deps.shipments.scansOf(shipment.id)).toHaveLength(1);
  await expect(
    cancelOrder({ actor: sale.buyer, order: orderId, reason: "too late" }, deps),
  ).rejects.toMatchObject({ code: "illegal_transition" });
});

test("two who ship at once buy one label, and hand over once", async (t) => {
  const sale = await paidSale(t);
  const both = await Promise.all([shipBy(sale, true), shipBy(sale, true), shipBy(sale)]);
  const [shipment, ...others] = await shipmentsOf(sale);
  expect(others).toEqual([]);
  expect(new Set(both.map(({ id }) => id))).toEqual(new Set([shipment?.id]));
  expect(await stepsOf(sale, shipment?.id ?? "")).toEqual([
    "create",
    "prepare by hand",
    "label",
    "scan by hand",
  ]);
});

test("a parcel that was not delivered goes out again, once for each failure, with a new estimate", async (t) => {
  const sale = await paidSale(t);
  const { deps, orderId, advance } = sale;
  const first = await shipBy(sale);
  expect(await carrier(sale, "failDelivery")).toMatchObject({ state: "not_delivered" });
  expect((await orderOf(sale)).state).toBe("not_delivered");

  await advance(DAY_MS);
  const again = await Promise.all([shipBy(sale), shipBy(sale)]);
  expect(again.map(({ id, state }) => ({ id, state }))).toEqual([
    { id: first.id, state: "shipped" },
    { id: first.id, state: "shipped" },
  ]);
  const order = await orderOf(sale);
  expect(order.state).toBe("shipped");
  expect(order.estimatedDeliveryAt).toBe(again[0]?.estimatedDeliveryAt);
  expect(order.estimatedDeliveryAt).not.toBe(first.estimatedDeliveryAt);
  const scans = async () => (await deps.shipments.scansOf(first.id)).map(({ state }) => state);
  expect(await scans()).toEqual(["shipped", "not_delivered", "shipped"]);

  await carrier(sale, "failDelivery");
  await shipBy(sale);
  await shipBy(sale);
  expect(await scans()).toEqual([
    "shipped",
    "not_delivered",
    "shipped",
    "not_delivered",
    "shipped",
  ]);
  await carrier(sale, "deliverShipment");
  expect(await orderOf(sale)).toMatchObject({
    state: "delivered",
    deliveredAt: expect.any(String),
  });
  expect((await stepsOf(sale, orderId)).slice(2)).toEqual([
    "hand_over",
    "fail_delivery",
    "send_again by hand",
    "fail_delivery",
    "send_again by hand",
    "deliver",
  ]);
});

test("a parcel is not sent again twice when nobody heard that it was", async (t) => {
  const sale = await paidSale(t);
  const { deps } = sale;
  const { shippingProvider } = deps;
  const { id, providerId } = await shipBy(sale);
  await carrier(sale, "failDelivery");
  const silent = but(shippingProvider, {
    resendShipment: silently((one, key) => shippingProvider.resendShipment(one, key)),
  });
  await expect(shipBy(sale, false, { shippingProvider: silent })).rejects.toMatchObject({
    code: "unavailable",
  });
  expect((await orderOf(sale)).state).toBe("not_delivered");
  expect(await shipBy(sale)).toMatchObject({ id, state: "shipped" });
  const { scans } = await shippingProvider.getShipment(providerId ?? "");
  expect(scans.map(({ state }) => state)).toEqual(["shipped", "not_delivered", "shipped"]);
});

test("news that was read before later news changes nothing", async (t) => {
  const sale = await paidSale(t);
  const { deps } = sale;
  const { id, providerId } = await shipBy(sale);
  await carrier(sale, "failDelivery");
  const early = await deps.shippingProvider.getShipment(providerId ?? "");
  await shipBy(sale);
  expect(await applyShipment(id, early, deps)).toMatchObject({ state: "shipped" });
  expect((await orderOf(sale)).state).toBe("shipped");
});

test("a lost parcel is replaced by a new one, which counts once whoever ships at once", async (t) => {
  const sale = await paidSale(t);
  const { orderId } = sale;
  const lost = await shipBy(sale);
  expect(await carrier(sale, "loseShipment")).toMatchObject({ state: "lost" });
  expect((await orderOf(sale)).state).toBe("not_delivered");
  const [again, same] = await Promise.all([shipBy(sale), shipBy(sale)]);
  expect(again).toMatchObject({ state: "ready_to_ship" });
  expect(same.id).toBe(again.id);
  expect(again.trackingCode).not.toBe(lost.trackingCode);
  expect(await stepsOf(sale, again.id)).toEqual(["create by hand", "prepare by hand", "label"]);
  expect((await orderOf(sale)).state).toBe("not_delivered");
  await carrier(sale, "scanShipment");
  expect((await orderOf(sale)).state).toBe("shipped");
  await carrier(sale, "deliverShipment");
  expect((await shipmentsOf(sale)).map(({ state }) => state)).toEqual(["lost", "delivered"]);
  expect((await stepsOf(sale, orderId)).slice(2)).toEqual([
    "hand_over",
    "fail_delivery",
    "send_again",
    "deliver",
  ]);
});

test("what comes back is restocked once, by its seller, and is not sent again then", async (t) => {
  const sale = await paidSale(t);
  const { deps, seller, buyer, staff, publicationId } = sale;
  const { id } = await shipBy(sale);
  const put = (actor = seller) => restock({ actor, shipment: id }, deps);
  const stock = async () => (await deps.publications.find(publicationId))?.stock;
  await expect(put()).rejects.toMatchObject({ code: "illegal_transition" });
  await carrier(sale, "returnShipment");
  expect(await stock()).toBe(2);
  await expect(put(buyer)).rejects.toMatchObject({ code: "not_allowed" });
  const both = await Promise.all([put(), put(staff)]);
  expect(both.map(({ restockedAt }) => restockedAt)).toEqual([
    expect.any(String),
    both[0].restockedAt,
  ]);
  await put();
  expect(await deps.publications.find(publicationId)).toMatchObject({ stock: 4, soldUnits: 2 });
  expect(await deps.pages.get(publicationId)).toMatchObject({ availability: "in_stock" });
  await expect(shipBy(sale)).rejects.toMatchObject({ code: "illegal_transition" });
  expect(await shipmentsOf(sale)).toHaveLength(1);
});

test("what came back and was sent again is not restocked; handing the new parcel over ships it", async (t) => {
  const sale = await paidSale(t);
  const { deps, seller, publicationId } = sale;
  const { id } = await shipBy(sale);
  await carrier(sale, "returnShipment");
  const again = await shipBy(sale, true);
  expect(again).toMatchObject({ state: "shipped" });
  expect((await orderOf(sale)).state).toBe("shipped");
  await expect(restock({ actor: seller, shipment: id }, deps)).rejects.toMatchObject({
    code: "illegal_transition",
  });
  expect((await deps.publications.find(publicationId))?.stock).toBe(2);
});

test("what came back is restocked when its new parcel never went out", async (t) => {
  const sale = await paidSale(t);
  const { deps, seller, buyer, staff, orderId: order, publicationId } = sale;
  const { id } = await shipBy(sale);
  await carrier(sale, "returnShipment");
  expect((await shipBy(sale)).state).toBe("ready_to_ship");
  await openDispute({ actor: buyer, order, reason: "not_received", note: "where is it?" }, deps);
  await resolveDispute({ actor: staff, order, refund: {} }, deps);
  await restock({ actor: seller, shipment: id }, deps);
  expect((await deps.publications.find(publicationId))?.stock).toBe(4);
});

test("a parcel that came back by the time it is to be sent again becomes a new one", async (t) => {
  const sale = await paidSale(t);
  const { deps } = sale;
  const { id, providerId } = await shipBy(sale);
  await carrier(sale, "failDelivery");
  await deps.simulators.returnShipment(providerId ?? "");
  const again = await shipBy(sale);
  expect(again.state).toBe("ready_to_ship");
  expect(again.id).not.toBe(id);
});

test("a label that the carrier made void is replaced, and no parcel goes out with it", async (t) => {
  const sale = await paidSale(t);
  const { deps } = sale;
  const { id, providerId } = await shipBy(sale);
  await deps.shippingProvider.voidLabel(providerId ?? "");
  await expect(shipBy(sale, true)).rejects.toMatchObject({ code: "illegal_transition" });
  expect((await orderOf(sale)).state).toBe("paid");
  expect((await shipmentsOf(sale)).map(({ state }) => state)).toEqual(["cancelled", "pending"]);
  await expect(shipBy(sale, true)).rejects.toMatchObject({ code: "illegal_transition" });
  const [one, other] = await Promise.all([shipBy(sale), shipBy(sale)]);
  expect(one).toMatchObject({ id: other.id, state: "ready_to_ship" });
  expect(one.id).not.toBe(id);
  expect((await shipmentsOf(sale)).map(({ state }) => state)).toEqual([
    "cancelled",
    "ready_to_ship",
  ]);
});

test("a label that was bought while its order was cancelled can be voided later too", async (t) => {
  const sale = await paidSale(t);
  const { deps, buyer, orderId } = sale;
  const { shippingProvider } = deps;
  const cancel = () => cancelOrder({ actor: buyer, order: orderId, reason: "no" }, deps);
  const overtaken = but(shippingProvider, {
    createShipment: async (label) => {
      await cancel();
      return shippingProvider.createShipment(label);
    },
    voidLabel: silently(),
  });
  await expect(shipBy(sale, false, { shippingProvider: overtaken })).rejects.toMatchObject({
    code: "unavailable",
  });
  const [shipment] = await shipmentsOf(sale);
  expect(shipment).toMatchObject({ state: "cancelled", providerId: expect.any(String) });
  const events = await deps.events.ofSubject(shipment?.id ?? "");
  expect(events.at(-1)?.revision).toBe(shipment?.revision);
  await cancel();
  const told = await shippingProvider.getShipment(shipment?.providerId ?? "");
  expect(told.state).toBe("cancelled");
});

test("a parcel that is late by far is still with its carrier: it is not sent a second time", async (t) => {
  const sale = await paidSale(t);
  const { deps, orderId, advance } = sale;
  const { id } = await shipBy(sale, true);
  await advance(29 * DAY_MS);
  expect(await failLateDeliveries(deps)).toEqual([orderId]);
  await expect(shipBy(sale)).rejects.toMatchObject({
    code: "illegal_transition",
    hint: `mkt shipment track ${id} asks the carrier where it is`,
  });
  await carrier(sale, "deliverShipment");
  expect((await orderOf(sale)).state).toBe("delivered");
});

test("a disputed order moves no more, but when its parcel arrived is noted", async (t) => {
  const sale = await paidSale(t);
  const { deps, buyer, orderId } = sale;
  await shipBy(sale);
  await carrier(sale, "failDelivery");
  const note = "it never came";
  await openDispute({ actor: buyer, order: orderId, reason: "not_received", note }, deps);
  await expect(shipBy(sale)).rejects.toMatchObject({ code: "illegal_transition" });
  await carrier(sale, "deliverShipment");
  expect(await orderOf(sale)).toMatchObject({ state: "disputed", deliveredAt: expect.any(String) });
});

test("tracking shows both histories, and what only one of them tells", async (t) => {
  const sale = await paidSale(t);
  const { deps, seller, buyer, orderId } = sale;
  const track = () => trackShipment({ actor: buyer, shipment: orderId }, deps);
  expect(await track()).toMatchObject({ state: "pending", theirs: [], differences: [] });
  const { providerId } = await shipBy(sale, true);
  const handed = await track();
  expect(handed.theirs).toEqual([]);
  expect(handed.ours.map(({ to }) => to)).toEqual([
    "pending",
    "handling",
    "ready_to_ship",
    "shipped",
  ]);
  expect(handed.differences.map(({ kind, text }) => ({ kind, text }))).toEqual([
    {
      kind: "not_scanned",
      text: `shipped here by user:${seller.userId}, without a scan of the carrier`,
    },
    { kind: "state", text: "it is shipped here and ready to ship at the carrier" },
  ]);

  await deps.simulators.scanShipment(providerId ?? "");
  expect((await track()).differences).toEqual([]);
  // Between two of our looks it failed, went out again, and arrived: our history is shorter.
  await deps.simulators.failDelivery(providerId ?? "");
  await deps.shippingProvider.resendShipment(providerId ?? "", "another-desk");
  await deps.simulators.deliverShipment(providerId ?? "");
  const arrived = await track();
  expect(arrived).toMatchObject({ state: "delivered" });
  expect(arrived.theirs.map(({ state }) => state)).toEqual([
    "shipped",
    "not_delivered",
    "shipped",
    "delivered",
  ]);
  expect(arrived.differences.map(({ text }) => text)).toEqual([
    "the carrier's scan not delivered moved nothing here",
    "the carrier's scan shipped moved nothing here",
  ]);
});
