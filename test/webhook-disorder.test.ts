import { createHash } from "node:crypto";
import { type TestContext, test } from "vitest";
import type { Actor } from "../src/domain/actor.ts";
import { signWebhook } from "../src/domain/webhook-signature.ts";
import { buy } from "../src/operations/buy.ts";
import { cancelOrder } from "../src/operations/cancel-order.ts";
import { pay } from "../src/operations/pay.ts";
import { processWebhooks, receiveWebhook } from "../src/operations/receive-webhook.ts";
import { settlePayment, settleRefunds } from "../src/operations/settle-payment.ts";
import { settleShipment } from "../src/operations/settle-shipment.ts";
import { ship } from "../src/operations/ship.ts";
import { NO_FAULTS } from "../src/providers/simulator/faults.ts";
import type { ProviderEvent, WebhookProvider } from "../src/providers/webhook-event.ts";
import { type Marketplace, testMarketplace } from "../src/testing/marketplace.ts";

const ORDERS = Number(process.env.MKT_DISORDER_ORDERS ?? 50);
const SEED = process.env.MKT_SEED ?? "42";
const TIMEOUT_MS = 600_000;
const EVENTS_LIMIT = 1_000;

/** What becomes of an order by its number. */
const STORIES = ["delivered", "declined", "cancelled", "not delivered", "lost"] as const;
type Story = (typeof STORIES)[number];

const ADDRESS: Partial<Record<Story, string>> = {
  "not delivered": "nobody home street 1",
  lost: "lost parcel lane 1",
};

interface Message {
  provider: WebhookProvider;
  event: ProviderEvent;
  forged?: boolean;
}

