import { expect, test } from "vitest";
import type { Actor } from "../domain/actor.ts";
import { hasCode } from "../errors.ts";
import { type TestSale, testSale } from "../testing/sale.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { expireReservations } from "./expire-reservations.ts";
import { listDisputes, showDispute } from "./list-disputes.ts";
import { openDispute } from "./open-dispute.ts";
import { refundPayment } from "./refund-payment.ts";
import { type ResolveRequest, resolveDispute } from "./resolve-dispute.ts";
import { review } from "./review.ts";
import { showOrder } from "./show-order.ts";

const NOTE = "It is not what I bought";

function open(
  { buyer, orderId, deps }: TestSale,
  reason: "not_received" | "not_as_described",
  more: { actor?: Actor; lineNumber?: number } = {},
) {
  return openDispute({ actor: buyer, order: orderId, reason, note: NOTE, ...more }, deps);
}

function resolve(
  { staff, orderId, deps }: TestSale,
  how: Pick<ResolveRequest, "refund" | "dismiss"> & { actor?: Actor },
) {
  return resolveDispute({ actor: staff, order: orderId, note: "we looked at it", ...how }, deps);
}

/** Everything of a sale that a refused command must leave as it was. */
async function everything({ deps, staff, orderId }: TestSale) {
  const story = await showOrder({ actor: staff, order: orderId }, deps);
  return { story, ledger: await deps.ledger.list({ limit: 100, orderId }) };
}

test("a dispute that is refunded gives all of it back and ends the order", async (t) => {
  const sale = await testSale(t);
  await sale.bring("shipped");
  const opened = await open(sale, "not_received");
  expect(opened).toMatchObject({ state: "open", orderState: "disputed" });
  const { totalMinor = 0 } = (await sale.deps.orders.find(sale.orderId)) ?? {};
  expect(await resolve(sale, { refund: {} })).toMatchObject({
    id: opened.id,
    state: "refunded",
    refundedMinor: totalMinor,
    orderState: "refunded",
    resolvedBy: `user:${sale.staff.userId}`,
  });
  expect(await sale.refunds()).toEqual(["succeeded"]);
  expect(await sale.accounts()).toEqual({});
  expect(await sale.owed()).toBe(0);
});

test("a part goes back with its share of the fee, and the order is complete", async (t) => {
  const sale = await testSale(t);
  await sale.bring("delivered");
  await open(sale, "not_as_described");
  const { totalMinor = 0, feeMinor = 0 } = (await sale.deps.orders.find(sale.orderId)) ?? {};
  const part = resolve(sale, { refund: { amount: "33.33" } });
  expect(await part).toMatchObject({
    state: "partially_refunded",
    refundedMinor: 3_333,
    orderState: "completed",
  });
  expect(await sale.refunds()).toEqual(["succeeded"]);
  const feeBack = Math.floor((feeMinor * 3_333) / totalMinor);
  expect(await sale.accounts()).toEqual({
    cash: totalMinor - 3_333,
    fee: feeBack - feeMinor,
    seller: -(totalMinor - 3_333 - feeMinor + feeBack),
  });
});

test("a dismissed dispute leaves the seller the money; the buyer may ask once more in time", async (t) => {
  const sale = await testSale(t);
  await sale.bring("delivered");
  await open(sale, "not_as_described");
  const before = await sale.accounts();
  await expect(resolveWithoutNote(sale)).rejects.toMatchObject({ code: "invalid" });
  expect(await resolve(sale, { dismiss: true })).toMatchObject({
    state: "dismissed",
    refundedMinor: null,
    orderState: "completed",
  });
  expect(await sale.accounts()).toEqual(before);
  sale.later(29);
  expect(await open(sale, "not_as_described")).toMatchObject({ orderState: "disputed" });
  await resolve(sale, { dismiss: true });
  sale.later(2);
  await expect(open(sale, "not_as_described")).rejects.toMatchObject({
    code: "illegal_transition",
  });
});

const resolveWithoutNote = ({ staff, orderId, deps }: TestSale) =>
  resolveDispute({ actor: staff, order: orderId, dismiss: true }, deps);

test("where an order cannot be disputed, or not for that reason, nothing changes", async (t) => {
  const sale = await testSale(t);
  const refused = async (reason: "not_received" | "not_as_described") => {
    const before = await everything(sale);
    await expect(open(sale, reason)).rejects.toMatchObject({ code: "illegal_transition" });
    await expect(resolve(sale, { dismiss: true })).rejects.toMatchObject({
      code: "illegal_transition",
    });
    expect(await everything(sale)).toEqual(before);
  };
  await refused("not_received");
  await sale.bring("shipped");
  await refused("not_as_described");
  const { bring, deps, staff, orderId, paymentId } = sale;
  await bring("delivered");
  await refundPayment({ actor: staff, payment: paymentId, reason: NOTE }, deps);
  await sale.refunds();
  await refused("not_as_described");
  expect((await deps.orders.find(orderId))?.state).toBe("refunded");
});

