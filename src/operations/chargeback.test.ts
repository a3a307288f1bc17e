import { expect, test } from "vitest";
import { newId } from "../domain/ids.ts";
import { but, silently } from "../testing/one-sale.ts";
import { testSale } from "../testing/sale.ts";
import { buy } from "./buy.ts";
import { pay } from "./pay.ts";
import { refundPayment } from "./refund-payment.ts";
import { resolveDispute } from "./resolve-dispute.ts";
import { applyPayment, settlePayment } from "./settle-payment.ts";
import { showOrder } from "./show-order.ts";

const NOTE = "the bank has decided";

/** A delivered order of which the bank took the money back. */
async function chargedBack(t: Parameters<typeof testSale>[0]) {
  const sale = await testSale(t);
  await sale.bring("delivered");
  await sale.bank("chargeBackPayment");
  const { deps, staff, orderId } = sale;
  const { disputes, flags, totalMinor, feeMinor } = await showOrder(
    { actor: staff, order: orderId },
    deps,
  );
  expect(flags).toEqual(["chargeback"]);
  expect(disputes).toMatchObject([
    { state: "open", reason: "chargeback", openedBy: "provider:payments" },
  ]);
  expect(await sale.accounts()).toEqual({
    chargeback: totalMinor,
    fee: -feeMinor,
    seller: feeMinor - totalMinor,
  });
  const resolve = (how: { dismiss: true } | { refund: { amount?: string } }) =>
    resolveDispute({ actor: staff, order: orderId, note: NOTE, ...how }, deps);
  return { ...sale, totalMinor, feeMinor, resolve };
}

test("refunded while the bank has the money: nothing is sent, and the seller bears it", async (t) => {
  const sale = await chargedBack(t);
  await expect(sale.resolve({ refund: { amount: "1.00" } })).rejects.toMatchObject({
    code: "illegal_transition",
  });
  expect(await sale.resolve({ refund: {} })).toMatchObject({
    state: "refunded",
    refundedMinor: sale.totalMinor,
    orderState: "refunded",
  });
  expect(await sale.refunds()).toEqual([]);
  expect(await sale.accounts()).toEqual({});
  await sale.bank("loseChargeback");
  expect(await sale.accounts()).toEqual({});
  expect(await sale.owed()).toBe(0);
});

test("refunded, then won: what the bank gives back is sent to the buyer", async (t) => {
  const sale = await chargedBack(t);
  await sale.resolve({ refund: {} });
  await sale.bank("winChargeback");
  expect(await sale.refunds()).toEqual(["succeeded"]);
  expect(await sale.accounts()).toEqual({});
  expect(await sale.state()).toBe("refunded");
});

test("lost, then dismissed: the seller keeps the money, and the marketplace bears the loss", async (t) => {
  const sale = await chargedBack(t);
  await sale.bank("loseChargeback");
  expect(await sale.state()).toBe("disputed");
  expect(await sale.resolve({ dismiss: true })).toMatchObject({ orderState: "completed" });
  const { totalMinor, feeMinor } = sale;
  const kept = { loss: totalMinor, fee: -feeMinor, seller: feeMinor - totalMinor };
  expect(await sale.accounts()).toEqual(kept);
});

test("dismissed, then lost: the same", async (t) => {
  const sale = await chargedBack(t);
  await sale.resolve({ dismiss: true });
  await sale.bank("loseChargeback");
  const { totalMinor, feeMinor } = sale;
  const kept = { loss: totalMinor, fee: -feeMinor, seller: feeMinor - totalMinor };
  expect(await sale.accounts()).toEqual(kept);
});

test("lost, then refunded: the seller and the fee give it up", async (t) => {
  const sale = await chargedBack(t);
  await sale.bank("loseChargeback");
  await sale.resolve({ refund: {} });
  expect(await sale.accounts()).toEqual({});
  expect(await sale.refunds()).toEqual([]);
});

test("won, then dismissed: all is as if nothing had been", async (t) => {
  const sale = await chargedBack(t);
  await sale.bank("winChargeback");
  await sale.resolve({ dismiss: true });
  const { totalMinor, feeMinor } = sale;
  const kept = { cash: totalMinor, fee: -feeMinor, seller: feeMinor - totalMinor };
  expect(await sale.accounts()).toEqual(kept);
  expect((await sale.deps.orders.find(sale.orderId))?.flags).toEqual(["chargeback_won"]);
});

test("lost before it was sent, and sent all the same: staff decide, and the loss is the marketplace's", async (t) => {
  const sale = await testSale(t);
  const { deps, staff, orderId } = sale;
  await sale.bank("chargeBackPayment");
  await sale.bank("loseChargeback");
  await sale.bring("delivered");
  expect(await sale.state()).toBe("disputed");
  await resolveDispute({ actor: staff, order: orderId, note: NOTE, dismiss: true }, deps);
  const { totalMinor = 0, feeMinor = 0 } = (await deps.orders.find(orderId)) ?? {};
  const kept = { loss: totalMinor, fee: -feeMinor, seller: feeMinor - totalMinor };
  expect(await sale.accounts()).toEqual(kept);
});

