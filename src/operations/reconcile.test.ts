import { expect, type TestContext, test } from "vitest";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import type { Difference } from "../domain/reconciliation.ts";
import { signWebhook } from "../domain/webhook-signature.ts";
import { MktError } from "../errors.ts";
import { NO_FAULTS } from "../providers/simulator/faults.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { totalLedger } from "./list-ledger.ts";
import { pay } from "./pay.ts";
import { processWebhooks, receiveWebhook } from "./receive-webhook.ts";
import { type Reconciliation, reconcile } from "./reconcile.ts";
import { ship } from "./ship.ts";

const WAIT_MS = 5_000;
const HOUR_MS = 3_600_000;

const away = async (): Promise<never> => {
  throw new MktError("unavailable", "nobody answers");
};

/** The same provider, but for some calls. */
function but<T extends object>(provider: T, calls: Partial<T>): T {
  return new Proxy(provider, {
    get: (target, name) => Reflect.get(calls, name) ?? Reflect.get(target, name),
  });
}

interface Scene {
  market: Marketplace;
  deps: Deps;
  staff: Actor;
  seller: Actor;
  buyer: Actor;
  order: () => Promise<string>;
  run: (
    more?: { dryRun?: boolean; since?: string },
    other?: Partial<Deps>,
  ) => Promise<{ found: Difference[]; result: Reconciliation }>;
}

/** A marketplace whose providers tell nothing by themselves. */
async function setScene(t: TestContext): Promise<Scene> {
  const market = await testMarketplace(t, { times: { pickupMs: HOUR_MS, deliveryMs: HOUR_MS } });
  const { deps } = market;
  const staff = await market.user("olga", "operator");
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const { id: publication } = await market.publication(seller, { stock: 100 });
  await deps.simulators.setFaults({ ...NO_FAULTS, lose: 1 });
  return {
    market,
    deps,
    staff,
    seller,
    buyer,
    order: async () => {
      const wanted = [{ publication, quantity: 1 }];
      const request = { actor: buyer, key: newId(), wanted, shipTo: null };
      return (await buy(request, deps)).orders[0]?.id ?? "";
    },
    run: async (more = {}, other = {}) => {
      const differences = reconcile({ actor: staff, ...more }, { ...deps, ...other });
      const found: Difference[] = [];
      for (;;) {
        const next = await differences.next();
        if (next.done) return { found, result: next.value };
        found.push(next.value);
      }
    },
  };
}

async function paymentOf({ deps }: Scene, orderId: string) {
  const payment = (await deps.payments.ofOrder(orderId)).at(-1);
  if (!payment) throw new Error("there is no payment");
  return { ...payment, providerId: payment.providerId ?? "" };
}

/** An order whose payment stands so at its provider, and was heard of only at first. */
async function begunOrder(scene: Scene, card: string, state: string): Promise<string> {
  const { deps, buyer } = scene;
  const id = await scene.order();
  await pay({ actor: buyer, target: id, card, waitMs: 0 }, deps);
  const { providerId } = await paymentOf(scene, id);
  await reaches(async () => (await deps.paymentProvider.getPayment(providerId)).state, state);
  return id;
}

async function paidOrder(scene: Scene, card = "tok_approved"): Promise<string> {
  const { deps, buyer } = scene;
  const id = await scene.order();
  await pay({ actor: buyer, target: id, card, waitMs: WAIT_MS }, deps);
  expect((await deps.orders.find(id))?.state).toBe("paid");
  return id;
}

async function reaches(state: () => Promise<string | undefined>, wanted: string): Promise<void> {
  await expect.poll(state, { timeout: WAIT_MS, interval: 5 }).toBe(wanted);
}

async function isBalanced({ deps, staff }: Scene): Promise<void> {
  for (const { amountMinor } of (await totalLedger({ actor: staff }, deps)).totals)
    expect(amountMinor).toBe(0);
}

test("an approval that nobody told of pays the order; a dry run only shows it; a second run finds nothing", async (t) => {
  const scene = await setScene(t);
  const { deps, run } = scene;
  const orderId = await begunOrder(scene, "tok_approved", "approved");
  const { id } = await paymentOf(scene, orderId);

  const difference = { kind: "payment", id, orderId, ours: "in_process", theirs: "approved" };
  const dry = await run({ dryRun: true });
  expect(dry.found).toEqual([{ ...difference, action: "applied", after: null, reason: null }]);
  expect((await deps.orders.find(orderId))?.state).toBe("reserved");

  const { found, result } = await run();
  expect(found).toEqual([{ ...difference, action: "applied", after: "approved", reason: null }]);
  expect(result).toMatchObject({ differences: 1, failed: 0, checked: { payment: 1 } });
  expect((await deps.orders.find(orderId))?.state).toBe("paid");
  const again = await run();
  expect(again.found).toEqual([]);
  expect(again.result).toMatchObject({ differences: 0, checked: { payment: 1 } });
});

