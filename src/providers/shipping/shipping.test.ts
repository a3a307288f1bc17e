import { type TestContext, test } from "vitest";
import { testProviders } from "../../testing/providers.ts";

const HOUR_MS = 3_600_000;
const times = { pickupMs: HOUR_MS, deliveryMs: 2 * HOUR_MS };
const parcels = [{ units: 1 }];

/** A label whose parcel only the clock moves. */
async function labelled(t: TestContext, address: string) {
  const providers = await testProviders(t, times);
  const label = { idempotencyKey: "shipment-1", reference: "order-1", parcels, address };
  const made = await providers.shipping.createShipment(label);
  const current = () => providers.shipping.getShipment(made.id);
  const scans = async () =>
    (await current()).scans.map(({ state, at }) => {
      const hours = (Date.parse(at) - Date.parse(made.createdAt)) / HOUR_MS;
      return `${state} after ${hours} h`;
    });
  return { ...providers, made, id: made.id, current, scans };
}

const onItsWay = ["shipped after 1 h", "in_transit after 2 h"];

test.for([
  { address: "Elsewhere 1", end: ["delivered after 3 h"] },
  { address: "Nobody home, Elsewhere 1", end: ["not_delivered after 3 h"] },
  { address: "Elsewhere 1 (lost parcel)", end: ["lost after 3 h"] },
  { address: "return to sender", end: ["not_delivered after 3 h", "returned after 5 h"] },
])("a jump walks the whole way at its own times: $address", async ({ address, end }, t) => {
  const { pass, scans, current } = await labelled(t, address);
  t.expect(await pass(30 * HOUR_MS)).toHaveLength(2 + end.length);
  t.expect(await scans()).toEqual([...onItsWay, ...end]);
  t.expect((await current()).state).toBe(end.at(-1)?.split(" ")[0]);
});

test("a parcel that was not delivered goes out again once a key, and arrives", async (t) => {
  const { shipping, made, id, pass, current } = await labelled(t, "nobody home");
  const early = shipping.resendShipment(id, "again-1");
  await t.expect(early).rejects.toMatchObject({ code: "illegal_transition" });
  await pass(10 * HOUR_MS);
  const again = await shipping.resendShipment(id, "again-1");
  t.expect(again).toMatchObject({ state: "shipped", trackingCode: made.trackingCode });
  const lateMs = Date.parse(again.estimatedDeliveryAt) - Date.parse(made.estimatedDeliveryAt);
  t.expect(lateMs).toBeGreaterThanOrEqual(10 * HOUR_MS);
  t.expect(await shipping.resendShipment(id, "again-1")).toEqual(again);
  t.expect(await pass(10 * HOUR_MS)).toEqual(["shipment.in_transit", "shipment.delivered"]);
  t.expect(await current()).toMatchObject({ state: "delivered" });
  t.expect(await shipping.resendShipment(id, "again-1")).toMatchObject({ state: "delivered" });
  const over = shipping.resendShipment(id, "again-2");
  await t.expect(over).rejects.toMatchObject({ code: "illegal_transition" });
});

test("a parcel that goes out again is not returned meanwhile", async (t) => {
  const { shipping, id, pass, current } = await labelled(t, "return to sender");
  await pass(3 * HOUR_MS);
  t.expect(await current()).toMatchObject({ state: "not_delivered" });
  await shipping.resendShipment(id, "again-1");
  t.expect(await pass(30 * HOUR_MS)).toEqual(["shipment.in_transit", "shipment.delivered"]);
});

test.for([
  { verb: "deliverShipment", states: ["shipped", "delivered"] },
  { verb: "failDelivery", states: ["shipped", "not_delivered"] },
  { verb: "loseShipment", states: ["shipped", "lost"] },
  { verb: "returnShipment", states: ["shipped", "not_delivered", "returned"] },
] as const)("a test decides at once where a parcel's way ends: $verb", async (row, t) => {
  const { control, id, pass } = await labelled(t, "Elsewhere 1");
  const ended = await control[row.verb](id);
  t.expect(ended.scans.map(({ state }) => state)).toEqual(row.states);
  t.expect(ended.state).toBe(row.states.at(-1));
  t.expect(await control[row.verb](id)).toEqual(ended);
  t.expect(await pass(100 * HOUR_MS)).toEqual([]);
});

test("a parcel that was scanned before its time goes on at its time", async (t) => {
  const { control, id, pass, scans } = await labelled(t, "Elsewhere 1");
  t.expect((await control.scanShipment(id)).state).toBe("shipped");
  for (let scan = 0; scan < 3; scan++) await control.scanShipment(id);
  t.expect(await pass(30 * HOUR_MS)).toEqual(["shipment.delivered"]);
  t.expect((await scans()).at(-1)).toBe("delivered after 3 h");
  for (const verb of ["scanShipment", "failDelivery", "loseShipment", "returnShipment"] as const) {
    await t.expect(control[verb](id)).rejects.toMatchObject({ code: "illegal_transition" });
  }
});

test("a voided label's parcel is moved by nobody", async (t) => {
  const { shipping, control, id, pass } = await labelled(t, "Elsewhere 1");
  await shipping.voidLabel(id);
  const moved = control.deliverShipment(id);
  await t.expect(moved).rejects.toMatchObject({ code: "illegal_transition" });
  t.expect(await pass(30 * HOUR_MS)).toEqual([]);
});
