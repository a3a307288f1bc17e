import { expect, type TestContext, test } from "vitest";
import { at, smallWorld } from "../testing/small-world.ts";

async function shop(t: TestContext, timeZone = "UTC") {
  const world = await smallWorld(t, { timeZone });
  const [ana, carla, dora] = ["ana", "carla", "dora"].map(world.user) as [string, string, string];
  const [lamp, desk] = [world.publication(ana), world.publication(ana)];
  const searches = (user: string | undefined, words: string, time: string, resultCount = 3) =>
    world.activity("search", time, { ...(user && { user }), words, resultCount });
  const views = (user: string | undefined, publication: string, time: string) =>
    world.activity("view", time, { ...(user && { user }), publication });
  const buys = (buyer: string, of: string, time: string) =>
    world.order({ at: time, buyer, lines: [{ of }] }).pay(at(time));
  return { world, carla, dora, lamp, desk, searches, views, buys };
}

test("without searches there is no row; one without login is in no share of clicks", async (t) => {
  const { world, lamp, searches, views } = await shop(t);
  await world.write();
  expect(await world.report("search")).toEqual([]);
  await searches(undefined, "lamp", "2026-03-01T10:00:00Z", 0);
  await views(undefined, lamp, "2026-03-01T10:01:00Z");
  expect(await world.report("search")).toEqual([
    {
      words: "lamp",
      searches: 1,
      users: 0,
      anonymous: 1,
      withoutResult: 1,
      withoutResultShare: 1,
      clicked: 0,
      clickThrough: null,
      bought: 0,
      conversion: null,
    },
  ]);
});

test("a search is clicked by a view of the same user within half an hour", async (t) => {
  const { world, carla, dora, lamp, desk, searches, views } = await shop(t);
  await world.write();
  // Two searches before one view: both led to it.
  await searches(carla, "Reading  LAMP ", "2026-03-01T10:00:00Z");
  await searches(carla, "reading lamp", "2026-03-01T10:10:00Z");
  await views(carla, lamp, "2026-03-01T10:30:00Z");
  await views(carla, desk, "2026-03-01T10:31:00Z");
  // A millisecond too late, and somebody else's.
  await searches(dora, "reading lamp", "2026-03-01T11:00:00Z");
  await views(dora, lamp, "2026-03-01T11:30:00.001Z");
  await views(carla, lamp, "2026-03-01T11:05:00Z");
  // Before it; at the very moment of another.
  await views(dora, lamp, "2026-03-01T12:00:00Z");
  await searches(dora, "desk", "2026-03-01T12:00:01Z", 0);
  await searches(dora, "chair", "2026-03-01T13:00:00Z");
  await views(dora, lamp, "2026-03-01T13:00:00Z");
  expect(
    (await world.report("search")).map((row) => [
      row.words,
      row.searches,
      row.users,
      row.withoutResult,
      row.clicked,
      row.clickThrough,
    ]),
  ).toEqual([
    ["reading lamp", 3, 2, 0, 2, 0.6667],
    ["chair", 1, 1, 0, 1, 1],
    ["desk", 1, 1, 1, 0, 0],
  ]);
  expect(await world.report("search", { limit: 1 })).toMatchObject([{ words: "reading lamp" }]);
});

test("a search led to a sale when what was viewed after it was ordered within a day, and paid", async (t) => {
  const { world, carla, dora, lamp, desk, searches, views, buys } = await shop(t);
  // Carla views lamp and desk, and buys the desk a day after.
  buys(carla, desk, "2026-03-02T10:02:00Z");
  // Dora's is a second too late; her first was never paid; she bought what she did not view.
  buys(dora, lamp, "2026-03-02T12:01:01Z");
  world.order({ at: "2026-03-01T12:30:00Z", buyer: dora, lines: [{ of: lamp }] });
  buys(dora, desk, "2026-03-01T12:40:00Z");
  await world.write();
  await searches(carla, "desk", "2026-03-01T10:00:00Z");
  await views(carla, lamp, "2026-03-01T10:01:00Z");
  await views(carla, desk, "2026-03-01T10:02:00Z");
  await searches(carla, "desk", "2026-03-01T10:05:00Z");
  await searches(dora, "lamp", "2026-03-01T12:00:00Z");
  await views(dora, lamp, "2026-03-01T12:01:00Z");
  expect(
    (await world.report("search")).map((row) => [
      row.words,
      row.clicked,
      row.bought,
      row.conversion,
    ]),
  ).toEqual([
    ["desk", 1, 1, 0.5],
    ["lamp", 1, 0, 0],
  ]);
});

test("a search counts in its own period, also where its view is in the next", async (t) => {
  const { world, carla, lamp, searches, views } = await shop(t, "America/Sao_Paulo");
  await world.write();
  // The last second of January with daylight saving, and the first of February.
  await searches(carla, "lamp", "2018-02-01T01:59:59Z");
  await views(carla, lamp, "2018-02-01T02:00:00Z");
  await searches(carla, "desk", "2018-02-01T02:00:00Z", 0);
  const months = [
    { period: "2018-01", searches: 1, clicked: 1, withoutResult: 0 },
    { period: "2018-02", searches: 1, clicked: 1, withoutResult: 1 },
  ];
  expect(await world.report("search", { by: "month" })).toMatchObject(months);
  expect(await world.report("search", { by: "month", until: "2018-02-01" })).toMatchObject(
    months.slice(0, 1),
  );
  expect(await world.report("search", { by: "month", since: "2018-02-01" })).toMatchObject(
    months.slice(1),
  );
});
