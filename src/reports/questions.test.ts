import { expect, type TestContext, test } from "vitest";
import { at, smallWorld } from "../testing/small-world.ts";

async function shop(t: TestContext, timeZone = "UTC") {
  const world = await smallWorld(t, { timeZone });
  const [ana, bea, carla, dora] = ["ana", "bea", "carla", "dora"].map(world.user) as [
    string,
    string,
    string,
    string,
  ];
  const lamp = world.publication(ana);
  const desk = world.publication(bea);
  const buys = (buyer: string, of: string, time: string) =>
    world.order({ at: time, buyer, lines: [{ of }] }).pay(at(time));
  const views = (user: string | undefined, publication: string, time: string) =>
    world.activity("view", time, { ...(user && { user }), publication });
  return { world, ana, bea, carla, dora, lamp, desk, buys, views };
}

test("without questions and views there is no row; one question is one", async (t) => {
  const { world, carla, lamp } = await shop(t);
  await world.write();
  expect(await world.report("questions")).toEqual([]);
  expect(await world.report("questions", { by: "seller" })).toEqual([]);
  world.question({ of: lamp, asker: carla, at: "2026-01-31T12:00:00Z" });
  await world.write();
  expect(await world.report("questions")).toEqual([
    {
      period: "2026-01",
      asked: 1,
      answered: 0,
      answerRate: 0,
      medianHours: null,
      p90Hours: null,
      askers: 1,
      askersBought: 0,
      askersConversion: 0,
      viewers: 0,
      viewersBought: 0,
      viewersConversion: null,
    },
  ]);
});

test("a question counts in the month in which it was asked, whenever it was answered", async (t) => {
  const { world, carla, dora, lamp } = await shop(t, "America/Sao_Paulo");
  const ask = (time: string, more: { answeredAt?: string; state?: "deleted" } = {}) =>
    world.question({ of: lamp, asker: carla, at: time, ...more });
  // The last second of January with daylight saving: answered after one, two, three and eleven hours.
  ask("2018-02-01T01:59:59Z", { answeredAt: "2018-02-01T02:59:59Z" });
  ask("2018-01-15T12:00:00Z", { answeredAt: "2018-01-15T14:00:00Z" });
  ask("2018-01-16T12:00:00Z", { answeredAt: "2018-01-16T15:00:00Z" });
  ask("2018-01-17T12:00:00Z", { answeredAt: "2018-01-17T23:00:00Z" });
  ask("2018-01-18T12:00:00Z", { state: "deleted" });
  world.question({ of: lamp, asker: dora, at: "2018-02-01T02:00:00Z" });
  await world.write();
  const months = [
    {
      period: "2018-01",
      asked: 5,
      answered: 4,
      answerRate: 0.8,
      medianHours: 2.5,
      // Between 3 and 11 hours, at seven tenths of the way.
      p90Hours: 8.6,
      askers: 1,
    },
    { period: "2018-02", asked: 1, answered: 0, askers: 1 },
  ];
  expect(await world.report("questions")).toMatchObject(months);
  expect(await world.report("questions", { since: "2018-02-01" })).toMatchObject(months.slice(1));
  expect(await world.report("questions", { timeZone: "UTC" })).toMatchObject([
    { period: "2018-01", asked: 4, medianHours: 3 },
    // Carla asked first in January.
    { period: "2018-02", asked: 2, medianHours: 1, askers: 1 },
  ]);
});

test("those who asked and then bought that publication, against those who only viewed it", async (t) => {
  const { world, ana, bea, carla, dora, lamp, desk, buys, views } = await shop(t);
  const [eva, fay] = [world.user("eva"), world.user("fay")];
  // Carla asks twice about the lamp and buys it twice, after an order that nobody paid.
  world.question({ of: lamp, asker: carla, at: "2026-03-01T10:00:00Z" });
  world.question({ of: lamp, asker: carla, at: "2026-03-02T10:00:00Z" });
  world.order({ at: "2026-03-01T09:00:00Z", buyer: carla, lines: [{ of: lamp }] });
  buys(carla, lamp, "2026-04-01T10:00:00Z");
  buys(carla, lamp, "2026-04-02T10:00:00Z");
  // Dora bought the lamp before she asked, and then the desk.
  buys(dora, lamp, "2026-03-01T09:59:59Z");
  world.question({ of: lamp, asker: dora, at: "2026-03-01T10:00:00Z" });
  buys(dora, desk, "2026-03-02T10:00:00Z");
  // Eva and Fay only view, and Eva buys.
  buys(eva, lamp, "2026-03-05T11:00:00Z");
  await world.write();
  await views(eva, lamp, "2026-03-05T10:00:00Z");
  await views(eva, lamp, "2026-03-06T10:00:00Z");
  await views(fay, lamp, "2026-03-05T10:00:00Z");
  await views(fay, desk, "2026-03-05T10:00:00Z");
  // They do not count: who asked, who sells it, who did not log in.
  await views(carla, lamp, "2026-02-28T10:00:00Z");
  await views(ana, lamp, "2026-03-01T10:00:00Z");
  await views(undefined, lamp, "2026-03-01T10:00:00Z");

  const lamps = {
    asked: 3,
    askers: 2,
    askersBought: 1,
    askersConversion: 0.5,
    viewers: 2,
    viewersBought: 1,
    viewersConversion: 0.5,
  };
  const desks = { asked: 0, answerRate: null, askers: 0, viewers: 1, viewersBought: 0 };
  expect(await world.report("questions", { by: "publication" })).toMatchObject([
    { publicationId: lamp, ...lamps },
    { publicationId: desk, ...desks },
  ]);
  expect(await world.report("questions", { by: "seller" })).toMatchObject([
    { sellerId: ana, ...lamps },
    { sellerId: bea, ...desks },
  ]);
  expect(await world.report("questions")).toMatchObject([
    { period: "2026-03", asked: 3, askers: 2, askersBought: 1, viewers: 3, viewersBought: 1 },
  ]);
  // Who was looked at first in the time asked for.
  expect(await world.report("questions", { by: "publication", since: "2026-03-06" })).toMatchObject(
    [{ publicationId: lamp, asked: 0, askers: 0, viewers: 1, viewersBought: 0 }],
  );
});
