import { test } from "vitest";
import { testProviders } from "../../testing/providers.ts";
import type { PaymentRequest } from "../payments/provider.ts";
import { NO_FAULTS } from "./faults.ts";

const charge: PaymentRequest = {
  idempotencyKey: "payment-1",
  amountMinor: 10_000,
  currency: "ARS",
  cardToken: "tok_approved",
  reference: "order-1",
  capture: true,
};
const parcels = [{ units: 1 }];
const label = { idempotencyKey: "s", reference: "order-1", parcels, address: "Elsewhere 1" };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const wait = { timeout: 10_000 };
const times = { settleMs: HOUR_MS, pickupMs: HOUR_MS, deliveryMs: HOUR_MS };

test("every event is kept, delivered or not, and can be read from anywhere on", async (t) => {
  const { shipping, pass, events, stop, start } = await testProviders(t, times);
  await shipping.createShipment(label);
  await pass(HOUR_MS);
  await pass(HOUR_MS);
  await t.expect.poll(() => events.length, wait).toBe(3);
  await stop();
  await start();
  const all = await shipping.listEvents({ limit: 100 });
  t.expect(all.map(({ type }) => type)).toEqual([
    "shipment.shipped",
    "shipment.in_transit",
    "shipment.delivered",
  ]);
  for (const { attempts, deliveredAt } of all) {
    t.expect(attempts).toBeGreaterThan(0);
    t.expect(deliveredAt).not.toBeNull();
  }
  const [first, second] = all;
  t.expect(await shipping.listEvents({ limit: 1 })).toEqual([first]);
  t.expect(await shipping.listEvents({ limit: 1, after: first?.id })).toEqual([second]);
  t.expect(await shipping.listEvents({ limit: 9, since: second?.createdAt })).toEqual(all.slice(1));
  const refused = shipping.listEvents({ limit: 9, after: "nobody" });
  await t.expect(refused).rejects.toMatchObject({ code: "not_found" });
  await t.expect(shipping.listEvents({ limit: 0 })).rejects.toMatchObject({ code: "declined" });
});

test("attempts that nobody takes are counted", async (t) => {
  const { payments, pass } = await testProviders(t, { ...times, answer: () => 500 });
  await payments.createPayment(charge);
  await pass(HOUR_MS);
  const attempts = async () => (await payments.listEvents({ limit: 1 }))[0]?.attempts;
  await t.expect.poll(attempts, wait).toBeGreaterThan(1);
  t.expect(await payments.listEvents({ limit: 1 })).toMatchObject([{ deliveredAt: null }]);
});

test("a lost event is kept and never sent, until somebody asks for it", async (t) => {
  const { payments, control, pass, events, told, stop, start } = await testProviders(t, times);
  await control.setFaults({ ...NO_FAULTS, lose: 1 });
  const { id } = await payments.createPayment(charge);
  t.expect(await pass(HOUR_MS)).toEqual(["payment.approved"]);
  await stop();
  await start();
  await control.setFaults(NO_FAULTS);
  const refund = { idempotencyKey: "r", paymentId: id, amountMinor: 1 };
  await payments.createRefund(refund);
  await pass(HOUR_MS);
  await told("refund.succeeded");
  t.expect(events.map(({ type }) => type)).toEqual(["refund.succeeded"]);
  const counts = { "event.lost": 1, "payment.approved": 1, "refund.succeeded": 1 };
  await t.expect
    .poll(async () => (await control.show()).payments.counts, wait)
    .toMatchObject(counts);

  const [lost] = await payments.listEvents({ limit: 1 });
  t.expect(lost).toMatchObject({ type: "payment.approved", attempts: 0, deliveredAt: null });
  await payments.resendEvent(lost?.id ?? "");
  t.expect((await told("payment.approved", id)).id).toBe(lost?.id);
  const kept = async () => (await payments.listEvents({ limit: 1 }))[0];
  await t.expect.poll(kept, wait).toMatchObject({ attempts: 1, deliveredAt: t.expect.any(String) });
  const nobody = payments.resendEvent("nobody");
  await t.expect(nobody).rejects.toMatchObject({ code: "not_found" });
});

