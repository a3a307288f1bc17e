import { type TestContext, test } from "vitest";
import { testProviders } from "../../testing/providers.ts";
import type { PaymentRequest } from "../payments/provider.ts";
import { type Faults, faultDecisions, NO_FAULTS } from "./faults.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const times = { settleMs: HOUR_MS, pickupMs: HOUR_MS, deliveryMs: HOUR_MS };
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

const decisions = (changes: Partial<Faults>, before = {}) =>
  faultDecisions(() => ({ settings: { ...NO_FAULTS, ...changes }, before }));

test("a seed decides alone, as often as it was told to", (t) => {
  const draw = (seed: number, before = {}) => {
    const { happens } = decisions({ seed, decline: 0.3 }, before);
    const ordinals = Array.from({ length: 1_000 }, (_, ordinal) => ordinal);
    return ordinals.map((ordinal) => happens("decline", { object: "payment", ordinal }));
  };
  const first = draw(7);
  t.expect(draw(7)).toEqual(first);
  t.expect(draw(8)).not.toEqual(first);
  t.expect(first.filter(Boolean).length / 1_000).toBeCloseTo(0.3, 1);
  // Counted from when the faults were set.
  t.expect(draw(7, { payment: 10 }).slice(10)).toEqual(first.slice(0, 990));
});

test("what never happens never does, what always happens always does", (t) => {
  const thing = { object: "shipment", id: "s", ordinal: 0 } as const;
  const never = decisions({});
  const always = decisions({ lose: 1, duplicate: 1, reorder: 1, delayMs: [5, 5] });
  for (let event = 0; event < 100; event++) {
    t.expect(never.ofWebhook(thing, event)).toEqual({
      lost: false,
      duplicated: false,
      reordered: false,
      delayMs: 0,
    });
    t.expect(always.ofWebhook(thing, event)).toEqual({
      lost: true,
      duplicated: true,
      reordered: true,
      delayMs: 5,
    });
  }
});

test("delays are within their bounds, and not all the same", (t) => {
  const { ofWebhook } = decisions({ delayMs: [10, 20] });
  const delays = Array.from(
    { length: 200 },
    (_, event) => ofWebhook({ object: "refund", id: "r", ordinal: 3 }, event).delayMs,
  );
  t.expect(Math.min(...delays)).toBe(10);
  t.expect(Math.max(...delays)).toBe(20);
});

/** What becomes of twenty charges under a seed, by their order; their keys are new every time. */
async function outcomes(t: TestContext, faults: Faults): Promise<string[]> {
  const { payments, control, pass } = await testProviders(t, times);
  await control.setFaults(faults);
  const ids: string[] = [];
  for (let index = 0; index < 20; index++) {
    const idempotencyKey = `payment-${Math.random()}`;
    ids.push((await payments.createPayment({ ...charge, idempotencyKey })).id);
  }
  await pass(11 * DAY_MS);
  return Promise.all(ids.map(async (id) => (await payments.getPayment(id)).state));
}

test("a seed replays what becomes of charges, whatever their keys are", async (t) => {
  const faults = { ...NO_FAULTS, seed: 7, decline: 0.3, chargeback: 0.3 };
  const first = await outcomes(t, faults);
  t.expect(await outcomes(t, faults)).toEqual(first);
  t.expect(new Set(first)).toEqual(new Set(["approved", "rejected", "charged_back"]));
});

test("a charge whose answer never comes is made all the same, and answered when repeated", async (t) => {
  const { payments, control, pass } = await testProviders(t, { ...times, silenceMs: 1 });
  await control.setFaults({ ...NO_FAULTS, timeout: 1 });
  const silent = payments.createPayment(charge);
  await t.expect(silent).rejects.toMatchObject({ code: "unavailable" });
  const { id } = await payments.createPayment(charge);
  t.expect(await pass(HOUR_MS)).toEqual(["payment.approved"]);
  t.expect(await payments.findByKey(charge.idempotencyKey)).toMatchObject({ id });
});

test("a parcel gets lost, and test cards keep to what they promise", async (t) => {
  const { payments, shipping, control, pass } = await testProviders(t, times);
  await control.setFaults({ ...NO_FAULTS, losePackage: 1, decline: 1, chargeback: 1 });
  const { id } = await shipping.createShipment(label);
  const ticket = await payments.createPayment({ ...charge, cardToken: "tok_ticket" });
  await pass(30 * DAY_MS);
  t.expect(await shipping.getShipment(id)).toMatchObject({ state: "lost" });
  t.expect(await payments.getPayment(ticket.id)).toMatchObject({ state: "approved" });
});

test("faults survive a restart, and nonsense is refused", async (t) => {
  const { control, stop, start } = await testProviders(t, times);
  const faults = { ...NO_FAULTS, seed: 9, lose: 0.5 };
  t.expect(await control.setFaults(faults)).toEqual(faults);
  for (const nonsense of [{ lose: 1.5 }, { delayMs: [5, 1] as [number, number] }, { seed: -1 }]) {
    const refused = control.setFaults({ ...faults, ...nonsense });
    await t.expect(refused).rejects.toMatchObject({ code: "declined" });
  }
  await stop();
  await start();
  t.expect(await control.faults()).toEqual(faults);
  t.expect((await control.show()).shipping.faults).toEqual(faults);
});
