import { expect, type TestContext, test } from "vitest";
import { at, inferredAt, type SmallOrder, smallWorld } from "../testing/small-world.ts";

async function shop(t: TestContext, now = "2018-12-01T00:00:00Z") {
  const world = await smallWorld(t, { timeZone: "America/Sao_Paulo", now });
  const [ana, bea] = [world.user("ana"), world.user("bea")];
  const [lamp, desk] = [world.publication(ana), world.publication(bea)];
  const sent = (told: SmallOrder, times: { paid: string; shipped: string }, carrier?: string) => {
    const order = world.order(told);
    order.pay(at(times.paid));
    if (carrier) order.label(at(times.shipped), carrier);
    order.handOver(at(times.shipped));
    return order;
  };
  return { world, ana, bea, lamp: [{ of: lamp }], desk: [{ of: desk }], sent };
}

test("without a paid order there is no row", async (t) => {
  const { world, lamp } = await shop(t);
  world.order({ at: "2018-05-01T12:00:00Z", lines: lamp });
  await world.write();
  expect(await world.report("delivery")).toEqual([]);
});

test("late is after the estimate, to the millisecond; overdue is what is still to come", async (t) => {
  const { world, lamp, sent } = await shop(t, "2018-05-12T00:00:00Z");
  const order = { at: "2018-05-01T00:00:00Z", lines: lamp };
  const promised = { ...order, estimatedDeliveryAt: "2018-05-11T00:00:00Z" };
  const times = { paid: "2018-05-01T06:00:00Z", shipped: "2018-05-02T06:00:00Z" };
  sent(promised, times).deliver(at("2018-05-11T00:00:00Z"));
  sent(promised, times).deliver(at("2018-05-11T00:00:00.001Z"));
  sent(order, times).deliver(at("2018-05-05T00:00:00Z"));
  // On its way, and not even handed over.
  sent(promised, times);
  world.order(promised).pay(at("2018-05-01T10:00:00Z"));
  const cancelled = world.order(promised);
  cancelled.pay(at("2018-05-01T10:00:00Z"));
  cancelled.cancel(at("2018-05-02T10:00:00Z"), "user:x");
  await world.write();
  expect(await world.report("delivery", { by: "all" })).toEqual([
    {
      all: "all",
      orders: 6,
      shipped: 4,
      delivered: 3,
      promised: 2,
      late: 1,
      lateRate: 0.5,
      overdue: 2,
      promisedHours: 240,
      hours: 240,
      p90Hours: 240,
      paymentHours: 6,
      payments: 6,
      dispatchHours: 24,
      dispatches: 4,
      transitHours: 210,
      transits: 3,
    },
  ]);
});

test("periods are those of the order, carriers those of its last parcel", async (t) => {
  const { world, ana, bea, lamp, desk, sent } = await shop(t);
  // The last second of January and the first of February, by clocks with daylight saving.
  const january = sent(
    { at: "2018-02-01T01:59:59Z", lines: lamp },
    { paid: "2018-02-01T03:59:59Z", shipped: "2018-02-02T00:00:00Z" },
    "Rapido",
  );
  january.deliver(at("2018-03-02T00:00:00Z"));
  sent(
    { at: "2018-02-01T02:00:00Z", lines: desk },
    { paid: "2018-02-01T03:00:00Z", shipped: "2018-02-02T03:00:00Z" },
    "Correo",
  );
  world.order({ at: "2018-02-01T02:00:00Z", lines: desk }).pay(at("2018-02-01T02:30:00Z"));
  await world.write();
  expect(await world.report("delivery")).toMatchObject([
    { period: "2018-01", orders: 1, delivered: 1, lateRate: null, paymentHours: 2 },
    { period: "2018-02", orders: 2, delivered: 0, paymentHours: 0.75, hours: null },
  ]);
  expect(await world.report("delivery", { by: "carrier" })).toMatchObject([
    { carrier: "Correo", orders: 1, dispatchHours: 24 },
    { carrier: "Rapido", orders: 1, delivered: 1 },
    { carrier: null, orders: 1, dispatchHours: null },
  ]);
  expect(await world.report("delivery", { by: "seller" })).toMatchObject([
    { sellerId: bea, orders: 2 },
    { sellerId: ana, orders: 1 },
  ]);
});

