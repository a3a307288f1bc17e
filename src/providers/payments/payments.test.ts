import { type TestContext, test } from "vitest";
import { testProviders } from "../../testing/providers.ts";
import { cardOf } from "./cards.ts";
import type { PaymentRequest } from "./provider.ts";

/** Long enough that real time decides nothing. */
const SETTLE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const charge: PaymentRequest = {
  idempotencyKey: "payment-1",
  amountMinor: 10_000,
  currency: "ARS",
  cardToken: "tok_approved",
  reference: "order-1",
  capture: true,
};

/** A charge that only the clock decides. */
async function charged(t: TestContext, changes: Partial<PaymentRequest>) {
  const providers = await testProviders(t, { settleMs: SETTLE_MS });
  const made = await providers.payments.createPayment({ ...charge, ...changes });
  const current = () => providers.payments.getPayment(made.id);
  const after = (milliseconds: number) =>
    new Date(Date.parse(made.createdAt) + milliseconds).toISOString();
  return { ...providers, made, id: made.id, current, after };
}

test.for([
  { cardToken: "tok_declined", reason: "insufficient_funds" },
  { cardToken: "tok_declined_expired_card", reason: "expired_card" },
  { cardToken: "tok_declined_bad_security_code", reason: "bad_security_code" },
  { cardToken: "tok_declined_high_risk_1234", reason: "high_risk" },
  { cardToken: "tok_declined_call_for_authorize", reason: "call_for_authorize" },
])("$cardToken is rejected: $reason", async ({ cardToken, reason }, t) => {
  const { pass, current } = await charged(t, { cardToken });
  t.expect(await pass(SETTLE_MS)).toEqual(["payment.rejected"]);
  t.expect(await current()).toMatchObject({ state: "rejected", reason, capturedMinor: 0 });
});

test("four digits make another card of any kind, and nothing else does", (t) => {
  t.expect(cardOf("tok_ticket_unpaid_1881")).toMatchObject({
    behaviour: "ticket_unpaid",
    instrument: { lastFour: "1881" },
  });
  for (const token of ["tok_", "tok_approved_", "tok_approved_12", "approved", "tok_toString"]) {
    t.expect(cardOf(token)).toBeUndefined();
  }
});

test("a second step waits for its buyer, and is passed once", async (t) => {
  const { payments, made, id, pass, current, after } = await charged(t, {
    cardToken: "tok_second_step",
  });
  t.expect(made).toMatchObject({
    state: "in_process",
    deadlineAt: after(HOUR_MS),
    nextActionUrl: t.expect.stringContaining(id),
  });
  t.expect(await pass(HOUR_MS / 2)).toEqual([]);
  const confirmed = await payments.confirmPayment(id, "c");
  t.expect(confirmed).toMatchObject({
    state: "approved",
    capturedMinor: 10_000,
    nextActionUrl: null,
    deadlineAt: null,
  });
  t.expect(await payments.confirmPayment(id, "c")).toEqual(confirmed);
  t.expect(await pass(DAY_MS)).toEqual([]);
  t.expect(await current()).toEqual(confirmed);
});

test("a second step that nobody passes is cancelled at its deadline", async (t) => {
  const { payments, id, pass, current, after } = await charged(t, {
    cardToken: "tok_second_step",
  });
  t.expect(await pass(HOUR_MS)).toEqual(["payment.cancelled"]);
  t.expect(await current()).toMatchObject({
    state: "cancelled",
    updatedAt: after(HOUR_MS),
    nextActionUrl: null,
  });
  const refused = payments.confirmPayment(id, "c");
  await t.expect(refused).rejects.toMatchObject({ code: "illegal_transition" });
});

test("a second step without capture is authorized, and kept for seven days", async (t) => {
  const { payments, id, pass, current, after } = await charged(t, {
    cardToken: "tok_second_step",
    capture: false,
  });
  t.expect(await payments.confirmPayment(id, "c")).toMatchObject({
    state: "authorized",
    capturedMinor: 0,
    deadlineAt: after(7 * DAY_MS),
  });
  t.expect(await pass(8 * DAY_MS)).toEqual(["payment.cancelled"]);
  t.expect(await current()).toMatchObject({
    state: "cancelled",
    updatedAt: after(7 * DAY_MS),
    deadlineAt: null,
  });
});