test("a part that was owed when the bank took all of it is no loss, and owed no more", async (t) => {
  const sale = await testSale(t, { card: "tok_refund_fails" });
  const { deps, staff, orderId, paymentId } = sale;
  await sale.bring("delivered");
  await refundPayment({ actor: staff, payment: paymentId, amount: "30.00", reason: NOTE }, deps);
  expect(await sale.refunds()).toEqual(["failed"]);
  const before = await sale.accounts();
  expect(before).toMatchObject({ refund: -3_000 });
  await sale.bank("chargeBackPayment");
  await sale.bank("loseChargeback");
  await resolveDispute({ actor: staff, order: orderId, dismiss: true, note: NOTE }, deps);
  const { totalMinor = 0 } = (await deps.orders.find(orderId)) ?? {};
  const { fee, seller } = before;
  expect(await sale.accounts()).toEqual({ fee, seller, loss: totalMinor - 3_000 });
});

test("news that was read before the bank acted changes nothing after it", async (t) => {
  const sale = await testSale(t);
  const { deps, paymentId, orderId, staff } = sale;
  await sale.bring("delivered");
  const providerId = (await deps.payments.find(paymentId))?.providerId ?? "";
  const read = () => deps.paymentProvider.getPayment(providerId);
  const standing = async () => {
    const { state, chargeback } = (await deps.payments.find(paymentId)) ?? {};
    return { state, chargeback };
  };
  const taken = await read();
  await sale.bank("chargeBackPayment");
  await applyPayment(paymentId, taken, deps);
  expect(await standing()).toEqual({ state: "charged_back", chargeback: "open" });
  const objected = await read();
  await sale.bank("loseChargeback");
  for (const old of [taken, objected]) await applyPayment(paymentId, old, deps);
  expect(await standing()).toEqual({ state: "charged_back", chargeback: "lost" });
  expect(await showOrder({ actor: staff, order: orderId }, deps)).toMatchObject({
    flags: ["chargeback_lost"],
    disputes: [{ state: "open" }],
  });
});

test("news from before a chargeback that was won does not let it be won again", async (t) => {
  const sale = await testSale(t);
  const { deps, paymentId, orderId } = sale;
  await sale.bring("delivered");
  const { providerId } = (await deps.payments.find(paymentId)) ?? {};
  const before = await deps.paymentProvider.getPayment(providerId ?? "");
  await sale.bank("chargeBackPayment");
  await sale.bank("winChargeback");
  const told = (await deps.orders.transitions([paymentId])).length;
  await applyPayment(paymentId, before, deps);
  await settlePayment(paymentId, deps);
  expect(await deps.orders.transitions([paymentId])).toHaveLength(told);
  expect((await deps.payments.find(paymentId))?.chargeback).toBe("won");
  expect(await deps.disputes.ofOrder(orderId)).toHaveLength(1);
});

test("taken back before the parcel left: the order is disputed as soon as it may be", async (t) => {
  const sale = await testSale(t);
  const { deps, staff, orderId } = sale;
  await sale.bank("chargeBackPayment");
  expect(await sale.state()).toBe("paid");
  await sale.bring("delivered");
  const { state, deliveredAt, disputes } = await showOrder({ actor: staff, order: orderId }, deps);
  expect(state).toBe("disputed");
  expect(deliveredAt).not.toBeNull();
  expect(disputes).toMatchObject([{ state: "open", reason: "chargeback" }]);
});

test("taken back of a payment that came too late: the buyer has it, and the order is left alone", async (t) => {
  const sale = await testSale(t);
  const { deps, seller, buyer, staff } = sale;
  const { id: publication } = await sale.market.publication(seller);
  const wanted = [{ publication, quantity: 1 }];
  const again = await buy({ actor: buyer, key: newId(), wanted, shipTo: null }, deps);
  const other = again.orders[0]?.id ?? "";
  const card = { actor: buyer, target: other, waitMs: 5_000 };
  await expect(pay({ ...card, card: "tok_declined" }, deps)).rejects.toThrow("declined");
  const [declined] = await deps.payments.ofOrder(other);
  await pay({ ...card, card: "tok_approved" }, deps);

  await deps.simulators.approvePayment(declined?.providerId ?? "");
  const silent = but(deps.paymentProvider, { createRefund: silently() });
  const unsent = { ...deps, paymentProvider: silent };
  const id = declined?.id ?? "";
  await expect(settlePayment(id, unsent)).rejects.toMatchObject({ code: "unavailable" });
  expect(await deps.payments.find(id)).toMatchObject({ state: "approved", late: true });
  await deps.simulators.chargeBackPayment(declined?.providerId ?? "");
  await settlePayment(id, deps);
  const totals = await deps.ledger.totals({ orderId: other });
  const standing = totals.filter(({ amountMinor }) => amountMinor !== 0);
  expect(standing.map(({ account }) => account).sort()).toEqual(["cash", "fee", "seller"]);
  const { state, flags } = await showOrder({ actor: staff, order: other }, deps);
  expect([state, flags]).toEqual(["paid", []]);
});
