import { type TestContext, test } from "vitest";
import { httpPaymentProvider } from "../../src/providers/payments/http-client.ts";
import type { PaymentRequest } from "../../src/providers/payments/provider.ts";
import { testProviders } from "../../src/testing/providers.ts";

const charge: PaymentRequest = {
  idempotencyKey: "payment-1",
  amountMinor: 10_000,
  currency: "ARS",
  cardToken: "tok_approved",
  reference: "order-1",
  capture: true,
};
const label = {
  idempotencyKey: "shipment-1",
  reference: "order-1",
  parcels: [{ units: 2 }],
  address: "Av. Corrientes 1234, Buenos Aires",
};
const NEVER_MS = 3_600_000;

async function approvedPayment(t: TestContext, changes: Partial<PaymentRequest> = {}) {
  const providers = await testProviders(t);
  const { id } = await providers.payments.createPayment({ ...charge, ...changes });
  await providers.told("payment.approved", id);
  return { ...providers, paymentId: id };
}

test("a charge is in process at first; a signed webhook tells when it is approved", async (t) => {
  const { payments, told } = await testProviders(t);
  const made = await payments.createPayment(charge);
  t.expect(made).toMatchObject({
    state: "in_process",
    idempotencyKey: "payment-1",
    reference: "order-1",
    amountMinor: 10_000,
    capturedMinor: 0,
    currency: "ARS",
    instrument: { brand: "visa", lastFour: "4242" },
  });
  const event = await told("payment.approved");
  t.expect(event.data).toEqual({ object: "payment", id: made.id });
  const settled = await payments.getPayment(made.id);
  t.expect(settled).toMatchObject({ state: "approved", capturedMinor: 10_000, refundedMinor: 0 });
  t.expect(settled.reason).toBeUndefined();
});

test("a card without funds is rejected, with the reason", async (t) => {
  const { payments, told } = await testProviders(t);
  const { id } = await payments.createPayment({ ...charge, cardToken: "tok_declined" });
  await told("payment.rejected", id);
  const rejected = await payments.getPayment(id);
  t.expect(rejected).toMatchObject({ state: "rejected", reason: "insufficient_funds" });
  t.expect(rejected.capturedMinor).toBe(0);
});

test.for([
  { what: "an unknown card", changes: { cardToken: "tok_nonsense" } },
  { what: "no amount", changes: { amountMinor: 0 } },
  { what: "a negative amount", changes: { amountMinor: -1 } },
  { what: "a broken amount", changes: { amountMinor: 0.5 } },
  { what: "an enormous amount", changes: { amountMinor: 1e15 } },
  { what: "no currency", changes: { currency: "pesos" } },
])("$what is refused for certain, and nothing is made", async ({ changes }, t) => {
  const { payments } = await testProviders(t);
  const attempt = payments.createPayment({ ...charge, ...changes });
  await t.expect(attempt).rejects.toMatchObject({ code: "declined" });
  t.expect(await payments.findByKey(charge.idempotencyKey)).toBeUndefined();
});

test("one card has one fingerprint, another card another", async (t) => {
  const { payments } = await testProviders(t);
  const fingerprint = async (idempotencyKey: string, cardToken: string) =>
    (await payments.createPayment({ ...charge, idempotencyKey, cardToken })).instrument.fingerprint;
  const first = await fingerprint("a", "tok_approved");
  t.expect(await fingerprint("b", "tok_approved")).toBe(first);
  t.expect(await fingerprint("c", "tok_approved_1881")).not.toBe(first);
});

test("the same key at once charges once", async (t) => {
  const { payments, told, events } = await testProviders(t);
  const made = await Promise.all(Array.from({ length: 8 }, () => payments.createPayment(charge)));
  t.expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  await told("payment.approved");
  const later = await payments.createPayment({ ...charge, idempotencyKey: "payment-2" });
  await told("payment.approved", later.id);
  t.expect(events.filter(({ data }) => data.id !== later.id)).toHaveLength(1);
});

