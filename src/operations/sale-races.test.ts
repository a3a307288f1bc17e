import { expect, type TestContext, test } from "vitest";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { MktError } from "../errors.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { expirePayments } from "./expire-payments.ts";
import { expireReservations } from "./expire-reservations.ts";
import { pay } from "./pay.ts";
import { processWebhooks } from "./receive-webhook.ts";
import { applyPayment, settleRefunds } from "./settle-payment.ts";
import { ship } from "./ship.ts";

const WAIT_MS = 5_000;
const MINUTE_MS = 60_000;
const REASON = "changed my mind";

const away = async (): Promise<never> => {
  throw new MktError("unavailable", "nobody answers");
};

/** The same provider, but for some calls that go wrong, or that something overtakes. */
function but<T extends object>(provider: T, calls: Partial<T>): T {
  return new Proxy(provider, {
    get: (target, name) => Reflect.get(calls, name) ?? Reflect.get(target, name),
  });
}

interface Sale {
  market: Marketplace;
  deps: Deps;
  seller: Actor;
  buyer: Actor;
  publicationId: string;
  orderId: string;
}

/** An order of two of four lamps, reserved. */
async function reserve(
  t: TestContext,
  options: Parameters<typeof testMarketplace>[1] = {},
): Promise<Sale> {
  const market = await testMarketplace(t, options);
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const { id: publicationId } = await market.publication(seller, { stock: 4 });
  const orderId = await order(market, buyer, publicationId, 2);
  return { market, deps: market.deps, seller, buyer, publicationId, orderId };
}

async function order(
  { deps }: Marketplace,
  buyer: Actor,
  publication: string,
  quantity: number,
): Promise<string> {
  const request = {
    actor: buyer,
    key: newId(),
    wanted: [{ publication, quantity }],
    shipTo: null,
  };
  return (await buy(request, deps)).orders[0]?.id ?? "";
}

const payBy = (buyer: Actor, target: string, deps: Deps, card = "tok_approved") =>
  pay({ actor: buyer, target, card, waitMs: WAIT_MS }, deps);

/** A payment that is open here, and of which the provider has never heard. */
async function payUnheard({ buyer, orderId, deps }: Sale, card?: string): Promise<string> {
  const paymentProvider = but(deps.paymentProvider, { createPayment: away });
  const paying = payBy(buyer, orderId, { ...deps, paymentProvider }, card);
  await expect(paying).rejects.toMatchObject({ code: "unavailable" });
  const [payment] = await deps.payments.ofOrder(orderId);
  expect(payment).toMatchObject({ state: "created", providerId: null });
  return payment?.id ?? "";
}

test("a provider that is away for long loses no webhook", async (t) => {
  const { market, deps, buyer, orderId } = await reserve(t);
  await pay({ actor: buyer, target: orderId, card: "tok_approved", waitMs: 0 }, deps);
  await expect
    .poll(async () => (await deps.webhooks.waiting("payments", 10, 1)).length, { timeout: WAIT_MS })
    .toBe(1);
  const paymentProvider = but(deps.paymentProvider, { getPayment: away });
  for (let attempt = 0; attempt < 30; attempt += 1) {
    await expect(processWebhooks({ ...deps, paymentProvider })).rejects.toMatchObject({
      code: "unavailable",
    });
  }
  expect((await deps.orders.find(orderId))?.state).toBe("reserved");
  await market.until(async () => (await deps.orders.find(orderId))?.state === "paid");
});

test("one refund that the provider refuses holds up no other", async (t) => {
  const { market, deps, buyer, publicationId, orderId } = await reserve(t);
  const orders = [orderId, await order(market, buyer, publicationId, 2)];
  const offline = but(deps.paymentProvider, { createRefund: away });
  for (const id of orders) {
    await payBy(buyer, id, deps);
    const cancelling = { ...deps, paymentProvider: offline };
    await cancelOrder({ actor: buyer, order: id, reason: REASON }, cancelling);
  }
  // Somebody gave the first order's money back at the provider's own desk.
  const [desk] = await deps.payments.ofOrder(orderId);
  await deps.paymentProvider.createRefund({
    idempotencyKey: newId(),
    paymentId: desk?.providerId ?? "",
    amountMinor: desk?.amountMinor ?? 0,
  });
  await settleRefunds(undefined, deps);
  const [refused, sent] = await Promise.all(orders.map((id) => refundStates(deps, id)));
  expect(refused).toEqual(["failed"]);
  expect(["pending", "succeeded"]).toContain(sent?.[0]);
});

