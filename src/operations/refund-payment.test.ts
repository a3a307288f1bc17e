import { expect, type TestContext, test } from "vitest";
import { but, silently } from "../testing/one-sale.ts";
import { type TestSale, testSale } from "../testing/sale.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { openDispute } from "./open-dispute.ts";
import { pay } from "./pay.ts";
import { refundPayment } from "./refund-payment.ts";
import { resolveDispute } from "./resolve-dispute.ts";
import { settlePayment } from "./settle-payment.ts";
import { ship } from "./ship.ts";

const REASON = "a scratch";

const refund = (
  { staff, paymentId, deps }: TestSale,
  more: { amount?: string; key?: string } = {},
) => refundPayment({ actor: staff, payment: paymentId, reason: REASON, ...more }, deps);

/** One lamp for 100.00, of which the marketplace keeps 10.00; shipping is the seller's. */
async function sell(t: TestContext, card?: string) {
  const sale = await testSale(t, { ...(card && { card }) });
  const order = await sale.deps.orders.find(sale.orderId);
  return { ...sale, total: order?.totalMinor ?? 0, fee: order?.feeMinor ?? 0 };
}

test("three parts that make the whole give back exactly the fee and the seller's share", async (t) => {
  const sale = await testSale(t, { prices: [3_333] });
  const order = await sale.deps.orders.find(sale.orderId);
  const [total, fee] = [order?.totalMinor ?? 0, order?.feeMinor ?? 0];
  await sale.bring("delivered");
  expect(await sale.owed()).toBe(total - fee);
  const first = await refund(sale, { amount: "11.11" });
  expect(first).toMatchObject({
    amountMinor: 1_111,
    leftMinor: total - 1_111,
    orderState: "delivered",
  });
  const keptOf = (granted: number) => fee - Math.floor((fee * granted) / total);
  expect(await sale.owed()).toBe(total - 1_111 - keptOf(1_111));
  await refund(sale, { amount: "11.11" });
  expect(await sale.owed()).toBe(total - 2_222 - keptOf(2_222));
  const rest = total - 2_222;
  const last = await refund(sale, { amount: (rest / 100).toFixed(2) });
  expect(last).toMatchObject({ amountMinor: rest, leftMinor: 0, orderState: "refunded" });
  expect(await sale.refunds()).toEqual(["succeeded", "succeeded", "succeeded"]);
  expect(await sale.accounts()).toEqual({});
  expect((await sale.deps.payments.find(sale.paymentId))?.state).toBe("refunded");
});

test("the whole refund of a lost parcel cancels what was to be sent again, and voids its label", async (t) => {
  const sale = await sell(t);
  const { deps, seller, orderId } = sale;
  await sale.bring("lost");
  expect(await sale.state()).toBe("not_delivered");
  const again = await ship({ actor: seller, order: orderId }, deps);
  expect(again.state).toBe("ready_to_ship");
  const done = await refund(sale);
  expect(done).toMatchObject({ amountMinor: sale.total, leftMinor: 0, orderState: "refunded" });
  expect((await deps.shipments.ofOrder(orderId)).map(({ state }) => state)).toEqual([
    "lost",
    "cancelled",
  ]);
  const label = await deps.shippingProvider.getShipment(again.providerId ?? "");
  expect(label.state).toBe("cancelled");
  expect(await sale.refunds()).toEqual(["succeeded"]);
  expect(await sale.accounts()).toEqual({});
  expect(await sale.owed()).toBe(0);
});

test("a whole refund that is refused leaves the label of what goes out again", async (t) => {
  const sale = await sell(t);
  const { deps, seller, staff, orderId } = sale;
  await sale.bring("lost");
  const again = await ship({ actor: seller, order: orderId }, deps);
  await sale.bank("chargeBackPayment");
  await resolveDispute({ actor: staff, order: orderId, dismiss: true, note: REASON }, deps);
  await expect(refund(sale)).rejects.toMatchObject({ code: "illegal_transition" });
  const label = await deps.shippingProvider.getShipment(again.providerId ?? "");
  expect(label.state).toBe("ready_to_ship");
});

test("what was never sent comes before what its provider takes its time for", async (t) => {
  const sale = await sell(t);
  await sale.bring("delivered");
  const { deps } = sale;
  const part = (other: Partial<TestSale["deps"]> = {}) =>
    refund({ ...sale, deps: { ...deps, ...other } }, { amount: "10.00" });
  const [taken] = (await part()).refunds;
  expect(taken?.state).toBe("pending");
  const paymentProvider = but(deps.paymentProvider, {
    createRefund: silently(),
    getRefund: silently(),
  });
  const [unsent] = (await part({ paymentProvider })).refunds;
  expect(await deps.payments.unsettledRefunds(1)).toMatchObject([{ id: unsent?.id }]);
});

test("no more is given back than is left, and nothing changes by asking", async (t) => {
  const sale = await sell(t);
  await sale.bring("delivered");
  await refund(sale, { amount: "60.00" });
  const before = await sale.accounts();
  await expect(refund(sale, { amount: "99999.00" })).rejects.toMatchObject({ code: "conflict" });
  await expect(refund(sale, { amount: "0" })).rejects.toMatchObject({ code: "invalid" });
  await expect(refund(sale, { amount: "1.001" })).rejects.toMatchObject({ code: "invalid" });
  expect(await sale.accounts()).toEqual(before);
  expect(await sale.refunds()).toEqual(["succeeded"]);
});