/** From 0 to below 1, decided by the seed and the words alone. */
function chance(...words: readonly (string | number)[]): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([SEED, ...words]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

interface Scene {
  market: Marketplace;
  buyer: Actor;
  seller: Actor;
  publication: string;
  /** The events that both providers made since it was last asked. */
  events(): Promise<Message[]>;
}

async function setScene(t: TestContext): Promise<Scene> {
  const market = await testMarketplace(t, {
    times: { settleMs: 60_000, pickupMs: 60_000, deliveryMs: 60_000 },
  });
  const { deps } = market;
  // Nothing arrives by itself: this test is the network.
  await deps.simulators.setFaults({ ...NO_FAULTS, lose: 1 });
  const seller = await market.user("ana");
  const buyer = await market.user("beto");
  const { id: publication } = await market.publication(seller, { stock: 10_000 });
  const last: Record<WebhookProvider, string | undefined> = {
    payments: undefined,
    shipping: undefined,
  };
  const events = async () => {
    const found: Message[] = [];
    for (const provider of ["payments", "shipping"] as const) {
      const from = provider === "payments" ? deps.paymentProvider : deps.shippingProvider;
      const made = await from.listEvents({ limit: EVENTS_LIMIT, after: last[provider] });
      last[provider] = made.at(-1)?.id ?? last[provider];
      found.push(...made.map((event) => ({ provider, event })));
    }
    return found;
  };
  return { market, buyer, seller, publication, events };
}

/** Asks about everything that these messages were about, as reconciling does. */
async function askProviders(
  { market: { deps } }: Scene,
  messages: readonly Message[],
): Promise<void> {
  for (const { event } of messages) {
    const { object, id } = event.data;
    if (object === "payment") {
      await settlePayment((await deps.paymentProvider.getPayment(id)).idempotencyKey, deps);
    } else if (object === "shipment") {
      await settleShipment((await deps.shippingProvider.getShipment(id)).idempotencyKey, deps);
    }
  }
}

let offsetMs = 0;

/** Everything that is due at the providers within the next minutes happens. */
async function elapse({ market }: Scene): Promise<void> {
  offsetMs += 180_000;
  await market.deps.simulators.setClock(offsetMs);
}

type Deliver = (messages: readonly Message[]) => Promise<void>;

/** Plays the story of one order; what the providers tell meanwhile goes through `deliver`. */
async function play(scene: Scene, key: string, story: Story, deliver: Deliver): Promise<string> {
  const { market, buyer, seller, publication } = scene;
  const { deps } = market;
  const wanted = [{ publication, quantity: 1 }];
  const purchase = await buy({ actor: buyer, key, wanted, shipTo: ADDRESS[story] ?? null }, deps);
  const order = purchase.orders[0]?.id ?? "";
  const card = story === "declined" ? "tok_declined" : "tok_approved";
  await pay({ actor: buyer, target: order, card, waitMs: 0 }, deps);
  await elapse(scene);
  await deliver(await scene.events());
  if (story === "declined") return order;
  if (story === "cancelled") {
    await cancelOrder({ actor: buyer, order, reason: "changed my mind" }, deps);
  } else {
    await ship({ actor: seller, order }, deps);
  }
  await elapse(scene);
  await deliver(await scene.events());
  return order;
}

async function receive(
  { market: { deps, config } }: Scene,
  { provider, event, forged }: Message,
): Promise<number> {
  const { deliveredAt, attempts, ...body } = event;
  const rawBody = Buffer.from(JSON.stringify(body));
  const secret = forged ? "somebody else's secret" : config.profile[provider].webhookSecret;
  const signatureHeader = signWebhook(rawBody, secret, new Date());
  return (await receiveWebhook({ provider, rawBody, signatureHeader }, deps)).status;
}

/** Everything that one order came to: states, history, money, stock, and the events of it all. */
async function effects({ market: { deps } }: Scene, orderId: string) {
  const order = await deps.orders.find(orderId);
  const payments = await deps.payments.ofOrder(orderId);
  const refunds = await deps.payments.refundsOf(payments.map(({ id }) => id));
  const shipments = await deps.shipments.ofOrder(orderId);
  const things = [orderId, ...[...payments, ...refunds, ...shipments].map(({ id }) => id)];
  const steps = await deps.orders.transitions(things);
  const ledger = await deps.ledger.list({ orderId, limit: 100 });
  return {
    order: [order?.state, order?.flags],
    payments: payments.map(({ state, late, amountMinor }) => [state, late, amountMinor]),
    refunds: refunds.map(({ state, amountMinor, attempt }) => [state, amountMinor, attempt]),
    shipments: shipments.map(({ state }) => state),
    history: steps
      .map(({ machine, event, from, to, actor }) => [machine, event, from, to, actor].join(" "))
      .sort(),
    ledger: ledger
      .map(({ kind, account, amountMinor }) => [kind, account, amountMinor].join(" "))
      .sort(),
  };
}

test(`webhooks shuffled, doubled, dropped, late and forged: ${ORDERS} orders, seed ${SEED}`, {
  timeout: TIMEOUT_MS,
}, async (t) => {
  offsetMs = 0;
  const scene = await setScene(t);
  const { deps } = scene.market;

  /** Told at once, each message once, in order. */
  const orderly: Deliver = async (messages) => {
    for (const message of messages) {
      t.expect(await receive(scene, message)).toBe(200);
      await processWebhooks(deps);
    }
    await settleRefunds(undefined, deps);
  };
  const expected = new Map<Story, Awaited<ReturnType<typeof effects>>>();
  for (const story of STORIES) {
    expected.set(story, await effects(scene, await play(scene, `model ${story}`, story, orderly)));
  }

  let forged = 0;
  const late: Message[] = [];
  const orders: { id: string; story: Story }[] = [];
  for (let number = 0; number < ORDERS; number += 1) {
    const story = STORIES[number % STORIES.length] ?? "delivered";
    const disorderly: Deliver = async (messages) => {
      const told = messages.flatMap((message, index): Message[] => {
        const draw = (what: string) => chance(what, number, message.event.type, index);
        if (draw("late") < 0.2) late.push(message);
        // What is dropped is told by a later message of the same thing, or found by asking.
        if (draw("drop") < 0.2) return [];
        return draw("double") < 0.3 ? [message, message] : [message];
      });
      const [first] = messages;
      if (first) told.push({ ...first, forged: true });
      const shuffled = told
        .map((message, index) => ({ message, at: chance("shuffle", number, index) }))
        .sort((a, b) => a.at - b.at);
      for (const { message } of shuffled) {
        const status = await receive(scene, message);
        t.expect(status).toBe(message.forged ? 401 : 200);
        if (message.forged) forged += 1;
        if (chance("act", number, message.event.type) < 0.5) await processWebhooks(deps);
      }
      await processWebhooks(deps);
      // All of a thing's messages may have been dropped.
      await askProviders(scene, messages);
      await settleRefunds(undefined, deps);
    };
    orders.push({ id: await play(scene, `order ${number}`, story, disorderly), story });
  }
  for (const message of late.reverse()) t.expect(await receive(scene, message)).toBe(200);
  while ((await processWebhooks(deps)) > 0);

  for (const { id, story } of orders) {
    t.expect(await effects(scene, id), `${story} ${id}`).toEqual(expected.get(story));
  }
  const refused = await deps.webhooks.list({ state: "refused", limit: 10_000 });
  t.expect(refused).toHaveLength(forged);
  t.expect(forged).toBeGreaterThanOrEqual(ORDERS);
});