test("a charge whose answer was lost is found by its key", async (t) => {
  const scene = await setScene(t);
  const { deps, run, buyer } = scene;
  const orderId = await scene.order();
  const { paymentProvider: real } = deps;
  const paymentProvider = but(real, {
    createPayment: async (request) => {
      await real.createPayment(request);
      return away();
    },
    findByKey: away,
  });
  const asked = { actor: buyer, target: orderId, card: "tok_approved", waitMs: 0 };
  await expect(pay(asked, { ...deps, paymentProvider })).rejects.toMatchObject({
    code: "unavailable",
  });
  const { id } = await paymentOf(scene, orderId);
  await reaches(async () => (await real.findByKey(id))?.state, "approved");

  const { found } = await run();
  expect(found).toMatchObject([
    { id, ours: "created", theirs: "approved", action: "applied", after: "approved" },
  ]);
  expect((await deps.orders.find(orderId))?.state).toBe("paid");
  expect((await run()).found).toEqual([]);
});

test("a payment that was given up and approved all the same is refunded", async (t) => {
  const scene = await setScene(t);
  const { deps, run, buyer } = scene;
  const orderId = await begunOrder(scene, "tok_second_step", "in_process");
  await cancelOrder({ actor: buyer, order: orderId, reason: "too long" }, deps);
  const { id, providerId } = await paymentOf(scene, orderId);
  expect((await deps.payments.find(id))?.state).toBe("cancelled");
  await deps.simulators.approvePayment(providerId);

  expect((await run({ dryRun: true })).found).toMatchObject([{ action: "refund requested" }]);
  const { found } = await run();
  // By then the provider may have settled the refund, too.
  expect(found[0]).toMatchObject({
    kind: "payment",
    id,
    ours: "cancelled",
    theirs: "approved",
    action: "refund requested",
  });
  const [refund] = await deps.payments.refundsOf([id]);
  await reaches(
    async () => (await deps.paymentProvider.getRefund(refund?.providerId ?? "")).state,
    "succeeded",
  );
  const second = await run();
  expect(second.found.filter(({ action }) => action === "nothing possible")).toEqual([]);
  expect((await run()).found).toEqual([]);
  expect(await deps.payments.find(id)).toMatchObject({ state: "refunded", late: true });
  await isBalanced(scene);
});

test("what waits at the provider for an order that is over is cancelled there", async (t) => {
  const scene = await setScene(t);
  const { deps, run, buyer } = scene;
  const orderId = await begunOrder(scene, "tok_second_step", "in_process");
  const { id, providerId } = await paymentOf(scene, orderId);
  const paymentProvider = but(deps.paymentProvider, { cancelPayment: away });
  const offline = { ...deps, paymentProvider };
  await cancelOrder({ actor: buyer, order: orderId, reason: "too long" }, offline);

  const { found } = await run();
  expect(found).toMatchObject([
    { id, ours: "in_process", action: "cancelled at the provider", after: "cancelled" },
  ]);
  expect((await deps.paymentProvider.getPayment(providerId)).state).toBe("cancelled");
  expect((await run()).found).toEqual([]);
});

test("a chargeback that nobody told of is applied, and so is its end", async (t) => {
  const scene = await setScene(t);
  const { deps, run } = scene;
  const orderId = await paidOrder(scene);
  const { id, providerId } = await paymentOf(scene, orderId);
  await deps.simulators.chargeBackPayment(providerId);
  expect((await run()).found).toMatchObject([
    { id, ours: "approved", theirs: "charged_back (chargeback open)", after: "charged_back" },
  ]);
  expect((await deps.orders.find(orderId))?.flags).toEqual(["chargeback"]);
  await deps.simulators.loseChargeback(providerId);
  expect((await run()).found).toMatchObject([
    { ours: "charged_back (chargeback open)", theirs: "charged_back (chargeback lost)" },
  ]);
  expect((await run()).found).toEqual([]);
  await isBalanced(scene);
});

