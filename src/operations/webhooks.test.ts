import { expect, test } from "vitest";
import { newId } from "../domain/ids.ts";
import { signWebhook } from "../domain/webhook-signature.ts";
import { MktError } from "../errors.ts";
import { NO_FAULTS } from "../providers/simulator/faults.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { listMissing, listWebhooks, showWebhook } from "./list-webhooks.ts";
import { pay } from "./pay.ts";
import { processWebhooks, receiveWebhook } from "./receive-webhook.ts";
import { resendMissing, resendWebhook } from "./resend-webhook.ts";

const PAGE = { limit: 100 };
const stopping = new AbortController().signal;

/** A reserved order whose payment the provider has approved, as it says at once. */
async function sold(market: Marketplace): Promise<{ orderId: string; providerId: string }> {
  const { deps } = market;
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const { id: publication } = await market.publication(ana);
  const wanted = [{ publication, quantity: 1 }];
  const purchase = await buy({ actor: carla, key: newId(), wanted, shipTo: null }, deps);
  const orderId = purchase.orders[0]?.id ?? "";
  await pay({ actor: carla, target: orderId, card: "tok_approved", waitMs: 0 }, deps);
  const [payment] = await deps.payments.ofOrder(orderId);
  return { orderId, providerId: payment?.providerId ?? "" };
}

/** Delivers an event about an object, signed with this secret. */
async function deliver({ deps }: Marketplace, objectId: string, secret: string): Promise<number> {
  const createdAt = new Date().toISOString();
  const data = { object: "payment", id: objectId };
  const rawBody = Buffer.from(
    JSON.stringify({ id: newId(), type: "payment.approved", createdAt, data }),
  );
  const signatureHeader = signWebhook(rawBody, secret, new Date());
  return (await receiveWebhook({ provider: "payments", rawBody, signatureHeader }, deps)).status;
}

test("a forged webhook is listed as refused with why, shows what it claims, and is not sent again", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const actor = await market.user("sam", "support");
  const { orderId, providerId } = await sold(market);
  expect(await deliver(market, providerId, "somebody else's secret")).toBe(401);

  const { items } = await listWebhooks({ actor, state: "refused", ...PAGE }, deps);
  expect(items).toMatchObject([
    { provider: "payments", eventId: null, type: "payment.approved", objectId: providerId },
  ]);
  const [refused] = items;
  expect(refused?.reason).toMatch(/signature/);
  const shown = await showWebhook({ actor, webhook: refused?.id ?? "" }, deps);
  expect(shown).toMatchObject({ state: "refused", about: { kind: "payment", orderId } });
  expect(shown.body).toMatchObject({ data: { id: providerId } });
  await expect(resendWebhook({ actor, webhook: refused?.id ?? "" }, deps)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/refused/),
  });
  expect((await deps.orders.find(orderId))?.state).toBe("reserved");

  const buyer = await market.user("dora");
  await expect(listWebhooks({ actor: buyer, ...PAGE }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
});

test("what was lost on its way is listed as missing, and comes when it is asked for again", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const actor = await market.user("olga", "operator");
  await deps.simulators.setFaults({ ...NO_FAULTS, lose: 1 });
  const { orderId, providerId } = await sold(market);
  await expect
    .poll(async () => (await deps.paymentProvider.getPayment(providerId)).state)
    .toBe("approved");
  const { items } = await listMissing({ actor, ...PAGE }, deps);
  expect(items).toMatchObject([
    { provider: "payments", type: "payment.approved", objectId: providerId, deliveredAt: null },
  ]);
  expect((await listMissing({ actor, provider: "shipping", ...PAGE }, deps)).items).toEqual([]);
  expect((await deps.orders.find(orderId))?.state).toBe("reserved");

  const [event] = items;
  expect(await resendWebhook({ actor, webhook: event?.id ?? "" }, deps)).toMatchObject({
    id: null,
    eventId: event?.id,
    state: null,
  });
  await market.until(async () => (await deps.orders.find(orderId))?.state === "paid");
  expect(await resendMissing({ actor, stopping }, deps)).toEqual({
    resent: { payments: 0, shipping: 0 },
  });
  const [received] = (await listWebhooks({ actor, ...PAGE }, deps)).items;
  expect(received).toMatchObject({ eventId: event?.id, state: "done" });
  // One of ours may be asked for again by either id, and is acted on again at once.
  for (const webhook of [received?.id ?? "", event?.id ?? ""]) {
    expect(await resendWebhook({ actor, webhook }, deps)).toMatchObject({
      id: received?.id,
      state: "done",
    });
  }
  await expect(resendWebhook({ actor, webhook: newId() }, deps)).rejects.toMatchObject({
    code: "not_found",
  });
});

test("sixty webhooks that fail for ever keep no other from its turn", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const actor = await market.user("olga", "operator");
  const { webhookSecret } = deps.profile.payments;
  for (let count = 0; count < 60; count += 1) {
    expect(await deliver(market, newId(), webhookSecret)).toBe(200);
  }
  const { orderId } = await sold(market);
  await market.until(async () => (await deps.orders.find(orderId))?.state === "paid");
  // They came before it, so each has had its turn by now.
  const failed = await listWebhooks({ actor, state: "failed", ...PAGE }, deps);
  expect(failed.items).toHaveLength(60);
  const [first] = failed.items;
  expect(first?.reason).toMatch(/there is no payment/);
  expect(first?.nextTryAt.localeCompare(first.receivedAt)).toBe(1);
});

test("what a provider does not answer about goes behind the others", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  for (let count = 0; count < 60; count += 1) {
    expect(await deliver(market, newId(), deps.profile.payments.webhookSecret)).toBe(200);
  }
  const { orderId, providerId } = await sold(market);
  const { paymentProvider: real } = deps;
  const getPayment = async (id: string) => {
    if (id === providerId) return real.getPayment(id);
    throw new MktError("unavailable", "the provider failed");
  };
  const paymentProvider = new Proxy(real, {
    get: (provider, name) => (name === "getPayment" ? getPayment : Reflect.get(provider, name)),
  });
  // Told of by now: the sixty before it are in its way.
  await expect.poll(async () => (await deps.webhooks.waiting("payments", 100, 1)).length).toBe(61);
  let turns = 0;
  while ((await deps.orders.find(orderId))?.state !== "paid" && turns < 100) {
    await expect(processWebhooks({ ...deps, paymentProvider })).rejects.toMatchObject({
      code: "unavailable",
    });
    turns += 1;
  }
  expect(turns).toBeLessThan(30);
  expect(await deps.webhooks.waiting("payments", 100, 1)).toHaveLength(60);
});

test("what somebody made at the provider by hand is heard of once, and is nothing of ours", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const actor = await market.user("sam", "support");
  const { orderId, providerId } = await sold(market);
  await market.until(async () => (await deps.orders.find(orderId))?.state === "paid");
  const byHand = { paymentId: providerId, amountMinor: 100 };
  for (const idempotencyKey of ["at the desk", newId()].map((key) => key.replaceAll(" ", "-")))
    await deps.paymentProvider.createRefund({ ...byHand, idempotencyKey });
  await market.until(async () => {
    const { items } = await listWebhooks({ actor, ...PAGE }, deps);
    return items.filter(({ type }) => type === "refund.succeeded").length === 2;
  });
  while ((await processWebhooks(deps)) > 0);
  const { items } = await listWebhooks({ actor, ...PAGE }, deps);
  expect(items.map(({ state }) => state)).toEqual(items.map(() => "done"));
  expect((await deps.orders.find(orderId))?.state).toBe("paid");
});
