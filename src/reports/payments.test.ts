import { expect, type TestContext, test } from "vitest";
import { at, smallWorld } from "../testing/small-world.ts";

async function shop(t: TestContext) {
  const world = await smallWorld(t, { timeZone: "America/Sao_Paulo" });
  const [ana, bea] = [world.user("ana"), world.user("bea")];
  const lamp = world.publication(ana);
  const desk = world.publication(bea, { priceMinor: 2_500 });
  return { world, ana, bea, lamp: [{ of: lamp }], desk: [{ of: desk }] };
}

const NONE = {
  currency: "ARS",
  payments: 0,
  approved: 0,
  rejected: 0,
  cancelled: 0,
  open: 0,
  approvalRate: null,
  approvedMinor: 0,
  retries: 0,
  retriesApproved: 0,
  refunds: 0,
  grantedMinor: 0,
  refundedMinor: 0,
};

test("no payment is no row, and one that nobody decided on has no rate", async (t) => {
  const { world, lamp } = await shop(t);
  await world.write();
  expect(await world.report("payments")).toEqual([]);
  expect(await world.report("payments", { by: "reason" })).toEqual([]);
  world.order({ at: "2018-05-01T12:00:00Z", lines: lamp }).openPayment(at("2018-05-01T12:00:00Z"));
  await world.write();
  expect(await world.report("payments")).toEqual([
    { period: "2018-05", ...NONE, payments: 1, open: 1 },
  ]);
});

test("a payment counts when it was made, its refunds when they were granted", async (t) => {
  const { world, lamp, desk } = await shop(t);
  // The last second of January by clocks that daylight saving had put forward.
  const first = world.order({ at: "2018-02-01T01:50:00Z", lines: lamp });
  first.decline(at("2018-02-01T01:59:58Z"), "insufficient_funds");
  first.openPayment(at("2018-02-01T01:59:59Z"));
  first.pay(at("2018-02-01T02:10:00Z"));
  first.cancel(at("2018-03-01T02:59:59Z"), "user:x");
  const second = world.order({ at: "2018-02-01T02:00:00Z", lines: desk });
  second.openPayment(at("2018-02-01T02:00:00Z"));
  second.pay(at("2018-02-01T02:00:01Z"));
  second.handOver(at("2018-02-02T12:00:00Z"));
  second.deliver(at("2018-02-03T12:00:00Z"));
  second.dispute(at("2018-02-04T12:00:00Z"), "not_as_described", "user:x", "-");
  second.resolve(at("2018-03-01T03:00:00Z"), "user:x", { refundMinor: 900 }, "-");
  await world.write();
  expect(await world.report("payments")).toEqual([
    {
      period: "2018-01",
      ...NONE,
      payments: 2,
      approved: 1,
      rejected: 1,
      approvalRate: 0.5,
      approvedMinor: 1_000,
      retries: 1,
      retriesApproved: 1,
    },
    {
      period: "2018-02",
      ...NONE,
      payments: 1,
      approved: 1,
      approvalRate: 1,
      approvedMinor: 2_500,
      refunds: 1,
      grantedMinor: 1_000,
      refundedMinor: 1_000,
    },
    { period: "2018-03", ...NONE, refunds: 1, grantedMinor: 900, refundedMinor: 900 },
  ]);
  // One that failed is still owed.
  await world.db
    .updateTable("refund")
    .set({ state: "failed" })
    .where("amountMinor", "=", 900)
    .execute();
  expect(await world.report("payments", { since: "2018-03-01" })).toEqual([
    { period: "2018-03", ...NONE, refunds: 1, grantedMinor: 900 },
  ]);
  expect(await world.report("payments", { by: "all", until: "2018-02-01" })).toMatchObject([
    { all: "all", payments: 2, refunds: 0 },
  ]);
});

test("two currencies are two rows, and a seller's are those of the seller's orders", async (t) => {
  const { world, ana, bea, lamp, desk } = await shop(t);
  for (const [lines, currency] of [
    [lamp, "ARS"],
    [lamp, "BRL"],
    [desk, "ARS"],
  ] as const) {
    const order = world.order({ at: "2018-05-01T12:00:00Z", lines, currency });
    order.pay(at("2018-05-01T12:01:00Z"));
    if (lines === desk) order.cancel(at("2018-05-02T12:00:00Z"), "user:x");
  }
  await world.write();
  expect(await world.report("payments", { by: "seller" })).toMatchObject([
    { sellerId: ana, currency: "ARS", payments: 1, approvedMinor: 1_000, refunds: 0 },
    { sellerId: ana, currency: "BRL", payments: 1, approvedMinor: 1_000, refunds: 0 },
    { sellerId: bea, currency: "ARS", payments: 1, approvedMinor: 2_500, grantedMinor: 2_500 },
  ]);
  expect(await world.report("payments")).toMatchObject([
    { currency: "ARS", payments: 2, approvedMinor: 3_500, refundedMinor: 2_500 },
    { currency: "BRL", payments: 1, approvedMinor: 1_000, refundedMinor: 0 },
  ]);
});

test("by reason there is why payments were refused, and whether their orders were paid later", async (t) => {
  const { world, lamp, desk } = await shop(t);
  const paid = world.order({ at: "2018-05-01T12:00:00Z", lines: lamp });
  paid.decline(at("2018-05-01T12:01:00Z"), "insufficient_funds");
  paid.decline(at("2018-05-01T12:02:00Z"), "expired_card");
  paid.openPayment(at("2018-05-01T12:03:00Z"));
  paid.pay(at("2018-05-01T12:04:00Z"));
  const unpaid = world.order({ at: "2018-05-01T12:00:00Z", lines: desk });
  unpaid.decline(at("2018-05-01T12:01:00Z"), "insufficient_funds");
  unpaid.openPayment(at("2018-05-01T12:05:00Z"));
  unpaid.expire(at("2018-05-01T13:05:00Z"));
  await world.write();
  const row = { currency: "ARS", payments: 1, amountMinor: 1_000, paidLater: 1, paidLaterRate: 1 };
  expect(await world.report("payments", { by: "reason" })).toEqual([
    {
      ...row,
      reason: "insufficient_funds",
      state: "rejected",
      payments: 2,
      share: 0.6667,
      amountMinor: 3_500,
      paidLaterRate: 0.5,
    },
    { ...row, reason: "expired_card", state: "rejected", share: 0.3333 },
    {
      ...row,
      reason: "it was not paid in time",
      state: "cancelled",
      share: 1,
      amountMinor: 2_500,
      paidLater: 0,
      paidLaterRate: 0,
    },
  ]);
});