test("the same key for another charge is refused", async (t) => {
  const { payments } = await testProviders(t);
  const made = await payments.createPayment(charge);
  const other = payments.createPayment({ ...charge, amountMinor: 10_001 });
  await t.expect(other).rejects.toMatchObject({ code: "key_reused" });
  t.expect(await payments.findByKey(charge.idempotencyKey)).toMatchObject({
    id: made.id,
    amountMinor: 10_000,
  });
});

test("a charge that is never answered is made all the same, once", async (t) => {
  const { payments, paymentConfig, told, events } = await testProviders(t);
  const impatient = httpPaymentProvider(paymentConfig, { timeoutMs: 250 });
  const silent = { ...charge, cardToken: "tok_timeout" };
  await t.expect(impatient.createPayment(silent)).rejects.toMatchObject({
    code: "unavailable",
    message: "the payment provider did not answer (no answer within 250 ms)",
  });
  const event = await told("payment.approved");
  const found = await payments.findByKey(silent.idempotencyKey);
  t.expect(found).toMatchObject({ id: event.data.id, state: "approved", capturedMinor: 10_000 });
  t.expect(await payments.createPayment(silent)).toEqual(found);
  t.expect(events).toHaveLength(1);
});

test("an authorized amount is taken by its capture only", async (t) => {
  const { payments, told } = await testProviders(t);
  const { id } = await payments.createPayment({ ...charge, capture: false });
  await told("payment.authorized", id);
  t.expect(await payments.getPayment(id)).toMatchObject({ state: "authorized", capturedMinor: 0 });
  const captured = await payments.capturePayment(id, "payment-1");
  t.expect(captured).toMatchObject({ state: "approved", capturedMinor: 10_000 });
  t.expect(await payments.capturePayment(id, "payment-1")).toEqual(captured);
  await told("payment.approved", id);
});

test("a cancelled charge never settles; a settled one cannot be cancelled", async (t) => {
  const { payments, told, events, stop, start } = await testProviders(t, { settleMs: NEVER_MS });
  const { id } = await payments.createPayment(charge);
  t.expect(await payments.cancelPayment(id, "payment-1")).toMatchObject({ state: "cancelled" });
  t.expect(await payments.cancelPayment(id, "payment-1")).toMatchObject({ state: "cancelled" });
  await t
    .expect(payments.capturePayment(id, "payment-1"))
    .rejects.toMatchObject({ code: "illegal_transition" });
  await told("payment.cancelled", id);

  // Now both are due, and once the later one has settled the first has had its time.
  const later = await payments.createPayment({ ...charge, idempotencyKey: "payment-2" });
  await stop();
  await start({ settleMs: 0 });
  await told("payment.approved", later.id);
  t.expect(events.filter(({ data }) => data.id === id)).toHaveLength(1);
  t.expect(await payments.getPayment(id)).toMatchObject({ state: "cancelled", capturedMinor: 0 });
  await t
    .expect(payments.cancelPayment(later.id, "payment-2"))
    .rejects.toMatchObject({ code: "illegal_transition" });
  t.expect(await payments.getPayment(later.id)).toMatchObject({ state: "approved" });
});

test("a refund is pending, then succeeds, and the payment tells how much went back", async (t) => {
  const { payments, told, paymentId } = await approvedPayment(t);
  const request = { idempotencyKey: "refund-1", paymentId, amountMinor: 4_000 };
  const refund = await payments.createRefund(request);
  t.expect(refund).toMatchObject({ state: "pending", amountMinor: 4_000, paymentId });
  const event = await told("refund.succeeded");
  t.expect(event.data).toEqual({ object: "refund", id: refund.id });
  t.expect(await payments.getRefund(refund.id)).toMatchObject({
    state: "succeeded",
    idempotencyKey: "refund-1",
  });
  t.expect(await payments.getPayment(paymentId)).toMatchObject({ refundedMinor: 4_000 });

  t.expect(await payments.createRefund(request)).toMatchObject({ id: refund.id });
  await t
    .expect(payments.createRefund({ ...request, amountMinor: 4_001 }))
    .rejects.toMatchObject({ code: "key_reused" });
});

