import { expect, type TestContext, test } from "vitest";
import type { Actor } from "../domain/actor.ts";
import type { Notification } from "../domain/notification.ts";
import { openDatabase, told } from "../testing/relay.ts";
import { type TestSale, testSale } from "../testing/sale.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { expireReservations } from "./expire-reservations.ts";
import { failLateDeliveries } from "./fail-late-deliveries.ts";
import { inbox } from "./inbox.ts";
import { missDispatch } from "./miss-dispatch.ts";
import { openDispute } from "./open-dispute.ts";
import { pay } from "./pay.ts";
import { refundPayment } from "./refund-payment.ts";
import { type ResolveRequest, resolveDispute } from "./resolve-dispute.ts";
import { settlePayment, settleRefunds } from "./settle-payment.ts";
import { settleShipment } from "./settle-shipment.ts";

/** What people type in these tests: nobody's notification may hold it. */
const TYPED = "it was a present for my aunt";

const eventOf = ({ id }: Notification) => Number(id.replace("event-", ""));

/** A sale, and what its parties were told since it was asked last, in order. */
async function sell(t: TestContext) {
  const sale = await testSale(t);
  const seen = new Set<string>();
  const newTo = async (user: Actor) => {
    const all = await told(sale.deps, user);
    expect(JSON.stringify(all)).not.toContain(TYPED);
    const news = all.filter(({ id }) => !seen.has(`${user.userId} ${id}`));
    for (const { id } of news) seen.add(`${user.userId} ${id}`);
    return news.sort((a, b) => eventOf(a) - eventOf(b)).map(({ data }) => data.text);
  };
  const news = async () => {
    expect((await sale.market.relay()).setAside).toEqual([]);
    const [buyer, seller] = [await newTo(sale.buyer), await newTo(sale.seller)];
    expect(await newTo(sale.staff)).toEqual([]);
    return { buyer, seller };
  };
  return { ...sale, news };
}

const open = (
  { deps, orderId }: TestSale,
  actor: Actor,
  reason: "not_received" | "not_as_described",
) => openDispute({ actor, order: orderId, reason, note: TYPED }, deps);

const resolve = (
  { deps, staff, orderId }: TestSale,
  how: Pick<ResolveRequest, "refund" | "dismiss">,
) => resolveDispute({ actor: staff, order: orderId, note: TYPED, ...how }, deps);

const nothing = { buyer: [], seller: [] };
const toBoth = (text: string) => ({ buyer: [text], seller: [text] });

test("a dispute is told to the seller, how it ends to both, and each only once", async (t) => {
  const sale = await sell(t);
  await sale.bring("delivered");
  expect(await sale.news()).toEqual({
    buyer: [
      "Your order is on its way",
      "Your order was delivered: a review tells others how it was",
    ],
    seller: ["An order is paid: it can be shipped"],
  });
  await open(sale, sale.buyer, "not_as_described");
  const disputed = "The buyer says that the purchase did not conform";
  expect(await sale.news()).toEqual({ buyer: [], seller: [disputed] });
  await resolve(sale, { refund: { amount: "33.33" } });
  expect(await sale.refunds()).toEqual(["succeeded"]);
  const decided = "The dispute was decided: the buyer gets ARS 33.33 back";
  expect(await sale.news()).toEqual({
    buyer: [decided, "ARS 33.33 was given back to you"],
    seller: [decided, "ARS 33.33 was given back to the buyer"],
  });
  const items = await inbox({ actor: sale.seller, limit: 10, unreadOnly: true }, sale.deps);
  const subjects = items.filter(({ kind }) => /^(dispute|refund)\./.test(kind));
  expect(subjects.map(({ subject }) => subject)).toEqual(Array(3).fill(sale.orderId));

  const db = openDatabase(t, sale.market);
  await db.updateTable("cursor").set({ position: 0 }).where("name", "=", "relay").execute();
  expect(await sale.news()).toEqual(nothing);
});

test("both are told of a dispute that support opens, and of one that is dismissed", async (t) => {
  const sale = await sell(t);
  await sale.bring("shipped");
  await sale.news();
  await open(sale, sale.staff, "not_received");
  expect(await sale.news()).toEqual(toBoth("Support opened a dispute: the order did not arrive"));
  await resolve(sale, { dismiss: true });
  expect(await sale.news()).toEqual(
    toBoth("The dispute was decided for the seller: nothing is given back"),
  );
});

