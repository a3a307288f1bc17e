import { expect, test } from "vitest";
import { at, smallWorld } from "../testing/small-world.ts";

const good = { conforms: true, rating: 5, text: "" };

test("no money is no row", async (t) => {
  const world = await smallWorld(t);
  await world.write();
  expect(await world.report("payouts")).toEqual([]);
  expect(await world.report("payouts", { by: "month" })).toEqual([]);
});

test("a refund counts in the month in which it is granted, in whatever month it was paid", async (t) => {
  // Fees are a tenth.
  const world = await smallWorld(t, { timeZone: "America/Sao_Paulo" });
  const [ana, bea] = [world.user("ana"), world.user("bea")];
  const lamp = world.publication(ana, { priceMinor: 10_000 });
  const desk = world.publication(bea, { priceMinor: 5_000 });
  // Paid in the last second of January, with daylight saving; a quarter is given back in February.
  const order = world.order({ at: "2018-02-01T01:50:00Z", lines: [{ of: lamp }] });
  order.pay(at("2018-02-01T01:59:59Z"));
  order.handOver(at("2018-02-02T12:00:00Z"));
  order.deliver(at("2018-02-05T12:00:00Z"));
  order.dispute(at("2018-02-06T12:00:00Z"), "not_as_described", `user:${ana}`, "-");
  order.resolve(at("2018-02-28T12:00:00Z"), `user:${bea}`, { refundMinor: 2_500 }, "-");
  const other = world.order({ at: "2018-02-01T02:00:00Z", lines: [{ of: desk, quantity: 2 }] });
  other.pay(at("2018-02-01T02:00:00Z"));
  // All of it is given back in March.
  const cancelled = world.order({ at: "2018-02-27T12:00:00Z", lines: [{ of: desk }] });
  cancelled.pay(at("2018-02-28T12:00:00Z"));
  cancelled.cancel(at("2018-03-01T03:00:00Z"), `user:${bea}`);
  // Nobody paid for it.
  world.order({ at: "2018-02-01T02:00:00Z", lines: [{ of: desk }] });
  await world.write();

  const table = async (by: string, wish = {}) =>
    (await world.report("payouts", { by, ...wish })).map((row) => Object.values(row));
  const [january, february, march] = [
    ["2018-01", "ARS", 1, 10_000, 1_000, 0, 0, 9_000],
    ["2018-02", "ARS", 2, 15_000, 1_250, 2_500, 0, 11_250],
    ["2018-03", "ARS", 0, 0, -500, 5_000, 0, -4_500],
  ];
  expect(await table("month")).toEqual([january, february, march]);
  expect(await table("month", { since: "2018-02-01", until: "2018-03-01" })).toEqual([february]);
  expect(await table("seller")).toEqual([
    [bea, "ARS", 2, 15_000, 1_000, 5_000, 0, 9_000],
    [ana, "ARS", 1, 10_000, 750, 2_500, 0, 6_750],
  ]);
  expect(await table("seller", { until: "2018-02-01" })).toEqual([
    [ana, "ARS", 1, 10_000, 1_000, 0, 0, 9_000],
  ]);
  expect((await table("seller", { limit: 1 })).length).toBe(1);
  // In UTC nothing was in January.
  expect((await table("month", { timeZone: "UTC" })).map(([month]) => month)).toEqual([
    "2018-02",
    "2018-03",
  ]);
});

test("postings of an imported order are told by its own clocks, and currencies apart", async (t) => {
  const world = await smallWorld(t);
  const lines = [{ of: world.publication(world.user("ana")) }];
  const told = { at: "2018-11-04T20:00:00Z", timeZone: "Pacific/Kiritimati", lines };
  world.order(told).pay(at("2018-11-04T20:00:00Z"));
  world.order({ ...told, currency: "BRL" }).pay(at("2018-11-04T20:00:00Z"));
  world.order({ at: told.at, lines }).pay(at("2018-11-04T20:00:00Z"));
  await world.write();
  const periods = async (timeZone?: string) =>
    (await world.report("payouts", { by: "day", timeZone })).map((row) => [
      row.period,
      row.currency,
      row.payments,
    ]);
  expect(await periods()).toEqual([
    ["2018-11-04", "ARS", 1],
    ["2018-11-05", "ARS", 1],
    ["2018-11-05", "BRL", 1],
  ]);
  expect(await periods("UTC")).toEqual([
    ["2018-11-04", "ARS", 2],
    ["2018-11-04", "BRL", 1],
  ]);
});

test("what a bank took and kept is the seller's, what came late never was", async (t) => {
  const world = await smallWorld(t);
  const lines = [{ of: world.publication(world.user("ana"), { priceMinor: 10_000 }) }];
  const order = world.order({ at: "2026-01-01T10:00:00Z", lines });
  order.pay(at("2026-01-01T10:00:00Z"));
  order.handOver(at("2026-01-02T10:00:00Z"));
  order.deliver(at("2026-01-03T10:00:00Z"));
  order.review(at("2026-01-04T10:00:00Z"), 0, good);
  const [captured] = world.rows.ledgerEntry;
  if (!captured) throw new Error("nothing was captured");
  const posted = (kind: typeof captured.kind, time: string, amounts: Record<string, number>) => {
    const postingId = crypto.randomUUID();
    for (const [account, amountMinor] of Object.entries(amounts))
      world.rows.ledgerEntry.push({
        ...captured,
        id: crypto.randomUUID(),
        postingId,
        kind,
        account: account as typeof captured.account,
        amountMinor,
        at: time,
      });
  };
  posted("charged_back", "2026-02-01T10:00:00.000Z", { cash: -10_000, chargeback: 10_000 });
  posted("chargeback_settled", "2026-03-01T10:00:00.000Z", {
    chargeback: -10_000,
    fee: 1_000,
    seller: 9_000,
  });
  posted("captured_late", "2026-03-02T10:00:00.000Z", { cash: 700, refund: -700 });
  await world.write();
  expect((await world.report("payouts", { by: "month" })).map((row) => Object.values(row))).toEqual(
    [
      ["2026-01", "ARS", 1, 10_000, 1_000, 0, 0, 9_000],
      ["2026-02", "ARS", 0, 0, 0, 0, 0, 0],
      ["2026-03", "ARS", 0, 0, -1_000, 0, 10_000, -9_000],
    ],
  );
});