test("regions are those that parcels go to; what nobody said stands in a row of its own", async (t) => {
  const { world, lamp, sent } = await shop(t);
  const times = { paid: "2018-05-01T06:00:00Z", shipped: "2018-05-02T06:00:00Z" };
  const order = { at: "2018-05-01T00:00:00Z", lines: lamp };
  const promised = { ...order, estimatedDeliveryAt: "2018-05-11T00:00:00Z" };
  const [intime, late] = [at("2018-05-10T00:00:00Z"), at("2018-05-12T00:00:00Z")];
  sent({ ...promised, region: "SP" }, times).deliver(intime);
  sent({ ...promised, region: "SP" }, times).deliver(late);
  sent({ ...order, region: "SP" }, times);
  sent({ ...promised, region: "São Paulo" }, times).deliver(late);
  sent(promised, times).deliver(intime);
  sent(promised, times).deliver(intime);
  await world.write();
  expect(await world.report("delivery", { by: "region" })).toMatchObject([
    { region: "SP", orders: 3, delivered: 2, promised: 2, late: 1, lateRate: 0.5 },
    { region: null, orders: 2, delivered: 2, promised: 2, late: 0, lateRate: 0 },
    { region: "São Paulo", orders: 1, delivered: 1, promised: 1, late: 1, lateRate: 1 },
  ]);
});

test("a history's durations are differences of its own clocks, without what was inferred", async (t) => {
  const { world, lamp, desk, sent } = await shop(t);
  const times = { paid: "2018-11-04T02:30:00Z", shipped: "2018-11-04T03:30:00Z" };
  // Clocks went from 23:59:59 of the 3rd to 01:00 of the 4th: the hour between looks like two.
  const told = { at: "2018-11-04T01:30:00Z", timeZone: "America/Sao_Paulo" };
  sent({ ...told, lines: lamp }, times);
  const inferred = world.order({ ...told, lines: lamp });
  inferred.pay(inferredAt("2018-11-04T01:30:00Z"));
  await world.write();
  const known = { orders: 2, payments: 1, paymentHours: 1, dispatches: 1, dispatchHours: 2 };
  expect(await world.report("delivery", { by: "all" })).toMatchObject([known]);
  // Asked for another zone's days, they are still the same; here the clocks of the marketplace are no matter.
  expect(await world.report("delivery", { by: "all", timeZone: "UTC" })).toMatchObject([known]);
  sent({ at: "2018-11-04T01:30:00Z", lines: desk }, times);
  await world.write();
  expect(await world.report("delivery", { by: "all" })).toMatchObject([
    { orders: 3, dispatches: 2, dispatchHours: 1.5 },
  ]);
});

test("what a source knew as one order counts once, but for each of its sellers", async (t) => {
  const { world, lamp, desk, sent } = await shop(t);
  const buyer = world.user("carla");
  const purchase = world.purchase(buyer, "2018-05-01T00:00:00Z");
  const times = { paid: "2018-05-01T06:00:00Z", shipped: "2018-05-02T06:00:00Z" };
  for (const lines of [lamp, desk]) {
    const { order } = sent({ at: "2018-05-01T00:00:00Z", purchase, buyer, lines }, times);
    world.rows.order.splice(-1, 1, { ...order, externalId: "o1" });
  }
  await world.write();
  expect(await world.report("delivery")).toMatchObject([{ orders: 1, payments: 1 }]);
  expect(await world.report("delivery", { by: "seller" })).toHaveLength(2);
});
