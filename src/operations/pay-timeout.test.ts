import { expect, test } from "vitest";
import { but, oneSale, silently } from "../testing/one-sale.ts";
import { expirePayments } from "./expire-payments.ts";
import { pay } from "./pay.ts";
import { settlePayment, settleRefunds } from "./settle-payment.ts";

const HOUR_MS = 3_600_000;
const LATER_MS = 2 * HOUR_MS;

/** A sale whose card was charged without anybody being told. */
async function unheard(t: Parameters<typeof oneSale>[0]) {
  const sale = await oneSale(t, { settleMs: 0 });
  const { deps, buyer, orderId } = sale;
  const first = { actor: buyer, target: orderId, card: "tok_approved", waitMs: 5_000 };
  const provider = deps.paymentProvider;
  const deaf = but(provider, {
    createPayment: silently((request) => provider.createPayment(request)),
    findByKey: silently(),
  });
  await expect(pay(first, { ...deps, paymentProvider: deaf })).rejects.toMatchObject({
    code: "unavailable",
    hint: expect.stringContaining(`repeat mkt pay ${orderId}`),
  });
  const [payment] = await deps.payments.ofOrder(orderId);
  const theirs = await provider.findByKey(payment?.id ?? "");
  const ledger = async () => {
    const totals = await deps.ledger.totals({ orderId });
    const standing = totals.filter(({ amountMinor }) => amountMinor !== 0);
    expect(standing.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(0);
    return Object.fromEntries(standing.map(({ account, amountMinor }) => [account, amountMinor]));
  };
  return {
    ...sale,
    first,
    payment: { id: payment?.id ?? "", state: payment?.state },
    theirs: { id: theirs?.id ?? "", state: theirs?.state },
    ledger,
    order: () => deps.orders.find(orderId),
  };
}

test.for([
  "tok_approved",
  "tok_approved_1881",
  "tok_declined",
])("charged, and nobody was told: paying again with %s takes the open payment up, and charges nothing more", async (card, t) => {
  const { deps, first, payment, ledger, order, orderId } = await unheard(t);
  expect(payment.state).toBe("created");
  const [paid] = await pay({ ...first, card }, deps);
  expect(paid).toMatchObject({ id: payment.id, state: "approved", cardLastFour: "4242" });
  expect(await deps.payments.ofOrder(orderId)).toHaveLength(1);
  const { state, totalMinor = 0, feeMinor = 0 } = (await order()) ?? {};
  expect(state).toBe("paid");
  expect(await ledger()).toEqual({
    cash: totalMinor,
    fee: -feeMinor,
    seller: feeMinor - totalMinor,
  });
});

test("given up and paid with another card, then approved anyway: the second charge goes back by itself", async (t) => {
  const { deps, market, first, payment, theirs, ledger, order, orderId, advance } =
    await unheard(t);
  // At its deadline nobody can say what became of it.
  await advance(LATER_MS);
  const deaf = but(deps.paymentProvider, { findByKey: async () => undefined });
  expect(await expirePayments({ ...deps, paymentProvider: deaf })).toEqual([payment.id]);
  expect((await deps.payments.find(payment.id))?.state).toBe("cancelled");

  const [second] = await pay({ ...first, card: "tok_approved_1881" }, deps);
  expect(second).toMatchObject({ state: "approved", late: false });
  const before = await ledger();

  await deps.simulators.approvePayment(theirs.id);
  const late = await settlePayment(payment.id, deps);
  expect(late).toMatchObject({ state: "approved", late: true });
  await advance(HOUR_MS);
  await market.until(async () => {
    await settleRefunds(payment.id, deps);
    return (await deps.payments.find(payment.id))?.state === "refunded";
  });
  expect(await deps.payments.refundsOf([payment.id])).toMatchObject([
    { state: "succeeded", amountMinor: late?.amountMinor },
  ]);
  expect((await order())?.state).toBe("paid");
  expect(await deps.payments.refundsOf([second?.id ?? ""])).toEqual([]);
  expect(await ledger()).toEqual(before);
  expect(await deps.payments.ofOrder(orderId)).toHaveLength(2);
});