test("what was captured is not given up at the authorization's deadline", async (t) => {
  const { payments, id, pass, current } = await charged(t, { capture: false });
  t.expect(await pass(SETTLE_MS)).toEqual(["payment.authorized"]);
  t.expect(await payments.capturePayment(id, "c")).toMatchObject({ state: "approved" });
  t.expect(await pass(8 * DAY_MS)).toEqual([]);
  t.expect(await payments.capturePayment(id, "c")).toEqual(await current());
});

test("only a second step can be confirmed", async (t) => {
  const { payments, id } = await charged(t, {});
  const refused = payments.confirmPayment(id, "c");
  await t.expect(refused).rejects.toMatchObject({ code: "illegal_transition" });
});

test("a ticket is paid on the third day, when its voucher still counts", async (t) => {
  const { made, pass, current, after } = await charged(t, { cardToken: "tok_ticket" });
  t.expect(made).toMatchObject({
    state: "in_process",
    deadlineAt: after(3 * DAY_MS),
    nextActionUrl: t.expect.stringMatching(/^data:text\/plain/),
  });
  t.expect(await pass(2 * DAY_MS)).toEqual([]);
  t.expect(await pass(DAY_MS)).toEqual(["payment.approved"]);
  t.expect(await current()).toMatchObject({ state: "approved", updatedAt: after(2.5 * DAY_MS) });
});

test("a ticket that nobody pays is cancelled at its deadline", async (t) => {
  const { pass, current, after } = await charged(t, { cardToken: "tok_ticket_unpaid" });
  t.expect(await pass(30 * DAY_MS)).toEqual(["payment.cancelled"]);
  t.expect(await current()).toMatchObject({
    state: "cancelled",
    updatedAt: after(3 * DAY_MS),
    capturedMinor: 0,
  });
});

test.for([
  { cardToken: "tok_chargeback", events: 2, state: "charged_back", chargeback: "open" },
  { cardToken: "tok_chargeback_won", events: 3, state: "approved", chargeback: "won" },
  { cardToken: "tok_chargeback_lost", events: 3, state: "charged_back", chargeback: "lost" },
])("$cardToken: $chargeback", async ({ cardToken, events, state, chargeback }, t) => {
  const { pass, current, after } = await charged(t, { cardToken });
  t.expect(await pass(SETTLE_MS)).toEqual(["payment.approved"]);
  t.expect(await pass(10 * DAY_MS)).toEqual(["payment.charged_back"]);
  t.expect(await current()).toMatchObject({
    state: "charged_back",
    chargeback: "open",
    updatedAt: after(SETTLE_MS + 10 * DAY_MS),
  });
  t.expect(await pass(100 * DAY_MS)).toHaveLength(events - 2);
  t.expect(await current()).toMatchObject({ state, chargeback, capturedMinor: 10_000 });
});

test("nobody gives back what the card holder took back, or takes back what was given back", async (t) => {
  const { payments, id, pass, current } = await charged(t, { cardToken: "tok_chargeback" });
  await pass(SETTLE_MS);
  const part = { paymentId: id, amountMinor: 4_000 };
  await payments.createRefund({ ...part, idempotencyKey: "refund-1" });
  await pass(SETTLE_MS);
  // This one is pending when the chargeback comes.
  t.expect(await pass(10 * DAY_MS - 2 * SETTLE_MS)).toEqual([]);
  const pending = await payments.createRefund({ ...part, idempotencyKey: "refund-2" });
  t.expect(await pass(DAY_MS)).toEqual(["payment.charged_back", "refund.failed"]);
  t.expect(await payments.getRefund(pending.id)).toMatchObject({ state: "failed" });
  t.expect(await current()).toMatchObject({ state: "charged_back", refundedMinor: 4_000 });
  const refused = payments.createRefund({ ...part, idempotencyKey: "refund-3" });
  await t.expect(refused).rejects.toMatchObject({ code: "illegal_transition" });

  const whole = { ...charge, idempotencyKey: "payment-2", cardToken: "tok_chargeback" };
  const other = await payments.createPayment(whole);
  await pass(SETTLE_MS);
  await payments.createRefund({ idempotencyKey: "r", paymentId: other.id, amountMinor: 10_000 });
  t.expect(await pass(30 * DAY_MS)).toEqual(["refund.succeeded"]);
});