test("a chargeback of a payment that is long settled is found by the event that never came", async (t) => {
  const scene = await setScene(t);
  const { deps, run } = scene;
  const orderId = await paidOrder(scene);
  const { id, providerId, changedAt } = await paymentOf(scene, orderId);
  const since = new Date(Date.parse(changedAt) + 1).toISOString();
  expect((await run({ since })).result).toMatchObject({ checked: { payment: 0 }, differences: 0 });
  await deps.simulators.chargeBackPayment(providerId);
  expect((await run({ since, dryRun: true })).found).toMatchObject([{ id, action: "applied" }]);
  const { found, result } = await run({ since });
  expect(found).toMatchObject([{ kind: "payment", id, after: "charged_back" }]);
  expect(result.checked.event).toBeGreaterThan(0);
  expect((await run({ since })).found).toEqual([]);
});

test("a refund that was never sent is sent; one that succeeded unheard is counted", async (t) => {
  const scene = await setScene(t);
  const { deps, run, buyer } = scene;
  const orderId = await paidOrder(scene);
  const { id } = await paymentOf(scene, orderId);
  const paymentProvider = but(deps.paymentProvider, { createRefund: away });
  const offline = { ...deps, paymentProvider };
  await cancelOrder({ actor: buyer, order: orderId, reason: "too long" }, offline);
  const [refund] = await deps.payments.refundsOf([id]);

  expect((await run()).found).toMatchObject([
    { kind: "refund", id: refund?.id, orderId, ours: "requested", theirs: "not there" },
  ]);
  const [sent] = await deps.payments.refundsOf([id]);
  await reaches(
    async () => (await deps.paymentProvider.getRefund(sent?.providerId ?? "")).state,
    "succeeded",
  );
  expect((await run()).found).toMatchObject([
    { kind: "refund", ours: "pending", theirs: "succeeded", action: "applied", after: "succeeded" },
  ]);
  expect((await run()).found).toEqual([]);
  expect((await deps.payments.find(id))?.state).toBe("refunded");
  await isBalanced(scene);
});

test("a refund that failed, and money that left by another way, are told as open", async (t) => {
  const scene = await setScene(t);
  const { deps, run, buyer } = scene;
  const failing = await paidOrder(scene, "tok_refund_fails");
  await cancelOrder({ actor: buyer, order: failing, reason: "too long" }, deps);
  const [refund] = await deps.payments.refundsOf([(await paymentOf(scene, failing)).id]);
  const { providerId: refundId } = refund ?? {};
  await reaches(async () => (await deps.paymentProvider.getRefund(refundId ?? "")).state, "failed");
  const desk = await paymentOf(scene, await paidOrder(scene));
  const asked = { idempotencyKey: newId(), paymentId: desk.providerId, amountMinor: 100 };
  const { id: deskId } = await deps.paymentProvider.createRefund(asked);
  await reaches(async () => (await deps.paymentProvider.getRefund(deskId)).state, "succeeded");

  const first = await run();
  expect(first.found).toMatchObject([
    {
      kind: "payment",
      id: desk.id,
      ours: "approved, ARS 0.00 given back",
      theirs: "approved, ARS 1.00 given back",
      action: "nothing possible",
    },
    { kind: "refund", id: refund?.id, ours: "pending", theirs: "failed", after: "failed" },
  ]);
  expect(first.result.failed).toBe(1);
  const second = await run();
  expect(second.result.failed).toBe(2);
  expect(second.found[1]).toMatchObject({
    kind: "refund",
    ours: "failed",
    theirs: "failed",
    reason: expect.stringContaining("mkt payment refund"),
  });
});

