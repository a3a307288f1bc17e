import { expect, type TestContext, test } from "vitest";
import { at, type SmallLine, smallWorld } from "../testing/small-world.ts";

async function shop(t: TestContext) {
  const world = await smallWorld(t, { timeZone: "America/Sao_Paulo" });
  const [ana, bea] = [world.user("ana"), world.user("bea")];
  const [home, light] = [world.category("Home"), world.category("Light")];
  const lamp = world.publication(ana, { categories: [home, light] });
  const shade = world.publication(ana, { categories: [light] });
  const desk = world.publication(bea, { categories: [home] });
  const delivered = (lines: readonly SmallLine[], currency = "ARS") => {
    const order = world.order({ at: "2018-01-20T12:00:00Z", lines, currency });
    order.pay(at("2018-01-20T12:10:00Z"));
    order.handOver(at("2018-01-21T12:00:00Z"));
    order.deliver(at("2018-01-25T12:00:00Z"));
    return order;
  };
  return { world, ana, bea, home, light, lamp, shade, desk, delivered };
}

const said = (conforms: boolean, rating: number) => ({ conforms, rating, text: "" });
const NO_DISPUTE = { disputes: 0, notAsDescribed: 0, notReceived: 0, chargebacks: 0 };

test("without reviews and disputes there is no row; a dispute alone has no rate", async (t) => {
  const { world, lamp, delivered } = await shop(t);
  delivered([{ of: lamp }]);
  await world.write();
  expect(await world.report("conformity")).toEqual([]);
  expect(await world.report("conformity", { by: "reason" })).toEqual([]);
  const order = delivered([{ of: lamp }]);
  order.dispute(at("2018-02-01T12:00:00Z"), "not_received", "user:x", "-");
  await world.write();
  expect(await world.report("conformity")).toEqual([
    {
      period: "2018-02",
      reviews: 0,
      nonConforming: 0,
      nonConformingRate: null,
      averageRating: null,
      ...NO_DISPUTE,
      disputes: 1,
      notReceived: 1,
    },
  ]);
});

test("reviews count when they are written, disputes when they are opened", async (t) => {
  const { world, ana, bea, home, light, lamp, shade, desk, delivered } = await shop(t);
  const both = delivered([{ of: lamp }, { of: shade }]);
  // The last second of January and the first of February, by clocks with daylight saving.
  both.review(at("2018-02-01T01:59:59Z"), 0, said(true, 5));
  both.review(at("2018-02-01T02:00:00Z"), 1, said(false, 2));
  delivered([{ of: desk }]).review(at("2018-02-03T12:00:00Z"), 0, said(true, 4));
  delivered([{ of: desk }]).review(at("2018-02-03T12:00:00Z"), 0, said(true, 3));
  await world.write();
  const disputed = { ...NO_DISPUTE, disputes: 1, notAsDescribed: 1 };
  const row = (reviews: number, nonConforming: number, rate: number, rating: number) => ({
    reviews,
    nonConforming,
    nonConformingRate: rate,
    averageRating: rating,
  });
  expect(await world.report("conformity")).toEqual([
    { period: "2018-01", ...row(1, 0, 0, 5), ...NO_DISPUTE },
    { period: "2018-02", ...row(3, 1, 0.3333, 3), ...disputed },
  ]);
  expect(await world.report("conformity", { by: "seller" })).toEqual([
    { sellerId: ana, ...row(2, 1, 0.5, 3.5), ...disputed },
    { sellerId: bea, ...row(2, 0, 0, 3.5), ...NO_DISPUTE },
  ]);
  // The disputed order is of both categories, once of each.
  expect(await world.report("conformity", { by: "category" })).toEqual([
    { category: "Light", categoryId: light, ...row(2, 1, 0.5, 3.5), ...disputed },
    { category: "Home", categoryId: home, ...row(3, 0, 0, 4), ...disputed },
  ]);
  expect(await world.report("conformity", { by: "all", until: "2018-02-01" })).toEqual([
    { all: "all", ...row(1, 0, 0, 5), ...NO_DISPUTE },
  ]);
});

test("by reason there is what became of disputes, by currency", async (t) => {
  const { world, lamp, delivered } = await shop(t);
  const disputed = (reason: "not_received" | "not_as_described", currency?: string) => {
    const order = delivered([{ of: lamp }], currency);
    order.dispute(at("2018-02-01T12:00:00Z"), reason, "user:x", "-");
    return order;
  };
  const decided = at("2018-02-09T12:00:00Z");
  disputed("not_as_described").resolve(decided, "user:x", "dismiss", "-");
  disputed("not_as_described").resolve(decided, "user:x", { refundMinor: 300 }, "-");
  disputed("not_as_described").resolve(decided, "user:x", { refundMinor: null }, "-");
  disputed("not_as_described", "BRL").resolve(decided, "user:x", { refundMinor: 1 }, "-");
  disputed("not_received");
  await world.write();
  expect(await world.report("conformity", { by: "reason" })).toEqual([
    {
      reason: "not_as_described",
      currency: "ARS",
      disputes: 3,
      share: 0.6,
      open: 0,
      dismissed: 1,
      partRefunded: 1,
      refunded: 1,
      upheldRate: 0.6667,
      refundedMinor: 1_300,
    },
    {
      reason: "not_as_described",
      currency: "BRL",
      disputes: 1,
      share: 0.2,
      open: 0,
      dismissed: 0,
      partRefunded: 1,
      refunded: 0,
      upheldRate: 1,
      refundedMinor: 1,
    },
    {
      reason: "not_received",
      currency: "ARS",
      disputes: 1,
      share: 0.2,
      open: 1,
      dismissed: 0,
      partRefunded: 0,
      refunded: 0,
      upheldRate: null,
      refundedMinor: 0,
    },
  ]);
});
