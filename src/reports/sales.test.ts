import { expect, type TestContext, test } from "vitest";
import { at, smallWorld } from "../testing/small-world.ts";

/** Goods of 10.00 and 25.00 of two sellers, in the zone of São Paulo before it gave up daylight saving. */
async function shop(t: TestContext) {
  const world = await smallWorld(t, { timeZone: "America/Sao_Paulo" });
  const [ana, bea] = [world.user("ana"), world.user("bea")];
  const [home, light] = [world.category("Home"), world.category("Light")];
  const lamp = world.publication(ana, { categories: [home, light], externalId: "lamp" });
  const desk = world.publication(bea, { categories: [home], priceMinor: 2_500 });
  return { world, ana, bea, home, light, lamp, desk };
}

test("nothing sold is no row", async (t) => {
  const { world } = await shop(t);
  await world.write();
  expect(await world.report("sales")).toEqual([]);
  expect(await world.report("sales", { by: "category" })).toEqual([]);
});

test("an order counts once in the month in which its clocks placed it, whatever became of it", async (t) => {
  const { world, lamp, desk } = await shop(t);
  const buyer = world.user("carla");
  const together = world.purchase(buyer, "2018-02-01T01:59:59Z");
  // The last second of January, with daylight saving: two orders of one purchase.
  world
    .order({
      at: "2018-02-01T01:59:59Z",
      purchase: together,
      buyer,
      lines: [
        { of: lamp, quantity: 2, shippingMinor: 150 },
        { of: lamp, unitPriceMinor: 901 },
      ],
    })
    .pay(at("2018-02-01T03:00:00Z"));
  const cancelled = world.order({
    at: "2018-02-01T01:59:59Z",
    purchase: together,
    buyer,
    lines: [{ of: desk }],
  });
  cancelled.pay(at("2018-02-01T02:30:00Z"));
  cancelled.cancel(at("2018-02-03T00:00:00Z"), `user:${buyer}`);
  // The first second of February; an order of nothing.
  const empty = world.order({ at: "2018-02-01T02:00:00Z", buyer });
  empty.cancel(at("2018-02-01T02:00:00Z"), `user:${buyer}`);
  await world.write();
  expect(await world.report("sales")).toEqual([
    {
      period: "2018-01",
      currency: "ARS",
      purchases: 1,
      orders: 2,
      lines: 3,
      units: 4,
      linesMinor: 5_401,
      shippingMinor: 150,
      totalMinor: 5_551,
      averageOrderMinor: 2_776,
      soldOrders: 1,
      soldMinor: 3_051,
    },
    {
      period: "2018-02",
      currency: "ARS",
      purchases: 1,
      orders: 1,
      lines: 0,
      units: 0,
      linesMinor: 0,
      shippingMinor: 0,
      totalMinor: 0,
      averageOrderMinor: 0,
      soldOrders: 0,
      soldMinor: 0,
    },
  ]);
  expect(await world.report("sales", { since: "2018-02-01" })).toMatchObject([
    { period: "2018-02", orders: 1 },
  ]);
  expect(await world.report("sales", { until: "2018-01-31T23:59:59" })).toEqual([]);
  // In UTC all three were in February.
  expect(await world.report("sales", { timeZone: "UTC" })).toMatchObject([
    { period: "2018-02", orders: 3 },
  ]);
});

test("days are as long as their clocks, weeks begin on Monday, and histories keep their own zone", async (t) => {
  const { world, lamp } = await shop(t);
  const lines = [{ of: lamp }];
  // Clocks went back from midnight to 23:00 of Saturday, 17 February 2018: that day had 25 hours.
  world.order({ at: "2018-02-17T02:00:00Z", lines });
  world.order({ at: "2018-02-18T02:59:59Z", lines });
  world.order({ at: "2018-02-18T03:00:00Z", lines });
  // They were put forward at midnight of 4 November.
  world.order({ at: "2018-11-04T03:00:00Z", lines });
  world.order({ at: "2018-11-04T02:59:59Z", lines });
  // Kiritimati has had its Monday since ten hours.
  world.order({ at: "2018-11-04T20:00:00Z", timeZone: "Pacific/Kiritimati", lines });
  await world.write();
  const orders = async (by: string, timeZone?: string) =>
    (await world.report("sales", { by, timeZone })).map((row) => [row.period, row.orders]);
  expect(await orders("day")).toEqual([
    ["2018-02-17", 2],
    ["2018-02-18", 1],
    ["2018-11-03", 1],
    ["2018-11-04", 1],
    ["2018-11-05", 1],
  ]);
  expect(await orders("week")).toEqual([
    ["2018-02-12", 3],
    ["2018-10-29", 2],
    ["2018-11-05", 1],
  ]);
  // One zone for all when it is asked for.
  expect(await orders("week", "America/Sao_Paulo")).toEqual([
    ["2018-02-12", 3],
    ["2018-10-29", 3],
  ]);
});

test("two currencies are two rows", async (t) => {
  const { world, lamp, desk } = await shop(t);
  world.order({ at: "2018-05-01T12:00:00Z", lines: [{ of: lamp }] });
  world.order({ at: "2018-05-02T12:00:00Z", currency: "BRL", lines: [{ of: desk }] });
  await world.write();
  const rows = [
    { currency: "ARS", orders: 1, units: 1, totalMinor: 1_000 },
    { currency: "BRL", orders: 1, units: 1, totalMinor: 2_500 },
  ];
  expect(await world.report("sales")).toMatchObject(rows);
  expect(await world.report("sales", { by: "state" })).toMatchObject(rows.toReversed());
  const categories = await world.report("sales", { by: "category" });
  expect(categories.map((row) => [row.category, row.currency, row.totalMinor])).toEqual([
    ["Home", "BRL", 2_500],
    ["Home", "ARS", 1_000],
    ["Light", "ARS", 1_000],
  ]);
});

test("of an order only the lines of a category or publication count in it", async (t) => {
  const { world, ana, bea, home, light, lamp, desk } = await shop(t);
  const shade = world.publication(ana, { categories: [light], priceMinor: 300 });
  const order = world.order({
    at: "2018-05-01T12:00:00Z",
    lines: [{ of: lamp, shippingMinor: 70 }, { of: shade, quantity: 3 }, { of: lamp }],
  });
  order.pay(at("2018-05-01T12:05:00Z"));
  world.order({ at: "2018-05-02T12:00:00Z", lines: [{ of: desk }] });
  await world.write();
  const whole = { orders: 1, soldOrders: 1, totalMinor: 2_970 };
  expect(await world.report("sales", { by: "category" })).toMatchObject([
    {
      category: "Home",
      categoryId: home,
      orders: 2,
      units: 3,
      linesMinor: 4_500,
      soldMinor: 2_070,
    },
    { category: "Light", categoryId: light, ...whole, units: 5, lines: 3, soldMinor: 2_970 },
  ]);
  expect(await world.report("sales", { by: "publication", limit: 2 })).toMatchObject([
    { publicationId: desk, externalId: null, orders: 1, soldOrders: 0, linesMinor: 2_500 },
    { publicationId: lamp, externalId: "lamp", orders: 1, lines: 2, linesMinor: 2_000 },
  ]);
  expect(await world.report("sales", { by: "seller" })).toMatchObject([
    { sellerId: ana, ...whole },
    { sellerId: bea, orders: 1, soldOrders: 0, totalMinor: 2_500 },
  ]);
  expect(await world.report("sales", { by: "state" })).toMatchObject([
    { state: "paid", ...whole },
    { state: "reserved", totalMinor: 2_500 },
  ]);
});
