import { expect, test } from "vitest";
import { newId } from "../../domain/ids.ts";
import { testMarketplace } from "../../testing/marketplace.ts";
import { testSale } from "../../testing/sale.ts";
import { answer, ask } from "../ask.ts";
import { refundPayment } from "../refund-payment.ts";
import {
  openPayments,
  openRefunds,
  queueCounts,
  waitingQuestions,
  waitingShipments,
  waitingWebhooks,
} from "./queues.ts";

const ALL = { from: "first", limit: 10 } as const;

test("questions wait until they are answered, the oldest first", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const actor = await market.user("sol", "support");
  const { id: publication } = await market.publication(ana);
  const asked: string[] = [];
  for (const text of ["Is it new?", "Which colour?", "Does it work?"])
    asked.push((await ask({ actor: carla, publication, text, id: newId() }, deps)).id);
  await market.relay();
  const first = await waitingQuestions({ actor, from: "first", limit: 2 }, deps);
  expect(first.rows.map(({ id }) => id)).toEqual(asked.slice(0, 2));
  expect(first).toMatchObject({ total: 3, hasBefore: false, hasAfter: true });
  expect(first.rows[0]).toMatchObject({
    publicationId: publication,
    sellerEmail: "ana@example.com",
    askerEmail: "carla@example.com",
    text: "Is it new?",
  });
  const rest = await waitingQuestions({ actor, from: { after: asked[1] ?? "" }, limit: 2 }, deps);
  expect(rest.rows.map(({ id }) => id)).toEqual(asked.slice(1));
  expect([rest.hasBefore, rest.hasAfter]).toEqual([true, false]);

  await answer({ actor: ana, question: asked[0] ?? "", answer: "Yes" }, deps);
  await market.relay();
  const left = await waitingQuestions({ actor, ...ALL }, deps);
  expect(left.rows.map(({ id }) => id)).toEqual(asked.slice(1));
  await expect(async () => waitingQuestions({ actor: ana, ...ALL }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
});

test("an order waits for its parcel to be sent, then to arrive, and for its money to come back", async (t) => {
  const sale = await testSale(t);
  const { deps, staff: actor, orderId } = sale;
  const parcels = async (queue: "dispatch" | "late" | "not_delivered") => {
    sale.later(0.001);
    return (await waitingShipments({ actor, queue, ...ALL }, deps)).rows;
  };
  expect(await parcels("dispatch")).toMatchObject([
    { id: orderId, orderState: "paid", shipmentState: "pending", sellerEmail: "ana@example.com" },
  ]);
  expect((await openPayments({ actor, ...ALL }, deps)).rows).toEqual([]);
  await sale.bring("shipped");
  expect(await parcels("dispatch")).toEqual([]);
  expect(await parcels("late")).toEqual([]);
  sale.later(20);
  expect(await parcels("late")).toMatchObject([{ id: orderId, shipmentState: "shipped" }]);
  await sale.bring("not_delivered");
  expect(await parcels("late")).toEqual([]);
  expect(await parcels("not_delivered")).toMatchObject([{ id: orderId }]);

  const { paymentId: payment } = sale;
  await refundPayment({ actor, payment, amount: "40", reason: "late", key: newId() }, deps);
  const [refund] = (await openRefunds({ actor, ...ALL }, deps)).rows;
  expect(refund).toMatchObject({ orderId, amountMinor: 4_000, buyerEmail: "carla@example.com" });
  await sale.refunds();
  expect((await openRefunds({ actor, ...ALL }, deps)).rows).toEqual([]);
});

test("a refund that failed waits until it was requested again and came", async (t) => {
  const sale = await testSale(t, { card: "tok_refund_fails_once" });
  const { deps } = sale.market;
  const [actor, payment] = [sale.staff, sale.paymentId];
  await sale.bring("delivered");
  const request = () => refundPayment({ actor, payment, reason: "late", key: newId() }, deps);
  await request();
  await sale.refunds();
  const waiting = async () => (await openRefunds({ actor, ...ALL }, deps)).rows;
  expect(await waiting()).toMatchObject([{ orderId: sale.orderId, state: "failed", attempt: 1 }]);
  await request();
  await sale.refunds();
  expect(await waiting()).toEqual([]);
});

test("a message that nobody acted on waits, and is counted", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const actor = await market.user("sol", "support");
  await deps.webhooks.receive({
    id: newId(),
    provider: "payments",
    providerEventId: "evt_1",
    body: "{}",
    receivedAt: deps.now(),
  });
  const { rows } = await waitingWebhooks({ actor, ...ALL }, deps);
  expect(rows).toMatchObject([{ provider: "payments", state: "received", attempts: 0 }]);
  expect(await queueCounts({ actor }, deps)).toEqual({
    ...{ questions: 0, payments: 0, refunds: 0, webhooks: 1 },
    ...{ dispatch: 0, late: 0, notDelivered: 0 },
  });
});