test("cancelling again requests a failed refund again, under a key of its own", async (t) => {
  const { market, deps, buyer, orderId } = await reserve(t);
  await payBy(buyer, orderId, deps, "tok_refund_fails");
  const cancel = () => cancelOrder({ actor: buyer, order: orderId, reason: REASON }, deps);
  await cancel();
  await cancel();
  expect(await refundStates(deps, orderId)).toHaveLength(1);
  await market.until(async () => (await refundStates(deps, orderId))[0] === "failed");
  await cancel();
  const [payment] = await deps.payments.ofOrder(orderId);
  const [refund, ...others] = await deps.payments.refundsOf([payment?.id ?? ""]);
  expect(others).toEqual([]);
  expect(refund).toMatchObject({ attempt: 2, state: "pending" });
});

async function refundStates({ payments }: Deps, orderId: string): Promise<string[]> {
  const ids = (await payments.ofOrder(orderId)).map(({ id }) => id);
  return (await payments.refundsOf(ids)).map(({ state }) => state);
}

test("an order that is cancelled is not charged by taking up its open payment", async (t) => {
  const sale = await reserve(t);
  const { deps, buyer, orderId } = sale;
  const paymentId = await payUnheard(sale);
  await cancelOrder({ actor: buyer, order: orderId, reason: REASON }, deps);
  await expect(payBy(buyer, orderId, deps)).rejects.toMatchObject({ code: "illegal_transition" });
  expect(await deps.paymentProvider.findByKey(paymentId)).toBeUndefined();
});

test("a payment that nobody decides holds the stock until its deadline, and no longer", async (t) => {
  let now = Date.now();
  const later = (minutes: number) => {
    now += minutes * MINUTE_MS;
  };
  const sale = await reserve(t, { now: () => new Date(now).toISOString() });
  const { deps, orderId, publicationId } = sale;
  const paymentId = await payUnheard(sale);
  later(59);
  expect(await expirePayments(deps)).toEqual([]);
  expect(await expireReservations(deps)).toEqual([]);
  later(2);
  expect(await expirePayments(deps)).toEqual([paymentId]);
  expect((await deps.payments.find(paymentId))?.state).toBe("cancelled");
  // The reservation's own time stood still meanwhile.
  expect(await expireReservations(deps)).toEqual([]);
  later(16);
  expect(await expireReservations(deps)).toEqual([orderId]);
  expect((await deps.publications.find(publicationId))?.stock).toBe(4);
});

test("an overdue payment is cancelled at the provider first; a decided one is applied", async (t) => {
  let now = Date.now();
  const market = await testMarketplace(t, {
    now: () => new Date(now).toISOString(),
    times: { settleMs: 60_000 },
  });
  const { deps } = market;
  const buyer = await market.user("carla");
  const lamp = await market.publication(await market.user("ana"));
  const orderId = await order(market, buyer, lamp.id, 1);
  await pay({ actor: buyer, target: orderId, card: "tok_approved", waitMs: 0 }, deps);
  const [payment] = await deps.payments.ofOrder(orderId);
  now += 61 * MINUTE_MS;
  const silent = but(deps.paymentProvider, { cancelPayment: away });
  await expect(expirePayments({ ...deps, paymentProvider: silent })).rejects.toMatchObject({
    code: "unavailable",
  });
  expect((await deps.payments.find(payment?.id ?? ""))?.state).toBe("in_process");
  expect(await expirePayments(deps)).toEqual([payment?.id]);
  expect((await deps.payments.find(payment?.id ?? ""))?.state).toBe("cancelled");
  const told = await deps.paymentProvider.getPayment(payment?.providerId ?? "");
  expect(told.state).toBe("cancelled");
});

test("a charge that arrives after its payment was given up is cancelled at the provider", async (t) => {
  let now = Date.now();
  const clock = () => new Date(now).toISOString();
  const sale = await reserve(t, { now: clock, times: { settleMs: 60_000 } });
  const { deps, orderId } = sale;
  const paymentId = await payUnheard(sale);
  now += 61 * MINUTE_MS;
  await expirePayments(deps);
  const told = await deps.paymentProvider.createPayment({
    idempotencyKey: paymentId,
    amountMinor: 5_000,
    currency: "ARS",
    cardToken: "tok_approved",
    reference: orderId,
    capture: true,
  });
  expect((await applyPayment(paymentId, told, deps)).state).toBe("cancelled");
  expect((await deps.paymentProvider.getPayment(told.id)).state).toBe("cancelled");
});

