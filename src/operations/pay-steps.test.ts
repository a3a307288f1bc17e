import { expect, test } from "vitest";
import type { Deps } from "../deps.ts";
import { but, DAY_MS, type OneSale, oneSale, silently } from "../testing/one-sale.ts";
import { cancelOrder } from "./cancel-order.ts";
import { capturePayment, finishCaptures } from "./capture-payment.ts";
import { confirmPayment } from "./confirm-payment.ts";
import { expirePayments } from "./expire-payments.ts";
import { expireReservations } from "./expire-reservations.ts";
import { pay } from "./pay.ts";

/** Far longer than a test may take: whoever waits for a verdict that does not come fails. */
const WAIT_MS = 600_000;
const MINUTE_MS = 60_000;

const payWith = async (card: string, { buyer, orderId, deps }: OneSale, authorize = false) => {
  const [payment] = await pay(
    { actor: buyer, target: orderId, card, waitMs: WAIT_MS, authorize },
    deps,
  );
  if (!payment) throw new Error("nothing was paid");
  return payment;
};

const capture = ({ seller, deps }: OneSale, payment: string, but: Partial<Deps> = {}) =>
  capturePayment({ actor: seller, payment }, { ...deps, ...but });
const confirm = ({ buyer, deps }: OneSale, payment: string, but: Partial<Deps> = {}) =>
  confirmPayment({ actor: buyer, payment, waitMs: WAIT_MS }, { ...deps, ...but });
const orderState = async ({ deps, orderId }: OneSale) => (await deps.orders.find(orderId))?.state;