test("parcels: a label whose answer was lost, one that arrived unheard, one nobody needs any more", async (t) => {
  const scene = await setScene(t);
  const { deps, run, seller } = scene;
  const [lost, arrived, unneeded] = [
    await paidOrder(scene),
    await paidOrder(scene),
    await paidOrder(scene),
  ];
  const { shippingProvider: real } = deps;
  const createShipment: typeof real.createShipment = async (request) => {
    await real.createShipment(request);
    return away();
  };
  const shippingProvider = but(real, { createShipment });
  await expect(
    ship({ actor: seller, order: lost }, { ...deps, shippingProvider }),
  ).rejects.toMatchObject({ code: "unavailable" });
  for (const order of [arrived, unneeded]) await ship({ actor: seller, order }, deps);
  const shipmentOf = async (order: string) => {
    const [shipment] = await deps.shipments.ofOrder(order);
    return { id: shipment?.id ?? "", providerId: shipment?.providerId ?? "" };
  };
  const parcel = await shipmentOf(arrived);
  await deps.simulators.deliverShipment(parcel.providerId);
  const by = { id: seller.userId, name: `user:${seller.userId}` };
  await deps.orders.cancel(unneeded, by, "broken", deps.now());
  const label = await shipmentOf(unneeded);
  const { id: lostId } = await shipmentOf(lost);

  const { found } = await run();
  const shipments = found.filter(({ kind }) => kind === "shipment");
  expect(shipments).toHaveLength(3);
  expect(shipments).toContainEqual(
    expect.objectContaining({ id: parcel.id, theirs: "delivered", after: "delivered" }),
  );
  expect(shipments).toContainEqual(expect.objectContaining({ id: lostId, ours: "handling" }));
  expect(shipments).toContainEqual(
    expect.objectContaining({ id: label.id, ours: "cancelled", action: "voided" }),
  );
  expect((await deps.orders.find(arrived))?.state).toBe("delivered");
});

test("a provider that is away keeps only its own things from being checked", async (t) => {
  const scene = await setScene(t);
  const { deps, run, seller } = scene;
  const open = await begunOrder(scene, "tok_approved", "approved");
  const shipped = await paidOrder(scene);
  await ship({ actor: seller, order: shipped }, deps);
  const [shipment] = await deps.shipments.ofOrder(shipped);
  await deps.simulators.deliverShipment(shipment?.providerId ?? "");

  const paymentProvider = but(deps.paymentProvider, { getPayment: away });
  const { found, result } = await run({}, { paymentProvider });
  expect(found).toMatchObject([{ kind: "shipment", orderId: shipped, theirs: "delivered" }]);
  expect(result).toMatchObject({
    checked: { payment: 0, shipment: 1 },
    notChecked: { payment: 2, shipment: 0 },
  });
  expect((await deps.orders.find(open))?.state).toBe("reserved");
  expect((await run()).found).toMatchObject([{ kind: "payment", orderId: open }]);
});

test("webhooks that nothing was done about are acted on again", async (t) => {
  const scene = await setScene(t);
  const { deps, run, market } = scene;
  const orderId = await paidOrder(scene);
  const { providerId } = await paymentOf(scene, orderId);
  for (const id of [newId(), providerId]) {
    const createdAt = new Date().toISOString();
    const event = { id: newId(), type: "payment.approved", createdAt };
    const rawBody = Buffer.from(JSON.stringify({ ...event, data: { object: "payment", id } }));
    const signatureHeader = signWebhook(
      rawBody,
      market.config.profile.payments.webhookSecret,
      new Date(),
    );
    await receiveWebhook({ provider: "payments", rawBody, signatureHeader }, deps);
  }
  const broken = but(deps.paymentProvider, {
    getPayment: async () => {
      throw new MktError("declined", "not today");
    },
  });
  await processWebhooks({ ...deps, paymentProvider: broken });

  const { found } = await run();
  expect(found).toMatchObject([
    { kind: "webhook", orderId: null, ours: "failed once", action: "nothing possible" },
    { kind: "webhook", orderId, ours: "failed once", action: "applied", after: "done" },
  ]);
  expect((await run()).found).toHaveLength(1);
});

test("only what changed since is asked about when it looks settled; a stop is said; buyers may not", async (t) => {
  const scene = await setScene(t);
  const { deps, run, buyer } = scene;
  await paidOrder(scene);
  const since = new Date(Date.now() + 60_000).toISOString();
  expect((await run({ since })).result).toMatchObject({ since, checked: { payment: 0 } });
  const stopping = AbortSignal.abort();
  const differences = reconcile({ actor: scene.staff, stopping }, deps);
  expect(await differences.next()).toMatchObject({
    done: true,
    value: { stopped: true, checked: { payment: 0 } },
  });
  await begunOrder(scene, "tok_approved", "approved");
  const stop = new AbortController();
  const begun = reconcile({ actor: scene.staff, stopping: stop.signal }, deps);
  expect(await begun.next()).toMatchObject({ done: false, value: { after: "approved" } });
  stop.abort();
  expect(await begun.next()).toMatchObject({
    done: true,
    value: { stopped: true, checked: { payment: 2, shipment: 0 }, differences: 1 },
  });
  await expect(reconcile({ actor: buyer }, deps).next()).rejects.toMatchObject({
    code: "not_allowed",
  });
});