test("an order that is cancelled while its label is being bought leaves no label", async (t) => {
  const { deps, buyer, seller, orderId } = await reserve(t, { times: { pickupMs: 60_000 } });
  await payBy(buyer, orderId, deps);
  const overtaken = but(deps.shippingProvider, {
    createShipment: async (request) => {
      await cancelOrder({ actor: buyer, order: orderId, reason: REASON }, deps);
      return deps.shippingProvider.createShipment(request);
    },
  });
  const shipping = { ...deps, shippingProvider: overtaken };
  await expect(ship({ actor: seller, order: orderId }, shipping)).rejects.toMatchObject({
    code: "illegal_transition",
  });
  const [shipment] = await deps.shipments.ofOrder(orderId);
  expect(shipment?.state).toBe("cancelled");
  const label = await deps.shippingProvider.findByKey(shipment?.id ?? "");
  expect(label?.state).toBe("cancelled");
});

test("cancelling voids a label whose purchase we never heard the end of", async (t) => {
  const { deps, buyer, seller, orderId } = await reserve(t, { times: { pickupMs: 60_000 } });
  await payBy(buyer, orderId, deps);
  const cutOff = but(deps.shippingProvider, {
    createShipment: async (request) => {
      await deps.shippingProvider.createShipment(request);
      return away();
    },
  });
  const shipping = { ...deps, shippingProvider: cutOff };
  await expect(ship({ actor: seller, order: orderId }, shipping)).rejects.toMatchObject({
    code: "unavailable",
  });
  await cancelOrder({ actor: buyer, order: orderId, reason: REASON }, deps);
  const [shipment] = await deps.shipments.ofOrder(orderId);
  const label = await deps.shippingProvider.findByKey(shipment?.id ?? "");
  expect(label?.state).toBe("cancelled");
});

test("a label bought at the last moment before the order is cancelled is voided after it", async (t) => {
  const { deps, buyer, seller, orderId } = await reserve(t, { times: { pickupMs: 60_000 } });
  await payBy(buyer, orderId, deps);
  const overtaken = but(deps.orders, {
    cancel: async (...values) => {
      await ship({ actor: seller, order: orderId }, deps);
      return deps.orders.cancel(...values);
    },
  });
  const cancelling = { ...deps, orders: overtaken };
  await cancelOrder({ actor: buyer, order: orderId, reason: REASON }, cancelling);
  const [shipment] = await deps.shipments.ofOrder(orderId);
  expect(shipment).toMatchObject({ state: "cancelled", providerId: expect.any(String) });
  const label = await deps.shippingProvider.getShipment(shipment?.providerId ?? "");
  expect(label.state).toBe("cancelled");
});

test("a mediation that is won gives no money back", async (t) => {
  const { deps, buyer, orderId } = await reserve(t);
  const [paid] = await payBy(buyer, orderId, deps);
  const told = {
    providerId: paid?.providerId ?? "",
    reason: null,
    instrument: null,
    deadlineAt: null,
    nextActionUrl: null,
    chargeback: null,
    refundedMinor: 0,
  };
  const settle = (state: string) =>
    deps.payments.settle(paid?.id ?? "", { ...told, state }, deps.now());
  expect((await settle("in_mediation")).state).toBe("in_mediation");
  expect((await settle("approved")).state).toBe("approved");
  expect(await refundStates(deps, orderId)).toEqual([]);
});

test("an order that is cancelled while it is being charged does not pass for paid", async (t) => {
  const { market, deps, buyer, orderId } = await reserve(t);
  const overtaken = but(deps.paymentProvider, {
    createPayment: async (request) => {
      await cancelOrder({ actor: buyer, order: orderId, reason: REASON }, deps);
      return deps.paymentProvider.createPayment(request);
    },
  });
  const paying = payBy(buyer, orderId, { ...deps, paymentProvider: overtaken });
  await expect(paying).rejects.toMatchObject({ code: "illegal_transition" });
  await market.until(async () => (await refundStates(deps, orderId))[0] === "succeeded");
  expect((await deps.orders.find(orderId))?.state).toBe("cancelled");
});

test("a purchase's other orders are paid though one of them is declined", async (t) => {
  const sale = await reserve(t);
  const { market, deps, buyer, publicationId } = sale;
  const other = await market.publication(await market.user("beto"));
  const wanted = [publicationId, other.id].map((publication) => ({ publication, quantity: 1 }));
  const purchase = await buy({ actor: buyer, key: "both", wanted, shipTo: null }, deps);
  const [first = "", second = ""] = purchase.orders.map(({ id }) => id);
  await payUnheard({ ...sale, orderId: first }, "tok_declined");
  await expect(payBy(buyer, purchase.id, deps)).rejects.toMatchObject({ code: "declined" });
  const states = async (id: string) => (await deps.orders.find(id))?.state;
  expect([await states(first), await states(second)]).toEqual(["reserved", "paid"]);
  expect(market.notices.join("\n")).toContain(second);
});
