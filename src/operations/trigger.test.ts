import { expect, type TestContext, test } from "vitest";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { pay } from "./pay.ts";
import { trigger, triggers } from "./trigger.ts";

const DAY_MS = 86_400_000;

async function setup(t: TestContext) {
  const market = await testMarketplace(t, { times: { pickupMs: DAY_MS, deliveryMs: DAY_MS } });
  const { deps } = market;
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const operator = await market.user("olga", "operator");
  const lamp = await market.publication(seller, { stock: 1_000 });
  const chair = await market.publication(seller, { title: "Chair", stock: 1_000 });
  const reserve = async (): Promise<string> => {
    const wanted = [lamp, chair].map(({ id }) => ({ publication: id, quantity: 1 }));
    const request = { actor: buyer, key: newId(), wanted, shipTo: null };
    return (await buy(request, deps)).orders[0]?.id ?? "";
  };
  const run = async (
    what: string,
    order: string,
    more: { actor?: Actor; dryRun?: boolean } = {},
  ) => {
    const steps: string[] = [];
    const request = { actor: operator, what, order, dryRun: false, ...more };
    for await (const { from, to, event } of trigger(request, deps)) {
      steps.push(`${event}: ${from} → ${to}`);
    }
    return steps;
  };
  const stateOf = async (order: string) => (await deps.orders.find(order))?.state;
  return { market, deps, buyer, operator, reserve, run, stateOf };
}

test.for([
  ["order.paid", "paid", ["approve_payment: reserved → paid"]],
  ["order.cancelled", "cancelled", ["cancel: reserved → cancelled"]],
  [
    "order.completed",
    "completed",
    [
      "approve_payment: reserved → paid",
      "hand_over: paid → shipped",
      "deliver: shipped → delivered",
      "complete: delivered → completed",
    ],
  ],
  [
    "shipment.returned",
    "not_delivered",
    [
      "approve_payment: reserved → paid",
      "hand_over: paid → shipped",
      "shipment.returned: shipped → not_delivered",
    ],
  ],
] as const)("%s: every step of the shortest way, as announced", async ([what, state, steps], t) => {
  const { reserve, run, stateOf } = await setup(t);
  const order = await reserve();
  const announced = await run(what, order, { dryRun: true });
  t.expect(await stateOf(order)).toBe("reserved");
  t.expect(await run(what, order)).toEqual(steps);
  t.expect(await stateOf(order)).toBe(state);
  t.expect(announced.map((step) => step.split(":")[0])).toEqual(
    steps.map((step) => step.split(":")[0]),
  );
  t.expect(await run(what, order)).toEqual([]);
});

test.for([
  ["order.expired", ["expire: reserved → expired"]],
  [
    "order.disputed",
    [
      "approve_payment: reserved → paid",
      "hand_over: paid → shipped",
      "dispute: shipped → disputed",
    ],
  ],
] as const)("%s: also what time and a dispute bring", async ([what, steps], t) => {
  const { reserve, run } = await setup(t);
  const order = await reserve();
  t.expect(await run(what, order)).toEqual(steps);
});

test("every state can be come to, and from most another", { timeout: 120_000 }, async (t) => {
  const { reserve, run, stateOf } = await setup(t);
  for (const name of triggers()
    .map((one) => one.name)
    .filter((one) => one.startsWith("order."))) {
    const order = await reserve();
    await run(name, order);
    t.expect(await stateOf(order)).toBe(name.replace("order.", ""));
  }
  const order = await reserve();
  for (const state of ["delivered", "completed", "disputed", "refunded"]) {
    await run(`order.${state}`, order);
    t.expect(await stateOf(order)).toBe(state);
  }
});

test("a reservation that a payment holds ends after the payment's own end", async (t) => {
  const { reserve, run, deps, buyer } = await setup(t);
  const order = await reserve();
  await pay({ actor: buyer, target: order, card: "tok_second_step", waitMs: 0 }, deps);
  expect(await run("order.expired", order)).toEqual(["expire: reserved → expired"]);
  expect(await deps.payments.ofOrder(order)).toMatchObject([{ state: "cancelled" }]);
});

test("what was lost goes out as a new parcel before it is delivered", async (t) => {
  const { reserve, run, deps } = await setup(t);
  const order = await reserve();
  await run("shipment.lost", order);
  expect(await run("order.delivered", order)).toEqual([
    "send_again: not_delivered → shipped",
    "deliver: shipped → delivered",
  ]);
  const shipments = await deps.shipments.ofOrder(order);
  expect(shipments.map(({ state }) => state)).toEqual(["lost", "delivered"]);
});

test("an open payment is approved, and one that was given up comes late", async (t) => {
  const { reserve, run, deps, buyer, stateOf } = await setup(t);
  const open = await reserve();
  await pay({ actor: buyer, target: open, card: "tok_second_step", waitMs: 0 }, deps);
  expect(await run("order.paid", open)).toEqual(["approve_payment: reserved → paid"]);
  expect(await deps.payments.ofOrder(open)).toHaveLength(1);

  const declined = await reserve();
  const card = "tok_declined";
  const refused = pay({ actor: buyer, target: declined, card, waitMs: 5_000 }, deps);
  await expect(refused).rejects.toMatchObject({ code: "declined" });
  await run("payment.approved", declined);
  const [payment] = await deps.payments.ofOrder(declined);
  expect(payment).toMatchObject({ state: "approved", late: true });
  expect(await deps.payments.refundsOf([payment?.id ?? ""])).toHaveLength(1);
  expect(await stateOf(declined)).toBe("reserved");
});

test("a bank takes back what was paid, whatever became of the order", async (t) => {
  const { reserve, run, deps } = await setup(t);
  const order = await reserve();
  await run("order.shipped", order);
  await run("payment.charged_back", order);
  expect(await deps.orders.find(order)).toMatchObject({ state: "disputed", flags: ["chargeback"] });
});

test("is for operators, for what can be triggered, and where a way leads", async (t) => {
  const { reserve, run, buyer } = await setup(t);
  const order = await reserve();
  await expect(run("order.paid", order, { actor: buyer })).rejects.toMatchObject({
    code: "not_allowed",
  });
  await expect(run("order.nowhere", order)).rejects.toMatchObject({ code: "invalid" });
  await run("order.cancelled", order);
  await expect(run("order.delivered", order)).rejects.toMatchObject({ code: "illegal_transition" });
  expect(triggers().map(({ name }) => name)).toContain("payment.charged_back");
});