test("a taken event is sent again when asked for, under its old id", async (t) => {
  const { payments, pass, events, told } = await testProviders(t, times);
  await payments.createPayment(charge);
  await pass(HOUR_MS);
  const { id } = await told("payment.approved");
  await payments.resendEvent(id);
  await t.expect.poll(() => events.map((event) => event.id), wait).toEqual([id, id]);
});

test("a duplicated event comes twice", async (t) => {
  const { payments, control, pass, events } = await testProviders(t, times);
  await control.setFaults({ ...NO_FAULTS, duplicate: 1, delayMs: [1, 5] });
  await payments.createPayment(charge);
  await pass(HOUR_MS);
  await t.expect.poll(() => events.length, wait).toBe(2);
  t.expect(new Set(events.map(({ id }) => id)).size).toBe(1);
});

test("a reordered event comes after a later one of its thing", async (t) => {
  const { shipping, control, pass, events } = await testProviders(t, { ...times, holdMs: DAY_MS });
  await control.setFaults({ ...NO_FAULTS, reorder: 1 });
  await shipping.createShipment(label);
  await pass(HOUR_MS);
  await control.setFaults(NO_FAULTS);
  await pass(HOUR_MS / 2);
  const types = () => events.map(({ type }) => type);
  await t.expect.poll(types, wait).toEqual(["shipment.in_transit", "shipment.shipped"]);
});

test("a reordered event with none behind it comes all the same", async (t) => {
  const { payments, control, pass, told } = await testProviders(t, { ...times, holdMs: 1 });
  await control.setFaults({ ...NO_FAULTS, reorder: 1 });
  await payments.createPayment(charge);
  await pass(HOUR_MS);
  await told("payment.approved");
});

test("the clock jumps, stays where it is after a restart, and never goes back", async (t) => {
  const { payments, control, told, stop, start } = await testProviders(t, times);
  const made = await payments.createPayment(charge);
  const { payments: jump } = await control.setClock(48 * HOUR_MS);
  t.expect(jump).toMatchObject({ offsetMs: 48 * HOUR_MS, events: 1 });
  const [event] = await payments.listEvents({ limit: 9 });
  t.expect(jump.eventIds).toEqual([event?.id]);
  const settledAt = new Date(Date.parse(made.createdAt) + HOUR_MS).toISOString();
  t.expect(event).toMatchObject({ type: "payment.approved", createdAt: settledAt });
  // Signed in real time: the receiver would refuse it otherwise.
  await told("payment.approved", made.id);

  await t
    .expect(control.setClock(47 * HOUR_MS))
    .rejects.toMatchObject({ code: "illegal_transition" });
  t.expect((await control.setClock(48 * HOUR_MS)).payments.events).toBe(0);
  await stop();
  await start();
  const { payments: ahead, shipping: alike } = await control.show();
  t.expect([ahead.offsetMs, alike.offsetMs]).toEqual([48 * HOUR_MS, 48 * HOUR_MS]);
  const later = await payments.createPayment({ ...charge, idempotencyKey: "payment-2" });
  t.expect(Date.parse(later.createdAt)).toBeGreaterThanOrEqual(Date.parse(jump.now));
});

test("nobody drives a simulator without its key", async (t) => {
  const { paymentConfig } = await testProviders(t, times);
  const { simulatorControl } = await import("./control.ts");
  const stranger = { ...paymentConfig, apiKey: "another" };
  const control = simulatorControl(stranger, stranger);
  for (const call of [control.show(), control.setClock(1), control.setFaults(NO_FAULTS)]) {
    await t.expect(call).rejects.toMatchObject({ code: "unavailable" });
  }
});
