import { expect, type TestContext, test } from "vitest";
import type { Actor } from "../../domain/actor.ts";
import { idsFrom } from "../../domain/ids.ts";
import { boardStore } from "../../stores/aurora/board.ts";
import { at, type SmallWorld, smallWorld } from "../../testing/small-world.ts";
import { stretches, type TodayFigures, todayFigures } from "./today.ts";

const ANALYST: Actor = { userId: idsFrom("analyst")(0), roles: ["analyst"], operatorId: null };

/** A Tuesday, 11:30 on the clocks of Buenos Aires. */
const NOW = "2026-11-24T14:30:00.000Z";

async function shop(t: TestContext) {
  const world = await smallWorld(t, { timeZone: "America/Argentina/Buenos_Aires", now: NOW });
  const ana = world.user("ana");
  const lamp = world.publication(ana, { categories: [world.category("Light")] });
  return { world, lamp };
}

function figures(world: SmallWorld, period: "day" | "week" | "month" = "day") {
  const board = boardStore(world.db);
  const marketClock = { offsetMs: () => 0 } as Parameters<typeof todayFigures>[1]["marketClock"];
  const { profile } = world;
  return todayFigures({ actor: ANALYST, period }, { board, marketClock, profile, now: () => NOW });
}

test("nothing happened: counts are 0, and rates unknown", async (t) => {
  const { world } = await shop(t);
  await world.write();
  const { now, series, topCategories, heat }: TodayFigures = await figures(world);
  expect(now).toMatchObject({ orders: 0, money: [], approvalRate: null, lateRate: null });
  expect(now.inState.paid).toBeNull();
  expect(series.labels.length).toBe(24);
  expect(series.now.slice(11)).toEqual([0, ...Array.from({ length: 12 }, () => null)]);
  expect(topCategories).toEqual([]);
  expect(heat.rows.flat().every((placed) => placed === 0)).toBe(true);
});

test("a day is that of the marketplace's clocks, beside the same hours a week before", async (t) => {
  const { world, lamp } = await shop(t);
  const order = (placed: string, estimate?: string) =>
    world.order({
      at: placed,
      lines: [{ of: lamp, quantity: 2 }],
      ...(estimate && { estimatedDeliveryAt: estimate }),
    });
  // The first moment of today, and the last of yesterday, whose payment was begun today.
  order("2026-11-24T03:00:00Z").pay(at("2026-11-24T03:10:00Z"));
  order("2026-11-24T02:59:59Z").decline(at("2026-11-24T03:05:00Z"), "card_declined");
  order("2026-11-24T12:00:00Z").decline(at("2026-11-24T12:00:01Z"), "card_declined");
  // A week ago: one up to the same moment, one later that day.
  order("2026-11-17T14:29:59Z").pay(at("2026-11-17T14:29:59.500Z"));
  order("2026-11-17T14:30:00Z").pay(at("2026-11-17T15:00:00Z"));
  // Delivered today, one of them late.
  for (const estimate of ["2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z"]) {
    const sent = order("2026-11-10T12:00:00Z", estimate);
    sent.pay(at("2026-11-10T12:01:00Z"));
    sent.handOver(at("2026-11-24T04:00:00Z"));
    sent.deliver(at("2026-11-24T06:00:00Z"));
    sent.review(at("2026-11-24T07:00:00Z"), 0, {
      conforms: estimate > "2026-11-25",
      rating: 3,
      text: "-",
    });
  }
  await world.write();
  await world.activity("home", "2026-11-24T03:00:00Z");
  await world.activity("home", "2026-11-24T02:59:59Z");
  await world.activity("search", "2026-11-24T13:00:00Z", { words: "unicorn", resultCount: 0 });
  await world.activity("search", "2026-11-24T13:00:00Z", { words: "lamp", resultCount: 3 });

  const found = await figures(world);
  expect(found.now).toMatchObject({
    orders: 2,
    money: [{ currency: "ARS", placed: 2, totalMinor: 4_000 }],
    funnel: { home: 1, search: 2, view: 0, buy: 2, pay: 1, ship: 2, deliver: 2, review: 2 },
    approvalRate: 1 / 3,
    lateRate: 0.5,
    nonConformityRate: 0.5,
    emptySearchRate: 0.5,
  });
  expect(found.now.inState).toMatchObject({ reserved: 600, shipped: 7_200 });
  expect(found.before).toMatchObject({ orders: 1, approvalRate: 1, lateRate: null });
  expect(found.series.now[0]).toBe(1);
  expect(found.series.now[9]).toBe(1);
  expect(found.series.before[11]).toBe(2);
  expect(found.topCategories).toMatchObject([{ category: "Light", units: 4, totalMinor: 4_000 }]);
  expect(found.emptySearches).toEqual([{ words: "unicorn", searches: 1 }]);
  // Tuesdays at 11: a week ago, and the two before them at 9 and at midnight.
  expect(found.heat.rows[1]?.[11]).toBe(2);
  expect(found.heat.rows[0]?.[23]).toBe(1);
});

test.for([
  ["week", "2026-11-23T03:00:00.000Z", "2026-11-16T03:00:00.000Z", "2026-11-17T14:30:00.000Z"],
  ["month", "2026-11-01T03:00:00.000Z", "2026-10-01T03:00:00.000Z", "2026-10-24T14:30:00.000Z"],
] as const)("the %s before ends at the same moment", ([period, from, before, until], t) => {
  const found = stretches(period, NOW, "America/Argentina/Buenos_Aires");
  t.expect(found.current).toEqual({ from, until: NOW });
  t.expect(found.previous).toEqual({ from: before, until });
});

test("a day on which clocks change has its own hours", () => {
  const { whole, wholePrevious } = stretches("day", "2026-11-01T12:00:00Z", "America/New_York");
  const hours = ({ from, until }: { from: string; until: string }) =>
    (Date.parse(until) - Date.parse(from)) / 3_600_000;
  expect(hours(whole)).toBe(25);
  expect(hours(wholePrevious)).toBe(24);
});
