import { expect, test } from "vitest";
import { at, smallWorld } from "../testing/small-world.ts";

const STEPS = ["home", "search", "view", "question", "buy", "pay", "ship", "deliver", "review"];

test("without anybody every step has nobody, and no share of nothing", async (t) => {
  const world = await smallWorld(t);
  await world.write();
  expect(await world.report("funnel")).toEqual(
    STEPS.map((step, index) => ({
      step,
      users: 0,
      usersOfBefore: null,
      usersOfFirst: null,
      times: 0,
      anonymous: index < 3 ? 0 : null,
      orders: index < 4 ? null : 0,
      ordersOfBefore: null,
      ordersOfFirst: null,
    })),
  );
  expect(await world.report("funnel", { by: "day" })).toEqual([]);
});

test("users count once a step however often they act, those without login apart", async (t) => {
  const world = await smallWorld(t);
  const [ana, bea, carla, dora] = ["ana", "bea", "carla", "dora"].map(world.user) as [
    string,
    string,
    string,
    string,
  ];
  const lamp = world.publication(ana);
  const asked = world.question({ of: lamp, asker: carla, at: "2026-03-01T10:20:00Z" });
  world.question({ of: lamp, asker: carla, at: "2026-03-01T10:25:00Z" });
  expect(asked).not.toBe("");

  const lines = [{ of: lamp }, { of: lamp }];
  const whole = world.order({ at: "2026-03-01T11:00:00Z", buyer: carla, lines });
  whole.pay(at("2026-03-01T11:05:00Z"));
  whole.handOver(at("2026-03-02T11:00:00Z"));
  whole.deliver(at("2026-03-04T11:00:00Z"));
  const good = { conforms: true, rating: 5, text: "" };
  whole.review(at("2026-03-05T11:00:00Z"), 0, good);
  whole.review(at("2026-03-05T11:01:00Z"), 1, good);
  const again = world.order({ at: "2026-03-01T12:00:00Z", buyer: carla, lines });
  again.pay(at("2026-03-01T12:05:00Z"));
  world.order({ at: "2026-03-01T12:30:00Z", buyer: bea, lines });
  await world.write();

  // Carla comes twice, Dora once, somebody without login three times.
  for (const minute of ["00", "05"])
    await world.activity("home", `2026-03-01T10:${minute}:00Z`, { user: carla });
  await world.activity("home", "2026-03-01T10:06:00Z", { user: dora });
  for (const second of ["01", "02", "03"])
    await world.activity("home", `2026-03-01T10:07:${second}Z`);
  await world.activity("search", "2026-03-01T10:10:00Z", { user: carla, words: "lamp" });
  for (const user of [carla, bea, dora])
    await world.activity("view", "2026-03-01T10:15:00Z", { user, publication: lamp });

  const rows = await world.report("funnel");
  expect(
    rows.map((row) => [
      row.step,
      row.users,
      row.times,
      row.anonymous,
      row.usersOfBefore,
      row.usersOfFirst,
    ]),
  ).toEqual([
    ["home", 2, 3, 3, null, 1],
    ["search", 1, 1, 0, 0.5, 0.5],
    ["view", 3, 3, 0, 1, 1],
    ["question", 1, 2, null, 0.3333, 0.5],
    ["buy", 2, 3, null, 1, 0.5],
    ["pay", 1, 2, null, 0.5, 0.5],
    ["ship", 1, 1, null, 1, 0.5],
    ["deliver", 1, 1, null, 1, 0.5],
    ["review", 1, 1, null, 1, 0.5],
  ]);
  expect(rows.map((row) => [row.orders, row.ordersOfBefore, row.ordersOfFirst])).toEqual([
    [null, null, null],
    [null, null, null],
    [null, null, null],
    [null, null, null],
    [3, null, 1],
    [2, 0.6667, 0.6667],
    [1, 0.5, 0.3333],
    [1, 1, 0.3333],
    [1, 1, 0.3333],
  ]);
});

test("a period has what was done in it, and what became later of its orders", async (t) => {
  const world = await smallWorld(t, { timeZone: "America/Sao_Paulo" });
  const [ana, carla] = [world.user("ana"), world.user("carla")];
  const lines = [{ of: world.publication(ana) }];
  // The last second of January where clocks are put forward in summer, and the first of February.
  const january = world.order({ at: "2018-02-01T01:59:59Z", buyer: carla, lines });
  january.pay(at("2018-02-01T02:30:00Z"));
  january.handOver(at("2018-02-02T12:00:00Z"));
  january.deliver(at("2018-02-05T12:00:00Z"));
  world.order({ at: "2018-02-01T02:00:00Z", buyer: carla, lines });
  await world.write();
  await world.activity("home", "2018-02-01T01:59:59Z", { user: carla });
  await world.activity("home", "2018-02-01T02:00:00Z");

  const figures = async (wish: { by?: string; since?: string; until?: string }) =>
    (await world.report("funnel", wish))
      .filter(({ step }) => step === "home" || step === "buy" || step === "deliver")
      .map(({ period, step, users, anonymous, orders }) => [
        period,
        step,
        users,
        anonymous,
        orders,
      ]);
  const months = [
    ["2018-01", "home", 1, 0, null],
    ["2018-01", "buy", 1, null, 1],
    ["2018-01", "deliver", 1, null, 1],
    ["2018-02", "home", 0, 1, null],
    ["2018-02", "buy", 1, null, 1],
    ["2018-02", "deliver", 0, null, 0],
  ];
  expect(await figures({ by: "month" })).toEqual(months);
  expect(await figures({ by: "month", since: "2018-02-01" })).toEqual(months.slice(3));
  expect(await figures({ by: "month", until: "2018-02-01" })).toEqual(months.slice(0, 3));
  // Both are in the week of Monday, 29 January.
  expect(await figures({ by: "week" })).toEqual([
    ["2018-01-29", "home", 1, 1, null],
    ["2018-01-29", "buy", 1, null, 2],
    ["2018-01-29", "deliver", 1, null, 1],
  ]);
});

test("an order that was delivered without a scan was shipped", async (t) => {
  const world = await smallWorld(t);
  const lines = [{ of: world.publication(world.user("ana")) }];
  const order = world.order({ at: "2026-03-01T11:00:00Z", lines });
  order.pay(at("2026-03-01T11:05:00Z"));
  for (const row of world.rows.order)
    Object.assign(row, { state: "delivered", deliveredAt: "2026-03-03T11:00:00.000Z" });
  await world.write();
  expect((await world.report("funnel")).map(({ orders }) => orders)).toEqual([
    ...[null, null, null, null],
    ...[1, 1, 1, 1, 0],
  ]);
});