test("refunds that race never give back more than was captured", async (t) => {
  const { payments, told, paymentId } = await approvedPayment(t);
  const attempts = await Promise.allSettled(
    Array.from({ length: 10 }, (_, index) =>
      payments.createRefund({ idempotencyKey: `refund-${index}`, paymentId, amountMinor: 3_000 }),
    ),
  );
  const made = attempts.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const reasons = attempts.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
  t.expect(made).toHaveLength(3);
  t.expect(reasons).toEqual(Array(7).fill("declined"));
  for (const { id } of made) await told("refund.succeeded", id);
  t.expect(await payments.getPayment(paymentId)).toMatchObject({ refundedMinor: 9_000 });
  const rest = { idempotencyKey: "rest", paymentId, amountMinor: 1_000 };
  t.expect(await payments.createRefund(rest)).toMatchObject({ state: "pending" });
});

test("what was not captured is not refunded", async (t) => {
  const { payments, told } = await testProviders(t);
  const { id } = await payments.createPayment({ ...charge, cardToken: "tok_declined" });
  await told("payment.rejected", id);
  const refund = { idempotencyKey: "refund-1", paymentId: id, amountMinor: 1 };
  await t.expect(payments.createRefund(refund)).rejects.toMatchObject({ code: "declined" });
});

test("a refund that failed gives nothing back, and may be asked for anew", async (t) => {
  const { payments, told, paymentId } = await approvedPayment(t, { cardToken: "tok_refund_fails" });
  const refund = { idempotencyKey: "refund-1", paymentId, amountMinor: 10_000 };
  const { id } = await payments.createRefund(refund);
  await told("refund.failed", id);
  t.expect(await payments.getRefund(id)).toMatchObject({ state: "failed" });
  t.expect(await payments.getPayment(paymentId)).toMatchObject({ refundedMinor: 0 });
  const again = await payments.createRefund({ ...refund, idempotencyKey: "refund-2" });
  t.expect(again).toMatchObject({ state: "pending" });
});

test("what does not exist is not found", async (t) => {
  const { payments, shipping } = await testProviders(t);
  const refund = { idempotencyKey: "k", paymentId: "../refunds/x", amountMinor: 1 };
  const attempts = await Promise.allSettled([
    payments.getPayment("nothing"),
    payments.getRefund("nothing"),
    payments.cancelPayment("nothing", "k"),
    payments.createRefund(refund),
    shipping.getShipment("nothing"),
    shipping.voidLabel("nothing"),
  ]);
  for (const attempt of attempts) {
    t.expect(attempt).toMatchObject({ status: "rejected", reason: { code: "not_found" } });
  }
  t.expect(await shipping.findByKey("nothing")).toBeUndefined();
});

test("a quote depends on parcels, route and currency, and on nothing else", async (t) => {
  const { shipping } = await testProviders(t);
  const want = { parcels: [{ units: 2 }], currency: "ARS", to: "Av. Corrientes 1234" };
  const quote = await shipping.quote(want);
  t.expect(quote).toMatchObject({ currency: "ARS" });
  t.expect(Date.parse(quote.estimatedDeliveryAt)).toBeGreaterThan(Date.now());
  t.expect((await shipping.quote(want)).amountMinor).toBe(quote.amountMinor);
  const sameStreet = await shipping.quote({ ...want, to: " av. corrientes 1234" });
  t.expect(sameStreet.amountMinor).toBe(quote.amountMinor);
  const heavier = await shipping.quote({ ...want, parcels: [{ units: 3 }] });
  t.expect(heavier.amountMinor).toBeGreaterThan(quote.amountMinor);
  const inDollars = await shipping.quote({ ...want, currency: "USD" });
  t.expect(inDollars).toMatchObject({ currency: "USD", amountMinor: quote.amountMinor / 1000 });
  await t
    .expect(shipping.quote({ ...want, currency: "pesos" }))
    .rejects.toMatchObject({ code: "declined" });
  await t
    .expect(shipping.quote({ ...want, parcels: [] }))
    .rejects.toMatchObject({ code: "declined" });
});

