import { expect, type TestContext, test } from "vitest";
import { smallWorld } from "../testing/small-world.ts";

const DAY_MS = 86_400_000;
/** A Monday in summer time of São Paulo; clocks went back on 18 February 2018. */
const FIRST = Date.parse("2018-01-01T15:00:00Z");

const dayOf = (number: number) => new Date(FIRST + number * DAY_MS).toISOString();

/** So many orders of so much on each day from a Monday on, told on the day after the last. */
async function days(
  t: TestContext,
  counts: readonly number[],
  priceOf: (day: number) => number = () => 1_000,
) {
  const world = await smallWorld(t, {
    now: dayOf(counts.length),
    timeZone: "America/Sao_Paulo",
  });
  const lamp = world.publication(world.user("ana"), { stock: 10_000 });
  for (const [number, count] of counts.entries())
    for (let order = 0; order < count; order += 1)
      world.order({ at: dayOf(number), lines: [{ of: lamp, unitPriceMinor: priceOf(number) }] });
  await world.write();
  return world;
}

test("without orders, and with less than four weeks, no day is odd", async (t) => {
  const world = await days(t, []);
  expect(await world.report("anomalies")).toEqual([]);
  const short = await days(t, [...Array.from({ length: 27 }, () => 1), 20]);
  expect(await short.report("anomalies")).toEqual([]);
});

test("a day is judged by the same weekday of the weeks before", async (t) => {
  // Mondays have 2, 4, 6 and 4 orders, other days 1: the median of Mondays is 4, their MAD 1.
  const week = (monday: number) => [monday, 1, 1, 1, 1, 1, 1];
  const counts = [...week(2), ...week(4), ...week(6), ...week(4), 13];
  const world = await days(t, counts);
  // A scale of orders is 2, the root of 4, which is more than 1.4826; so few say nothing of money.
  const monday = {
    day: "2018-01-29",
    currency: "ARS",
    outside: "orders above",
    orders: 13,
    ordersLow: 0,
    ordersHigh: 11,
    linesMinor: 13_000,
    linesLowMinor: null,
    linesHighMinor: null,
    ordersScales: 4.5,
    linesScales: null,
  };
  expect(await world.report("anomalies")).toEqual([monday]);
  expect(await world.report("anomalies", { since: "2018-01-29" })).toEqual([monday]);
  expect(await world.report("anomalies", { since: "2018-01-29T12:00" })).toEqual([]);
  expect(await world.report("anomalies", { until: "2018-01-29T23:00" })).toEqual([]);
});

test("money can leave its band alone, and a day without orders counts as nothing", async (t) => {
  // Twenty orders a day for five weeks over the end of daylight saving, then one day of none, then a cheap one.
  const steady = Array.from({ length: 49 }, () => 20);
  const world = await days(t, [...steady, 0, 20], (day) => (day === 50 ? 100 : 1_000));
  expect(await world.report("anomalies")).toMatchObject([
    {
      day: "2018-02-19",
      outside: "orders below, goods below",
      orders: 0,
      // The root of 20 is 4.47, 22.36 % of it: chance alone.
      ordersLow: 4.3,
      ordersHigh: 35.7,
      linesMinor: 0,
      linesLowMinor: 4_348,
      linesScales: -4.47,
    },
    { day: "2018-02-20", outside: "goods below", orders: 20, ordersScales: 0, linesScales: -4.02 },
  ]);
});

test("today is not over, and is not judged", async (t) => {
  const world = await days(
    t,
    Array.from({ length: 35 }, () => 20),
  );
  const lamp = world.publication(world.user("bea"));
  for (let order = 0; order < 90; order += 1) world.order({ at: dayOf(35), lines: [{ of: lamp }] });
  await world.write();
  expect(await world.report("anomalies")).toEqual([]);
});

test("after four weeks of nothing, nothing is expected", async (t) => {
  const world = await days(t, [
    ...Array.from({ length: 56 }, () => 20),
    ...Array.from({ length: 84 }, () => 0),
  ]);
  const rows = await world.report("anomalies");
  // More than half of the eight weeks before had orders, until the fourth week of none.
  expect(rows.length).toBe(7 * 4);
  expect(rows.at(-1)).toMatchObject({ day: "2018-03-25", outside: "orders below, goods below" });
});
