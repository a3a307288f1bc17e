import { expect, test } from "vitest";
import { type TestSale, testSale } from "../testing/sale.ts";
import { openDispute } from "./open-dispute.ts";
import { resolveDispute } from "./resolve-dispute.ts";
import { review } from "./review.ts";

function say(
  { buyer, orderId, deps }: TestSale,
  lineNumber: number,
  conforms: boolean,
  text = "so it is",
) {
  const what = { lineNumber, conforms, rating: conforms ? 5 : 1, text };
  return review({ actor: buyer, order: orderId, ...what }, deps);
}

test("an order completes when every line conforms, and not before", async (t) => {
  const sale = await testSale(t, { prices: [1_000, 2_000, 3_000] });
  await expect(say(sale, 1, true)).rejects.toMatchObject({ code: "illegal_transition" });
  await sale.bring("delivered");
  expect(await say(sale, 1, true)).toMatchObject({ orderState: "delivered", disputeId: null });
  expect(await say(sale, 3, true)).toMatchObject({ orderState: "delivered" });
  await expect(say(sale, 3, true)).rejects.toMatchObject({ code: "conflict" });
  expect(await say(sale, 2, true)).toMatchObject({ orderState: "completed" });
});

test("not as described in one line of three: that line is disputed, the others are reviewed still", async (t) => {
  const sale = await testSale(t, { prices: [1_000, 2_000, 3_000] });
  const { deps, staff, orderId } = sale;
  await sale.bring("delivered");
  await say(sale, 1, true);
  const told = await say(sale, 2, false, "Pine, not oak");
  expect(told.orderState).toBe("disputed");
  expect(await say(sale, 3, false)).toMatchObject({ orderState: "disputed", disputeId: null });
  const disputes = await deps.disputes.ofOrder(orderId);
  expect(disputes).toMatchObject([
    { id: told.disputeId, lineNumber: 2, reason: "not_as_described", note: "Pine, not oak" },
  ]);
  const refund = { amount: "20.00" };
  const resolved = await resolveDispute({ actor: staff, order: orderId, refund }, deps);
  expect(resolved).toMatchObject({ orderState: "completed", refundedMinor: 2_000 });
  expect(await sale.refunds()).toEqual(["succeeded"]);
  await sale.accounts();
  expect(sale.market.notices).toEqual([]);
});

test("a completed order is disputed by a review in time; later it is only recorded, and said so", async (t) => {
  const sale = await testSale(t, { prices: [1_000, 2_000] });
  const { deps, buyer, staff, orderId } = sale;
  await sale.bring("delivered");
  const opening = { actor: buyer, order: orderId, reason: "not_as_described" } as const;
  await openDispute({ ...opening, note: "a scratch" }, deps);
  const dismissal = { actor: staff, order: orderId, dismiss: true, note: "it is not there" };
  await resolveDispute(dismissal, deps);
  sale.later(29);
  expect(await say(sale, 1, false)).toMatchObject({ orderState: "disputed" });
  await resolveDispute(dismissal, deps);
  sale.later(2);
  expect(await say(sale, 2, false)).toMatchObject({ orderState: "completed", disputeId: null });
  expect(sale.market.notices).toEqual([expect.stringContaining("too late for a dispute")]);
});

test("what was disputed as not received is reviewed once it arrived, and never before", async (t) => {
  const sale = await testSale(t);
  const { deps, buyer, orderId } = sale;
  await sale.bring("shipped");
  const opening = { actor: buyer, order: orderId, reason: "not_received" } as const;
  await openDispute({ ...opening, note: "nobody came" }, deps);
  await expect(say(sale, 1, true)).rejects.toMatchObject({ code: "illegal_transition" });
  await sale.bring("delivered");
  expect(await say(sale, 1, true)).toMatchObject({ orderState: "disputed", disputeId: null });
});