test("after its label a parcel is scanned until it is delivered, each scan told", async (t) => {
  const { shipping, told, events } = await testProviders(t);
  const made = await shipping.createShipment(label);
  t.expect(made).toMatchObject({
    state: "ready_to_ship",
    idempotencyKey: "shipment-1",
    reference: "order-1",
    carrier: "Simulated Post",
    scans: [],
  });
  t.expect(decodeURIComponent(made.labelUrl)).toContain(made.trackingCode);

  await told("shipment.delivered", made.id);
  const delivered = await shipping.getShipment(made.id);
  t.expect(delivered.state).toBe("delivered");
  t.expect(delivered.scans.map(({ state }) => state)).toEqual([
    "shipped",
    "in_transit",
    "delivered",
  ]);
  t.expect(new Set(delivered.scans.map(({ id }) => id)).size).toBe(3);
  const times = delivered.scans.map(({ at }) => at);
  t.expect(times).toEqual([...times].sort());
  await told("shipment.shipped", made.id);
  await told("shipment.in_transit", made.id);
  t.expect(events).toHaveLength(3);
});

test("where nobody is at home the parcel is not delivered", async (t) => {
  const { shipping, told } = await testProviders(t);
  const { id } = await shipping.createShipment({ ...label, address: "Nobody home, Rosario" });
  await told("shipment.not_delivered", id);
  t.expect(await shipping.getShipment(id)).toMatchObject({ state: "not_delivered" });
});

test("the same key buys one label; another request under it is refused", async (t) => {
  const { shipping } = await testProviders(t, { pickupMs: NEVER_MS });
  const made = await Promise.all(Array.from({ length: 5 }, () => shipping.createShipment(label)));
  t.expect(new Set(made.map(({ trackingCode }) => trackingCode)).size).toBe(1);
  await t
    .expect(shipping.createShipment({ ...label, address: "Elsewhere 1" }))
    .rejects.toMatchObject({ code: "key_reused" });
  t.expect(await shipping.findByKey("shipment-1")).toEqual(made[0]);
});

test("a label is void until the parcel's first scan, then no more", async (t) => {
  const { shipping, told, stop, start, events } = await testProviders(t, { pickupMs: NEVER_MS });
  const unused = await shipping.createShipment(label);
  t.expect(await shipping.voidLabel(unused.id)).toMatchObject({ state: "cancelled" });
  t.expect(await shipping.voidLabel(unused.id)).toMatchObject({ state: "cancelled" });
  await told("shipment.cancelled", unused.id);

  const used = await shipping.createShipment({ ...label, idempotencyKey: "shipment-2" });
  await stop();
  await start({ pickupMs: 0 });
  await told("shipment.shipped", used.id);
  await t.expect(shipping.voidLabel(used.id)).rejects.toMatchObject({ code: "illegal_transition" });
  await told("shipment.delivered", used.id);
  t.expect(await shipping.getShipment(unused.id)).toMatchObject({ state: "cancelled", scans: [] });
  t.expect(events.filter(({ data }) => data.id === unused.id)).toHaveLength(1);
});

test("a wrong API key opens nothing, and is not taken for a refused card", async (t) => {
  const { payments, paymentConfig } = await testProviders(t);
  for (const apiKey of ["", "test-api-kez", `${paymentConfig.apiKey}x`]) {
    const stranger = httpPaymentProvider({ ...paymentConfig, apiKey });
    await t.expect(stranger.createPayment(charge)).rejects.toMatchObject({
      code: "unavailable",
      message: "the payment provider refused our API key",
    });
    await t.expect(stranger.findByKey("payment-1")).rejects.toMatchObject({ code: "unavailable" });
  }
  t.expect(await payments.findByKey("payment-1")).toBeUndefined();
});

test("a provider that is down is unavailable, by name", async (t) => {
  const { payments, shipping, stop } = await testProviders(t);
  await stop();
  await t.expect(payments.createPayment(charge)).rejects.toMatchObject({
    code: "unavailable",
    message: t.expect.stringContaining("the payment provider did not answer"),
  });
  await t.expect(shipping.createShipment(label)).rejects.toMatchObject({
    code: "unavailable",
    message: t.expect.stringContaining("the shipping provider did not answer"),
  });
});