test("one key is one refund; for another amount it is refused", async (t) => {
  const sale = await sell(t);
  await sale.bring("delivered");
  const part = { amount: "10.00", key: "once" };
  const [first, second] = await Promise.all([refund(sale, part), refund(sale, part)]);
  expect(second.refunds.map(({ id }) => id)).toEqual(first.refunds.map(({ id }) => id));
  for (const other of [{ amount: "10.01", key: "once" }, { key: "once" }])
    await expect(refund(sale, other)).rejects.toMatchObject({ code: "key_reused" });
  const whole = await refund(sale, { key: "rest" });
  expect(await refund(sale, { key: "rest" })).toMatchObject({
    refunds: [{ id: whole.refunds[0]?.id }],
    orderState: "refunded",
  });
  expect(await sale.refunds()).toEqual(["succeeded", "succeeded"]);
});

test("a refund that failed is requested again, whatever became of the order", async (t) => {
  const sale = await sell(t, "tok_refund_fails_once");
  const { deps, buyer, orderId } = sale;
  await cancelOrder({ actor: buyer, order: orderId, reason: REASON }, deps);
  expect(await sale.refunds()).toEqual(["failed"]);
  expect(await refund(sale)).toMatchObject({ refunds: [{ attempt: 2 }], leftMinor: 0 });
  expect(await sale.refunds()).toEqual(["succeeded"]);
  expect(await sale.accounts()).toEqual({});
  await expect(refund(sale)).rejects.toMatchObject({ code: "conflict" });
});

test("a paid order takes a part, and is cancelled rather than refunded in full", async (t) => {
  const sale = await sell(t);
  await sale.bring("label");
  await expect(refund(sale)).rejects.toMatchObject({
    code: "illegal_transition",
    hint: `mkt order cancel ${sale.orderId}`,
  });
  // The label is still good.
  const [shipment] = await sale.deps.shipments.ofOrder(sale.orderId);
  const told = await sale.deps.shippingProvider.getShipment(shipment?.providerId ?? "");
  expect(told.state).toBe("ready_to_ship");
  expect(await refund(sale, { amount: "1.00" })).toMatchObject({ orderState: "paid" });
  await sale.bring("shipped");
  await expect(refund(sale)).rejects.toMatchObject({ code: "illegal_transition" });
  expect(await refund(sale, { amount: "1.00" })).toMatchObject({ orderState: "shipped" });
});

test("a disputed order's money moves only by resolving the dispute", async (t) => {
  const sale = await sell(t);
  const { deps, buyer, orderId } = sale;
  await sale.bring("shipped");
  const dispute = { actor: buyer, order: orderId, reason: "not_received", note: REASON } as const;
  await openDispute(dispute, deps);
  for (const more of [{}, { amount: "1.00" }]) {
    await expect(refund(sale, more)).rejects.toMatchObject({
      code: "illegal_transition",
      hint: `mkt dispute resolve ${orderId} --refund`,
    });
  }
  expect(await sale.refunds()).toEqual([]);
});

test("a payment that came too late is given back by itself, and by nobody a second time", async (t) => {
  const sale = await sell(t);
  const { deps, buyer, publicationIds } = sale;
  const wanted = [{ publication: publicationIds[0] ?? "", quantity: 1 }];
  const { orders } = await buy({ actor: buyer, key: "late", wanted, shipTo: null }, deps);
  const target = orders[0]?.id ?? "";
  const paying = pay({ actor: buyer, target, card: "tok_declined", waitMs: 5_000 }, deps);
  await expect(paying).rejects.toMatchObject({ code: "declined" });
  const [payment] = await deps.payments.ofOrder(target);
  const paymentId = payment?.id ?? "";
  await deps.simulators.approvePayment(payment?.providerId ?? "");
  expect(await settlePayment(paymentId, deps)).toMatchObject({ late: true });
  for (const more of [{}, { amount: "1.00" }]) {
    await expect(refund({ ...sale, paymentId }, more)).rejects.toMatchObject({
      code: "illegal_transition",
    });
  }
  expect(await deps.payments.refundsOf([paymentId])).toHaveLength(1);
});

test("nothing goes back of what was not captured, nor of what the bank has; only staff ask", async (t) => {
  const sale = await sell(t);
  const { deps, buyer, seller, paymentId, publicationIds } = sale;
  for (const actor of [buyer, seller])
    await expect(
      refundPayment({ actor, payment: paymentId, reason: REASON }, deps),
    ).rejects.toMatchObject({ code: "not_allowed" });

  const wanted = [{ publication: publicationIds[0] ?? "", quantity: 1 }];
  const other = await buy({ actor: buyer, key: "other", wanted, shipTo: null }, deps);
  const opening = { orderId: other.orders[0]?.id ?? "", cardToken: "tok_approved", capture: true };
  const { payment } = await deps.payments.open(opening, `user:${buyer.userId}`, deps.now());
  await expect(refund({ ...sale, paymentId: payment.id })).rejects.toMatchObject({
    code: "illegal_transition",
  });

  await sale.bank("chargeBackPayment");
  await expect(refund(sale)).rejects.toMatchObject({ code: "illegal_transition" });
  expect(await sale.refunds()).toEqual([]);
});