test("what was never paid, or was cancelled or expired, cannot be disputed", async (t) => {
  const paid = await testSale(t);
  const { deps, buyer, publicationIds } = paid;
  const wanted = [{ publication: publicationIds[0] ?? "", quantity: 1 }];
  const order = async (key: string) =>
    (await buy({ actor: buyer, key, wanted, shipTo: null }, deps)).orders[0]?.id ?? "";
  const refused = async (orderId: string, state: string) => {
    const sale = { ...paid, orderId };
    const before = await everything(sale);
    expect(before.story.state).toBe(state);
    for (const reason of ["not_received", "not_as_described"] as const)
      await expect(open(sale, reason)).rejects.toMatchObject({ code: "illegal_transition" });
    expect(await everything(sale)).toEqual(before);
  };
  const [first, second] = [await order("first"), await order("second")];
  await refused(first, "reserved");
  await cancelOrder({ actor: buyer, order: first, reason: NOTE }, deps);
  await refused(first, "cancelled");
  paid.later(1);
  await expireReservations(deps);
  await refused(second, "expired");
});

test("more than is left, a line that is not there, a second dispute and a reviewed parcel are refused", async (t) => {
  const sale = await testSale(t, { prices: [10_000, 20_000] });
  const { deps, buyer, orderId } = sale;
  await sale.bring("delivered");
  const line = open(sale, "not_as_described", { lineNumber: 3 });
  await expect(line).rejects.toMatchObject({ code: "not_found" });
  const written = { conforms: true, rating: 5, text: "" };
  await review({ actor: buyer, order: orderId, lineNumber: 1, ...written }, deps);
  await expect(open(sale, "not_received")).rejects.toMatchObject({ code: "illegal_transition" });
  await open(sale, "not_received", { lineNumber: 2 });
  const second = open(sale, "not_as_described");
  await expect(second).rejects.toMatchObject({
    code: "illegal_transition",
    hint: `mkt dispute show ${orderId}`,
  });
  const before = await everything(sale);
  for (const amount of ["99999.00", "0.00", "lots"]) {
    await expect(resolve(sale, { refund: { amount } })).rejects.toMatchObject({
      code: amount === "99999.00" ? "conflict" : "invalid",
    });
  }
  expect(await everything(sale)).toEqual(before);
});

test("of two who resolve at once one wins, and the other changes nothing", async (t) => {
  const sale = await testSale(t);
  await sale.bring("delivered");
  await open(sale, "not_as_described");
  const ways = [resolve(sale, { refund: {} }), resolve(sale, { dismiss: true })];
  const answers = await Promise.allSettled(ways);
  const lost = answers.filter(({ status }) => status === "rejected");
  expect(lost).toMatchObject([{ reason: { code: "illegal_transition" } }]);
  const state = await sale.state();
  expect(["refunded", "completed"]).toContain(state);
  expect(await sale.refunds()).toEqual(state === "refunded" ? ["succeeded"] : []);
  await sale.accounts();
});

test("a refund races a dispute and its resolution: the money goes back once", async (t) => {
  const sale = await testSale(t);
  const { deps, staff, paymentId } = sale;
  await sale.bring("delivered");
  const refund = () => refundPayment({ actor: staff, payment: paymentId, reason: NOTE }, deps);
  const illegal = (error: unknown) => {
    if (!hasCode(error, "illegal_transition") && !hasCode(error, "conflict")) throw error;
  };
  const openAndResolve = async () => {
    await open(sale, "not_as_described");
    await resolve(sale, { refund: {} });
  };
  const racing = [refund(), openAndResolve(), refund()];
  await Promise.all(racing.map((one) => one.catch(illegal)));
  expect(await sale.state()).toBe("refunded");
  expect(await sale.refunds()).toEqual(["succeeded"]);
  expect(await sale.accounts()).toEqual({});
});

test("buyer, seller and staff see a dispute with all that was said; others see nothing", async (t) => {
  const sale = await testSale(t, { prices: [10_000, 20_000] });
  const { deps, market, seller, buyer, staff, orderId } = sale;
  await sale.bring("delivered");
  await expect(open(sale, "not_as_described", { actor: seller })).rejects.toMatchObject({
    code: "not_allowed",
  });
  const { id } = await open(sale, "not_as_described", { lineNumber: 2 });
  const analyst = await market.user("lea", "analyst");
  for (const actor of [seller, buyer, analyst]) {
    await expect(resolve(sale, { actor, dismiss: true })).rejects.toMatchObject({
      code: "not_allowed",
    });
  }
  await expect(showDispute({ actor: analyst, dispute: id }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
  await resolve(sale, { refund: { amount: "50.00" } });
  for (const dispute of [id, orderId]) {
    expect(await showDispute({ actor: seller, dispute }, deps)).toMatchObject({
      id,
      lineNumber: 2,
      note: NOTE,
      resolution: "we looked at it",
      openedBy: `user:${buyer.userId}`,
      lines: [{ lineNumber: 2 }],
      money: { grantedMinor: 5_000 },
      transitions: [{ to: "open" }, { to: "partially_refunded" }],
    });
  }
  const [told] = (await showOrder({ actor: buyer, order: orderId }, deps)).disputes;
  expect(told).toMatchObject({ id, note: NOTE, resolution: "we looked at it" });
  const listed = async (actor: Actor) =>
    (await listDisputes({ actor, limit: 10, order: orderId }, deps)).items.map((one) => one.id);
  for (const actor of [seller, buyer, staff]) expect(await listed(actor)).toEqual([id]);
  expect(await listed(analyst)).toEqual([]);
});