test("a refund is found by its key, and a failed one succeeds when asked for again", async (t) => {
  const { payments, id, pass, current } = await charged(t, { cardToken: "tok_refund_fails_once" });
  await pass(SETTLE_MS);
  const refund = { paymentId: id, amountMinor: 10_000 };
  t.expect(await payments.findRefundByKey("refund-1")).toBeUndefined();
  const first = await payments.createRefund({ ...refund, idempotencyKey: "refund-1" });
  t.expect(await payments.findRefundByKey("refund-1")).toEqual(first);
  t.expect(await pass(SETTLE_MS)).toEqual(["refund.failed"]);
  t.expect(await current()).toMatchObject({ refundedMinor: 0 });
  await payments.createRefund({ ...refund, idempotencyKey: "refund-1-2" });
  t.expect(await pass(SETTLE_MS)).toEqual(["refund.succeeded"]);
  t.expect(await current()).toMatchObject({ refundedMinor: 10_000 });
  t.expect(await payments.findRefundByKey("refund-1")).toMatchObject({ state: "failed" });
});

test("an approval that nobody wants any more takes the whole amount", async (t) => {
  const { payments, control, id, pass } = await charged(t, {});
  await payments.cancelPayment(id, "c");
  const approved = await control.approvePayment(id);
  t.expect(approved).toMatchObject({ state: "approved", capturedMinor: 10_000 });
  t.expect(await control.approvePayment(id)).toEqual(approved);

  const declined = { ...charge, idempotencyKey: "payment-2", cardToken: "tok_declined" };
  const rejected = await payments.createPayment(declined);
  await pass(SETTLE_MS);
  const late = await control.approvePayment(rejected.id);
  t.expect(late).toMatchObject({ state: "approved", capturedMinor: 10_000 });
  t.expect(late.reason).toBeUndefined();
});

test("a test can be the bank, the card holder and the mediator", async (t) => {
  const { payments, control, id, pass } = await charged(t, {});
  await t
    .expect(control.chargeBackPayment(id))
    .rejects.toMatchObject({ code: "illegal_transition" });
  await pass(SETTLE_MS);
  t.expect(await control.mediatePayment(id)).toMatchObject({ state: "in_mediation" });
  t.expect(await control.approvePayment(id)).toMatchObject({ state: "approved" });
  const open = { state: "charged_back", chargeback: "open" };
  t.expect(await control.chargeBackPayment(id)).toMatchObject(open);
  t.expect(await control.chargeBackPayment(id)).toMatchObject(open);
  await t.expect(control.mediatePayment(id)).rejects.toMatchObject({ code: "illegal_transition" });
  const won = { state: "approved", chargeback: "won" };
  t.expect(await control.winChargeback(id)).toMatchObject(won);
  await t.expect(control.loseChargeback(id)).rejects.toMatchObject({ code: "illegal_transition" });
  await control.chargeBackPayment(id);
  const lost = { state: "charged_back", chargeback: "lost" };
  t.expect(await control.loseChargeback(id)).toMatchObject(lost);

  const other = await payments.createPayment({ ...charge, idempotencyKey: "payment-2" });
  const rejected = { state: "rejected", reason: "high_risk" };
  t.expect(await control.rejectPayment(other.id, "high_risk")).toMatchObject(rejected);
  t.expect(await pass(DAY_MS)).toEqual([]);
  await t.expect(control.approvePayment("nobody")).rejects.toMatchObject({ code: "not_found" });
  const told = await payments.listEvents({ limit: 100 });
  t.expect(told.map(({ type }) => type.replace("payment.", ""))).toEqual([
    "approved",
    "in_mediation",
    "approved",
    "charged_back",
    "approved",
    "charged_back",
    "charged_back",
    "rejected",
  ]);
});

test("each chargeback has its own time until it is decided", async (t) => {
  const { control, id, pass, current } = await charged(t, { cardToken: "tok_chargeback_won" });
  await pass(SETTLE_MS);
  await control.chargeBackPayment(id);
  await control.winChargeback(id);
  t.expect(await pass(30 * DAY_MS)).toEqual([]);
  await control.chargeBackPayment(id);
  t.expect(await pass(9 * DAY_MS)).toEqual([]);
  t.expect(await current()).toMatchObject({ state: "charged_back", chargeback: "open" });
  t.expect(await pass(DAY_MS)).toEqual(["payment.approved"]);
});
