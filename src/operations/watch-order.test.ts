import { expect, type TestContext, test } from "vitest";
import { testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { pay } from "./pay.ts";
import { awaitOrder } from "./show-order.ts";
import { watchOrder } from "./watch-order.ts";

const WAIT_MS = 5_000;

async function setup(t: TestContext) {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const lamp = await market.publication(seller);
  const wanted = [{ publication: lamp.id, quantity: 1 }];
  const { orders } = await buy({ actor: buyer, key: "k", wanted, shipTo: null }, deps);
  const order = orders[0]?.id ?? "";
  const stop = new AbortController();
  const watch = (more: Partial<Parameters<typeof watchOrder>[0]> = {}) =>
    watchOrder(
      { actor: buyer, order, until: [], timeoutMs: undefined, stopping: stop.signal, ...more },
      deps,
    );
  const payIt = () =>
    pay({ actor: buyer, target: order, card: "tok_approved", waitMs: WAIT_MS }, deps);
  const cancel = () => cancelOrder({ actor: buyer, order, reason: "changed my mind" }, deps);
  return { market, deps, buyer, order, stop, watch, payIt, cancel };
}

test("tells the history, then each step of everything of the order, to the end of its refund", async (t) => {
  const { market, watch, payIt, cancel, deps, order } = await setup(t);
  const steps: string[] = [];
  let work: Promise<unknown> = Promise.resolve();
  for await (const { machine, event, to } of watch()) {
    steps.push(`${machine} ${event}: ${to}`);
    if (event === "place") work = payIt();
    if (event === "create" && machine === "shipment") work = work.then(cancel);
    if (machine === "order" && to === "cancelled") {
      void market.until(async () => {
        const [payment] = await deps.payments.ofOrder(order);
        return payment?.state === "refunded";
      });
    }
  }
  await work;
  expect(steps[0]).toBe("order place: reserved");
  expect(new Set(steps).size).toBe(steps.length);
  expect(steps).toEqual(
    expect.arrayContaining([
      "payment create: created",
      "payment approve: approved",
      "order approve_payment: paid",
      "shipment create: pending",
      "order cancel: cancelled",
      "shipment cancel: cancelled",
      "refund succeed: succeeded",
    ]),
  );
});

test("stops in a wanted state, when told to, and when time is up", async (t) => {
  const { watch, payIt, stop } = await setup(t);
  const seen: string[] = [];
  await expect(async () => {
    for await (const { to } of watch({ timeoutMs: 0 })) seen.push(to);
  }).rejects.toMatchObject({ code: "unavailable" });
  expect(seen).toEqual(["reserved"]);
  await payIt();
  const steps: string[] = [];
  for await (const { to } of watch({ until: ["paid"] })) steps.push(to);
  expect(steps).toContain("paid");
  for await (const { machine } of watch()) if (machine === "shipment") stop.abort();
});

test("nobody waits for what cannot come any more", async (t) => {
  const { watch, cancel, deps, buyer, order } = await setup(t);
  await cancel();
  const steps: string[] = [];
  await expect(async () => {
    for await (const { to } of watch({ until: ["shipped"] })) steps.push(to);
  }).rejects.toMatchObject({ code: "illegal_transition" });
  expect(steps).toEqual(["reserved", "cancelled"]);
  const want = { actor: buyer, order, states: ["shipped", "paid"], timeoutMs: 600_000 };
  await expect(awaitOrder(want, deps)).rejects.toMatchObject({
    code: "illegal_transition",
    message: expect.stringContaining("shipped or paid"),
  });
});

test("an order is followed by its buyer, its seller and staff only", async (t) => {
  const { market, watch } = await setup(t);
  const other = await market.user("beto");
  await expect(watch({ actor: other }).next()).rejects.toMatchObject({ code: "not_allowed" });
});
