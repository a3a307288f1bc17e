import { expect, type TestContext, test } from "vitest";
import { at, type SmallOrder, smallWorld } from "../testing/small-world.ts";

async function shop(t: TestContext, timeZone = "America/Sao_Paulo") {
  const world = await smallWorld(t, { timeZone });
  const [lamp, desk] = ["ana", "bea"].map((name) => world.publication(world.user(name))) as [
    string,
    string,
  ];
  const buys = (buyer: string, time: string, more: Partial<SmallOrder> = {}) => {
    const order = world.order({ at: time, buyer, lines: [{ of: lamp }], ...more });
    order.pay(at(time));
    return order;
  };
  return { world, lamp, desk, buys };
}

test("without buyers there is no cohort; one order is one of one row", async (t) => {
  const { world, lamp, buys } = await shop(t);
  const buyer = world.user("carla");
  // It was never paid.
  world.order({ at: "2026-01-05T12:00:00Z", buyer, lines: [{ of: lamp }] });
  await world.write();
  expect(await world.report("cohorts")).toEqual([]);
  buys(buyer, "2026-02-05T12:00:00Z");
  await world.write();
  expect(await world.report("cohorts")).toEqual([
    {
      cohort: "2026-02",
      monthsSince: 0,
      buyers: 1,
      returning: 0,
      share: 0,
      repeated: 0,
      repeatRate: 0,
    },
  ]);
});

test("whoever buys again counts in each month in which they do, and once in the repeat rate", async (t) => {
  const { world, desk, buys } = await shop(t);
  const [carla, dora, eva, fay] = ["carla", "dora", "eva", "fay"].map(world.user) as [
    string,
    string,
    string,
    string,
  ];
  // Carla: 31 January, again in February, and twice in April.
  buys(carla, "2026-01-31T12:00:00Z");
  buys(carla, "2026-02-28T12:00:00Z");
  buys(carla, "2026-04-01T12:00:00Z");
  buys(carla, "2026-04-30T12:00:00Z");
  // Dora: twice in January.
  buys(dora, "2026-01-01T12:00:00Z");
  buys(dora, "2026-01-02T12:00:00Z");
  // Eva: once, of two sellers.
  const together = world.purchase(eva, "2026-01-10T12:00:00Z");
  buys(eva, "2026-01-10T12:00:00Z", { purchase: together });
  buys(eva, "2026-01-10T12:00:00Z", { purchase: together, lines: [{ of: desk }] });
  // Fay: in February.
  buys(fay, "2026-02-01T12:00:00Z");
  await world.write();

  const rows = await world.report("cohorts");
  const table = (found: typeof rows) =>
    found.map((row) => [
      row.cohort,
      row.monthsSince,
      row.buyers,
      row.returning,
      row.share,
      row.repeated,
      row.repeatRate,
    ]);
  expect(table(rows)).toEqual([
    ["2026-01", 0, 3, 1, 0.3333, 1, 0.3333],
    ["2026-01", 1, 3, 1, 0.3333, 2, 0.6667],
    ["2026-01", 2, 3, 0, 0, 2, 0.6667],
    ["2026-01", 3, 3, 1, 0.3333, 2, 0.6667],
    ["2026-02", 0, 1, 0, 0, 0, 0],
    ["2026-02", 1, 1, 0, 0, 0, 0],
    ["2026-02", 2, 1, 0, 0, 0, 0],
  ]);
  // Who came before is not new in February; what is bought from April on is not known yet.
  expect(
    table(await world.report("cohorts", { since: "2026-02-01", until: "2026-04-01" })),
  ).toEqual([["2026-02", 0, 1, 0, 0, 0, 0]]);
});

test("months are those of the clocks, over daylight saving and the year, and a given time is needed", async (t) => {
  const { world, buys } = await shop(t);
  const [carla, dora] = [world.user("carla"), world.user("dora")];
  // 23:59:59 of 31 December with daylight saving, then 0:00 of 1 January.
  buys(carla, "2018-01-01T01:59:59Z");
  buys(carla, "2018-01-01T02:00:00Z");
  buys(dora, "2018-01-01T01:59:59Z", { inferred: true });
  buys(dora, "2018-01-05T12:00:00Z");
  await world.write();
  const table = async (timeZone?: string) =>
    (await world.report("cohorts", { timeZone })).map((row) => [
      row.cohort,
      row.monthsSince,
      row.buyers,
      row.returning,
    ]);
  expect(await table()).toEqual([
    ["2017-12", 0, 1, 0],
    ["2017-12", 1, 1, 1],
    ["2018-01", 0, 1, 0],
  ]);
  expect(await table("UTC")).toEqual([["2018-01", 0, 2, 1]]);
});

test("a refund leaves its buyer in the cohort", async (t) => {
  const { world, buys } = await shop(t);
  const buyer = world.user("carla");
  const order = buys(buyer, "2026-01-31T12:00:00Z");
  order.handOver(at("2026-02-01T12:00:00Z"));
  order.deliver(at("2026-02-03T12:00:00Z"));
  order.refundAll(at("2026-03-01T12:00:00Z"), `user:${buyer}`, "-");
  await world.write();
  expect(await world.report("cohorts")).toMatchObject([{ cohort: "2026-01", buyers: 1 }]);
});