test("a chargeback is told as what the bank did, and what is flagged is not told again", async (t) => {
  const sale = await sell(t);
  await sale.bring("delivered");
  await sale.news();
  await sale.bank("chargeBackPayment");
  expect(await sale.news()).toEqual({
    buyer: [],
    seller: ["The buyer's bank took the payment back: the order is disputed"],
  });
  await resolve(sale, { refund: {} });
  const decided = "The dispute was decided for the buyer, who gets ARS 2,600.00 back";
  expect(await sale.news()).toEqual(toBoth(decided));
  await sale.bank("loseChargeback");
  expect(await sale.news()).toEqual(nothing);
});

test("a refund by support is told to both without its reason", async (t) => {
  const sale = await sell(t);
  const { deps, staff, paymentId } = sale;
  await sale.bring("delivered");
  await sale.news();
  await refundPayment({ actor: staff, payment: paymentId, amount: "5.00", reason: TYPED }, deps);
  expect(await sale.refunds()).toEqual(["succeeded"]);
  expect(await sale.news()).toEqual({
    buyer: ["ARS 5.00 was given back to you"],
    seller: ["ARS 5.00 was given back to the buyer"],
  });
});

test("of a cancelled order the buyer is told when the money is back", async (t) => {
  const sale = await sell(t);
  await sale.news();
  await cancelOrder({ actor: sale.seller, order: sale.orderId, reason: TYPED }, sale.deps);
  expect(await sale.refunds()).toEqual(["succeeded"]);
  expect(await sale.news()).toEqual({
    buyer: ["The order was cancelled", "ARS 2,600.00 was given back to you"],
    seller: ["The order was cancelled"],
  });
});

test("a payment that came too late is told to the buyer, as is that it is back", async (t) => {
  const sale = await sell(t);
  const { deps, buyer, market } = sale;
  const wanted = [{ publication: sale.publicationIds[0] ?? "", quantity: 1 }];
  const { orders } = await buy({ actor: buyer, key: "late", wanted, shipTo: null }, deps);
  const target = orders[0]?.id ?? "";
  const paying = pay({ actor: buyer, target, card: "tok_declined", waitMs: 5_000 }, deps);
  await expect(paying).rejects.toMatchObject({ code: "declined" });
  sale.later(1);
  expect(await expireReservations(deps)).toEqual([target]);
  await sale.news();
  const [payment] = await deps.payments.ofOrder(target);
  const paymentId = payment?.id ?? "";
  await deps.simulators.approvePayment(payment?.providerId ?? "");
  await settlePayment(paymentId, deps);
  await market.until(async () => {
    await settleRefunds(paymentId, deps);
    return (await deps.payments.refundsOf([paymentId])).every(({ state }) => state === "succeeded");
  });
  expect(await sale.news()).toEqual({
    buyer: [
      "A payment came when its order no longer waited for it: ARS 2,600.00 is given back",
      "ARS 2,600.00 was given back to you",
    ],
    seller: [],
  });
});

test("both are told what timers did to an order", async (t) => {
  const sale = await sell(t);
  await sale.news();
  sale.later(8);
  expect(await missDispatch(sale.deps)).toEqual([sale.orderId]);
  expect(await sale.refunds()).toEqual(["succeeded"]);
  const text = "Nothing was sent within 7 days: the order was cancelled";
  expect(await sale.news()).toEqual({
    buyer: [text, "ARS 2,600.00 was given back to you"],
    seller: [text],
  });
});

test("both are told of a parcel that never came, and the seller when it is back", async (t) => {
  const sale = await sell(t);
  const { deps, orderId } = sale;
  await sale.bring("shipped");
  await sale.news();
  sale.later(60);
  expect(await failLateDeliveries(deps)).toEqual([orderId]);
  const why = `mkt order why ${orderId} shows what you can do`;
  expect(await sale.news()).toEqual({
    buyer: [`Your order did not arrive: ${why}`],
    seller: [`An order did not arrive: ${why}`],
  });
  const [shipment] = await deps.shipments.ofOrder(orderId);
  await deps.simulators.returnShipment(shipment?.providerId ?? "");
  await settleShipment(shipment?.id ?? "", deps);
  expect(await sale.news()).toEqual({
    buyer: [],
    seller: [
      `A parcel came back: mkt shipment restock ${shipment?.id} puts its goods in stock again`,
    ],
  });
});
