import { expect, type TestContext, test } from "vitest";
import { smallWorld } from "../testing/small-world.ts";

/** It is noon of 31 May, in São Paulo nine o'clock. */
async function shop(t: TestContext) {
  const world = await smallWorld(t, {
    timeZone: "America/Sao_Paulo",
    now: "2018-05-31T12:00:00.000Z",
  });
  const [ana, bea] = [world.user("ana"), world.user("bea")];
  const [home, light] = [world.category("Home"), world.category("Light")];
  const lamp = world.publication(ana, { categories: [home, light], stock: 18, externalId: "lamp" });
  const rug = world.publication(ana, { categories: [home], stock: 7 });
  const desk = world.publication(bea, { categories: [home], stock: 2 });
  return { world, ana, bea, home, light, lamp, rug, desk };
}

test("without a publication there is no row, and what sold nothing has no cover", async (t) => {
  const empty = await smallWorld(t);
  expect(await empty.report("stock")).toEqual([]);
  const { world, lamp, rug, desk } = await shop(t);
  await world.write();
  expect(await world.report("stock", { limit: 2 })).toMatchObject([
    { publicationId: desk, sold: 0, soldADay: 0, daysOfCover: null },
    { publicationId: rug, sold: 0, daysOfCover: null },
  ]);
  await world.db
    .updateTable("publication")
    .set({ state: "paused" })
    .where("id", "<>", lamp)
    .execute();
  expect(await world.report("stock")).toMatchObject([{ publicationId: lamp, stock: 18 }]);
});

test("cover is stock by what sold a day of the last 30 days", async (t) => {
  const { world, ana, bea, home, light, lamp, rug, desk } = await shop(t);
  // Thirty days ago to the second, and one second before.
  world.order({ at: "2018-05-01T12:00:00Z", lines: [{ of: lamp, quantity: 3 }] });
  world.order({ at: "2018-05-01T11:59:59Z", lines: [{ of: lamp, quantity: 5 }] });
  world
    .order({ at: "2018-05-20T12:00:00Z", lines: [{ of: lamp }] })
    .expire({ at: "2018-05-20T12:15:00.000Z" });
  world.order({ at: "2018-05-31T11:59:59Z", lines: [{ of: desk, quantity: 2 }] });
  await world.write();
  expect(await world.report("stock")).toEqual([
    {
      publicationId: desk,
      externalId: null,
      sellerId: bea,
      isSoldOut: "yes",
      stock: 0,
      sold: 2,
      soldADay: 0.07,
      daysOfCover: 0,
    },
    {
      publicationId: lamp,
      externalId: "lamp",
      sellerId: ana,
      isSoldOut: "no",
      stock: 10,
      sold: 3,
      soldADay: 0.1,
      daysOfCover: 100,
    },
    {
      publicationId: rug,
      externalId: null,
      sellerId: ana,
      isSoldOut: "no",
      stock: 7,
      sold: 0,
      soldADay: 0,
      daysOfCover: null,
    },
  ]);
  const sums = (publications: number, soldOut: number, stock: number, sold: number) => ({
    publications,
    soldOut,
    short: 0,
    stock,
    sold,
  });
  expect(await world.report("stock", { by: "category" })).toMatchObject([
    { category: "Home", categoryId: home, ...sums(3, 1, 17, 5), daysOfCover: 102 },
    { category: "Light", categoryId: light, ...sums(1, 0, 10, 3), daysOfCover: 100 },
  ]);
  expect(await world.report("stock", { by: "seller" })).toMatchObject([
    { sellerId: bea, ...sums(1, 1, 0, 2), daysOfCover: 0 },
    { sellerId: ana, ...sums(2, 0, 17, 3), daysOfCover: 170 },
  ]);
  // Of the first of May alone, by its clocks: eight lamps a day.
  expect(
    await world.report("stock", { by: "all", since: "2018-05-01", until: "2018-05-02" }),
  ).toMatchObject([{ all: "all", ...sums(3, 1, 17, 8), short: 1, soldADay: 8, daysOfCover: 2.1 }]);
});
