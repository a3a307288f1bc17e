import { expect, type TestContext, test } from "vitest";
import { smallWorld } from "../testing/small-world.ts";

async function shop(t: TestContext, source: string | null = null) {
  const world = await smallWorld(t);
  const [ana, bea] = [world.user("ana"), world.user("bea")];
  const lamp = world.publication(ana, { externalId: "lamp" });
  const shade = world.publication(ana, { externalId: "shade" });
  const otherLamp = world.publication(bea, { externalId: "lamp" });
  for (const publication of world.rows.publication) publication.source = source;
  const buyer = world.user("carla");
  /** Buys at once, an order for each list. */
  const buy = (at: string, ...orders: string[][]) => {
    const purchase = world.purchase(buyer, at);
    for (const order of orders)
      world.order({ at, buyer, purchase, lines: order.map((of) => ({ of })) });
  };
  return { world, lamp, shade, otherLamp, buy };
}

test("one thing alone makes no pair, however many of it", async (t) => {
  const { world, lamp, buy } = await shop(t);
  await world.write();
  expect(await world.report("basket")).toEqual([]);
  buy("2018-05-01T12:00:00Z", [lamp, lamp]);
  await world.write();
  expect(await world.report("basket")).toEqual([]);
});

test("pairs are of one purchase, of whatever sellers, each pair once a purchase", async (t) => {
  const { world, lamp, shade, otherLamp, buy } = await shop(t);
  buy("2018-05-01T12:00:00Z", [lamp, shade, lamp]);
  buy("2018-05-02T12:00:00Z", [shade], [otherLamp]);
  buy("2018-06-01T00:00:00Z", [lamp, shade], [otherLamp]);
  buy("2018-06-01T00:00:00Z", [lamp]);
  await world.write();
  // Who offers the same id means nothing by it.
  const row = { purchases: 2, withOne: 3, withOther: 3, otherRate: 0.6667 };
  expect(await world.report("basket")).toEqual([
    { one: lamp, other: shade, ...row, lift: 0.89 },
    { one: shade, other: otherLamp, ...row, withOther: 2, lift: 1.33 },
    {
      one: lamp,
      other: otherLamp,
      ...row,
      purchases: 1,
      withOther: 2,
      otherRate: 0.3333,
      lift: 0.67,
    },
  ]);
  expect(await world.report("basket", { until: "2018-06-01" })).toMatchObject([
    { one: lamp, other: shade, purchases: 1, lift: 1 },
    { one: shade, other: otherLamp, purchases: 1 },
  ]);
  expect(await world.report("basket", { limit: 1 })).toMatchObject([{ one: lamp, other: shade }]);
});

test("of one history the same id is one product, whoever sells it", async (t) => {
  const { world, lamp, shade, otherLamp, buy } = await shop(t, "olist");
  buy("2018-05-01T12:00:00Z", [lamp, shade]);
  buy("2018-05-02T12:00:00Z", [shade], [otherLamp]);
  buy("2018-05-03T12:00:00Z", [lamp, shade], [otherLamp]);
  buy("2018-05-04T12:00:00Z", [lamp], [otherLamp]);
  await world.write();
  expect(await world.report("basket")).toEqual([
    {
      one: "lamp",
      other: "shade",
      purchases: 3,
      withOne: 4,
      withOther: 3,
      otherRate: 0.75,
      lift: 1,
    },
  ]);
});