test("an authorized payment holds the order until it is captured, and is charged once", async (t) => {
  const sale = await oneSale(t);
  const { deps, buyer, staff, orderId, advance, market } = sale;
  const { id, state, deadlineAt } = await payWith("tok_approved", sale, true);
  expect(state).toBe("authorized");
  expect(Date.parse(deadlineAt) - Date.parse(deps.now())).toBeGreaterThan(6 * DAY_MS);
  await advance(2 * DAY_MS);
  expect(await expirePayments(deps)).toEqual([]);
  expect(await expireReservations(deps)).toEqual([]);

  expect(await payWith("tok_approved_1881", sale)).toMatchObject({ id, state: "authorized" });
  expect(market.notices.at(-1)).toBe(
    `order ${orderId} has an authorized payment already: its seller takes the money with mkt payment capture ${id}; the card given now is not charged`,
  );
  await expect(capturePayment({ actor: buyer, payment: id }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
  expect(await orderState(sale)).toBe("reserved");

  expect(await capturePayment({ actor: staff, payment: id }, deps)).toMatchObject({
    state: "approved",
  });
  expect(await orderState(sale)).toBe("paid");
  expect(await capture(sale, id)).toMatchObject({ id, state: "approved" });
  expect(market.notices.at(-1)).toBe(`payment ${id} is captured already`);
  expect(await deps.payments.ofOrder(orderId)).toHaveLength(1);
  expect(await deps.shipments.ofOrder(orderId)).toHaveLength(1);
});

test("a capture that nobody answered is finished by whoever settles the payment next", async (t) => {
  const sale = await oneSale(t);
  const { deps } = sale;
  const { id } = await payWith("tok_approved", sale, true);
  const unheard = but(deps.paymentProvider, { capturePayment: silently() });
  await expect(capture(sale, id, { paymentProvider: unheard })).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(await deps.payments.find(id)).toMatchObject({ state: "authorized", capture: true });
  expect(await finishCaptures(deps)).toBe(1);
  expect(await deps.payments.find(id)).toMatchObject({ state: "approved" });
  expect(await finishCaptures(deps)).toBe(0);
  expect(await orderState(sale)).toBe("paid");
});

test("a capture that was made though nobody heard of it is not made again", async (t) => {
  const sale = await oneSale(t);
  const { deps } = sale;
  const { id } = await payWith("tok_approved", sale, true);
  const { paymentProvider } = deps;
  const silent = but(paymentProvider, {
    capturePayment: silently((one, key) => paymentProvider.capturePayment(one, key)),
  });
  await expect(capture(sale, id, { paymentProvider: silent })).rejects.toMatchObject({
    code: "unavailable",
  });
  const deaf = but(paymentProvider, { capturePayment: silently() });
  expect(await capture(sale, id, { paymentProvider: deaf })).toMatchObject({ state: "approved" });
  expect(await orderState(sale)).toBe("paid");
});

test("an authorization that is cancelled is not captured, and another card pays", async (t) => {
  const sale = await oneSale(t);
  const { deps, orderId } = sale;
  const { id, providerId } = await payWith("tok_approved", sale, true);
  await deps.paymentProvider.cancelPayment(providerId ?? "", id);
  await expect(capture(sale, id)).rejects.toMatchObject({ code: "illegal_transition" });
  expect(await deps.payments.find(id)).toMatchObject({ state: "cancelled", capture: false });
  await payWith("tok_approved_1881", sale);
  expect((await deps.payments.ofOrder(orderId)).map(({ state }) => state)).toEqual([
    "cancelled",
    "approved",
  ]);
});

test("an authorization that nobody captures ends at the provider's deadline", async (t) => {
  const sale = await oneSale(t);
  const { deps, market, advance, publicationId, orderId } = sale;
  const { id } = await payWith("tok_approved", sale, true);
  await advance(7 * DAY_MS + MINUTE_MS);
  await market.until(async () => (await deps.payments.find(id))?.state === "cancelled");
  await advance(16 * MINUTE_MS);
  expect(await expireReservations(deps)).toEqual([orderId]);
  expect((await deps.publications.find(publicationId))?.stock).toBe(4);
});

test("an order that is cancelled while its payment is authorized is never charged", async (t) => {
  const sale = await oneSale(t);
  const { deps, buyer, orderId } = sale;
  const { id, providerId } = await payWith("tok_approved", sale, true);
  const paymentProvider = but(deps.paymentProvider, { cancelPayment: silently() });
  await cancelOrder({ actor: buyer, order: orderId, reason: "no" }, { ...deps, paymentProvider });
  expect((await deps.payments.find(id))?.state).toBe("authorized");
  await expect(capture(sale, id)).rejects.toMatchObject({ code: "illegal_transition" });
  expect((await deps.payments.find(id))?.state).toBe("cancelled");
  expect(await deps.paymentProvider.getPayment(providerId ?? "")).toMatchObject({
    state: "cancelled",
    capturedMinor: 0,
  });
});

test("a payment that only is in process is not captured", async (t) => {
  const sale = await oneSale(t);
  const { id } = await payWith("tok_second_step", sale, true);
  await expect(capture(sale, id)).rejects.toMatchObject({ code: "illegal_transition" });
  await confirm(sale, id);
  expect((await sale.deps.payments.find(id))?.state).toBe("authorized");
  expect(await capture(sale, id)).toMatchObject({ state: "approved" });
});

test("a second step is not waited for; its buyer confirms it, once", async (t) => {
  const sale = await oneSale(t);
  const { deps, seller, orderId, market } = sale;
  const { id, state, nextActionUrl } = await payWith("tok_second_step", sale);
  expect({ state, nextActionUrl }).toEqual({
    state: "in_process",
    nextActionUrl: expect.stringContaining("second-step"),
  });
  expect(await payWith("tok_approved", sale)).toMatchObject({ id, nextActionUrl });
  expect(market.notices.at(-1)).toBe(
    `order ${orderId} has an open payment already (in_process): taking it up again; the card given now is not charged`,
  );
  const byOther = confirmPayment({ actor: seller, payment: id, waitMs: WAIT_MS }, deps);
  await expect(byOther).rejects.toMatchObject({ code: "not_allowed" });
  expect(await confirm(sale, id)).toMatchObject({ state: "approved", nextActionUrl: null });
  expect(await orderState(sale)).toBe("paid");
  expect(await confirm(sale, id)).toMatchObject({ id, state: "approved" });
  expect(await payWith("tok_second_step", sale)).toMatchObject({ id, state: "approved" });
});

test("a confirmation that the provider took, and did not answer, counts", async (t) => {
  const sale = await oneSale(t);
  const { paymentProvider } = sale.deps;
  const { id } = await payWith("tok_second_step", sale);
  const unheard = but(paymentProvider, { confirmPayment: silently() });
  await expect(confirm(sale, id, { paymentProvider: unheard })).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(await orderState(sale)).toBe("reserved");
  const silent = but(paymentProvider, {
    confirmPayment: silently((one, key) => paymentProvider.confirmPayment(one, key)),
  });
  expect(await confirm(sale, id, { paymentProvider: silent })).toMatchObject({ state: "approved" });
});

test("a second step that nobody passes in time ends the payment, and another card pays", async (t) => {
  const sale = await oneSale(t);
  const { deps, market, advance } = sale;
  const { id } = await payWith("tok_second_step", sale);
  await advance(61 * MINUTE_MS);
  await expect(confirm(sale, id)).rejects.toMatchObject({
    code: "declined",
    message: "the payment was cancelled before it was approved",
  });
  await market.until(async () => (await deps.payments.find(id))?.state === "cancelled");
  expect(await payWith("tok_approved", sale)).toMatchObject({ state: "approved" });
});

test("a ticket holds the order for days, and pays it when it is paid", async (t) => {
  const sale = await oneSale(t);
  const { deps, market, advance } = sale;
  const { id, cardBrand, deadlineAt } = await payWith("tok_ticket", sale);
  expect(cardBrand).toBe("ticket");
  expect(Date.parse(deadlineAt) - Date.parse(deps.now())).toBeGreaterThan(2 * DAY_MS);
  await expect(confirm(sale, id)).rejects.toMatchObject({ code: "illegal_transition" });
  await advance(2 * DAY_MS);
  expect(await expireReservations(deps)).toEqual([]);
  await advance(DAY_MS);
  await market.until(async () => (await orderState(sale)) === "paid");
  expect(await deps.payments.find(id)).toMatchObject({ state: "approved", nextActionUrl: null });
});

test("while a payment is open, another card takes it up again and is not charged", async (t) => {
  const sale = await oneSale(t, { settleMs: DAY_MS });
  const { deps, buyer, orderId, advance, market } = sale;
  const first = { actor: buyer, target: orderId, card: "tok_approved", waitMs: 0 };
  const [opened] = await pay(first, deps);
  const [again] = await pay({ ...first, card: "tok_approved_1881" }, deps);
  expect(again).toMatchObject({ id: opened?.id, state: "in_process", cardLastFour: "4242" });
  expect(market.notices).toContain(
    `order ${orderId} has an open payment already (in_process): taking it up again; the card given now is not charged`,
  );
  await advance(DAY_MS);
  await market.until(async () => (await orderState(sale)) === "paid");
  expect(await deps.payments.ofOrder(orderId)).toHaveLength(1);
});

test.for([
  ["tok_declined", "insufficient funds", "try another card"],
  ["tok_declined_expired_card", "the card has expired", "try a card that is still valid"],
  ["tok_declined_bad_security_code", "the security code is wrong", "enter the card again"],
  ["tok_declined_high_risk", "the provider takes it for too risky", "another card or a ticket"],
  ["tok_declined_call_for_authorize", "the bank wants to be called first", "call the bank"],
] as const)("%s: says why, what to do, and leaves the order to be paid", async ([
  card,
  why,
  advice,
], t) => {
  const sale = await oneSale(t);
  await expect(payWith(card, sale)).rejects.toMatchObject({
    code: "declined",
    message: `the payment was declined: ${why}`,
    hint: expect.stringMatching(
      new RegExp(`${advice}.* with mkt pay ${sale.orderId} --card TOKEN`),
    ),
  });
  expect(await payWith("tok_approved", sale)).toMatchObject({ state: "approved" });
  expect(await orderState(sale)).toBe("paid");
});
