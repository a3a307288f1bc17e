import { expect, test } from "vitest";
import { openDeps } from "../deps.ts";
import { MktError } from "../errors.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { clockFollower } from "./follow-clock.ts";
import { missDispatch } from "./miss-dispatch.ts";
import { pay } from "./pay.ts";
import { settleShipment } from "./settle-shipment.ts";
import { ship } from "./ship.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ROUNDS = 10;
const TIMES = { pickupMs: 99 * DAY_MS };

async function sales(t: Parameters<typeof testMarketplace>[0]) {
  const market = await testMarketplace(t, { times: TIMES });
  const { deps } = market;
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const publication = await market.publication(seller, { stock: ROUNDS });
  const order = async (): Promise<string> => {
    const wanted = [{ publication: publication.id, quantity: 1 }];
    const key = crypto.randomUUID();
    const { orders } = await buy({ actor: buyer, key, wanted, shipTo: null }, deps);
    return orders[0]?.id ?? "";
  };
  const paid = async (): Promise<string> => {
    const id = await order();
    await pay({ actor: buyer, target: id, card: "tok_approved", waitMs: 5_000 }, deps);
    return id;
  };
  return { market, deps, seller, buyer, publication, order, paid };
}

test("a reservation that expires while its payment is opened: one of them wins", async (t) => {
  const { deps, order, publication } = await sales(t);
  const late = new Date(Date.now() + HOUR_MS).toISOString();
  let expired = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const orderId = await order();
    const open = { orderId, cardToken: "tok_approved", capture: true };
    const [timer, payment] = await Promise.allSettled([
      deps.orderTimers.expire(orderId, late),
      deps.payments.open(open, "user:x", late),
    ]);
    const won = timer.status === "fulfilled" && timer.value;
    if (won) expired += 1;
    expect(payment.status).toBe(won ? "rejected" : "fulfilled");
    expect((await deps.orders.find(orderId))?.state).toBe(won ? "expired" : "reserved");
  }
  const row = await deps.publications.find(publication.id);
  expect(row?.stock).toBe(expired);
});

test("a parcel that is handed over while the timer cancels its order: one of them wins", async (t) => {
  const { deps, paid, seller } = await sales(t);
  const late = new Date(Date.now() + 8 * DAY_MS).toISOString();
  for (let round = 0; round < ROUNDS / 2; round += 1) {
    const id = await paid();
    const shipment = await ship({ actor: seller, order: id }, deps);
    const [timer, handedOver] = await Promise.allSettled([
      deps.orderTimers.missDispatch(id, "late", late),
      deps.shipments.handOver(shipment.id, "user:x", late),
    ]);
    const won = timer.status === "fulfilled" && timer.value;
    expect(timer.status).toBe("fulfilled");
    expect(handedOver.status).toBe(won ? "rejected" : "fulfilled");
    expect((await deps.orders.find(id))?.state).toBe(won ? "cancelled" : "shipped");
    const [payment] = await deps.payments.ofOrder(id);
    expect(await deps.payments.refundsOf([payment?.id ?? ""])).toHaveLength(won ? 1 : 0);
  }
});

test("an order that is disputed while the timer completes it is disputed in the end", async (t) => {
  const { deps, paid, seller, buyer } = await sales(t);
  const at = new Date(Date.now() + 15 * DAY_MS).toISOString();
  for (let round = 0; round < ROUNDS / 2; round += 1) {
    const id = await paid();
    const shipment = await ship({ actor: seller, order: id }, deps);
    await deps.simulators.deliverShipment(shipment.providerId ?? "");
    await settleShipment(shipment.id, deps);
    const dispute = {
      orderId: id,
      reason: "not_as_described",
      lineNumber: null,
      note: "broken",
      actor: `user:${buyer.userId}`,
      at,
    } as const;
    const [completed] = await Promise.all([
      deps.orderTimers.complete(id, at),
      deps.disputes.open(dispute),
    ]);
    const events = (await deps.orders.transitions([id])).map(({ event }) => event);
    expect(events.slice(-2)).toEqual([completed ? "complete" : "deliver", "dispute"]);
    expect(await deps.orderTimers.complete(id, at)).toBe(false);
    expect((await deps.orders.find(id))?.state).toBe("disputed");
  }
});

test("one order that cannot be cancelled now holds up no other; the carrier's scan saves an order", async (t) => {
  const { deps, paid, seller } = await sales(t);
  const [away, scanned, bare] = [await paid(), await paid(), await paid()];
  const first = await ship({ actor: seller, order: away }, deps);
  const second = await ship({ actor: seller, order: scanned }, deps);
  // We have not heard of it yet.
  await deps.simulators.scanShipment(second.providerId ?? "");
  const shippingProvider = new Proxy(deps.shippingProvider, {
    get: (provider, name) =>
      name !== "voidLabel"
        ? Reflect.get(provider, name)
        : async (id: string) => {
            if (id === first.providerId) throw new MktError("unavailable", "away");
            return provider.voidLabel(id);
          },
  });
  const now = () => new Date(Date.now() + 7 * DAY_MS).toISOString();
  await expect(missDispatch({ ...deps, shippingProvider, now })).rejects.toMatchObject({
    code: "unavailable",
  });
  const states = await Promise.all([away, scanned, bare].map((id) => deps.orders.find(id)));
  expect(states.map((order) => order?.state)).toEqual(["paid", "shipped", "cancelled"]);
  expect(await missDispatch({ ...deps, now })).toEqual([away]);
});

test("a process that runs on follows the clock, and takes the simulators along when they are back", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const other = openDeps(market.config, { notice: () => undefined, hasMovableClock: true });
  t.onTestFinished(() => other.close());
  let isAway = true;
  const simulators = new Proxy(deps.simulators, {
    get: (control, name) => {
      if (isAway) throw new MktError("unavailable", "the simulators are away");
      return Reflect.get(control, name);
    },
  });
  const clock = clockFollower({ marketClock: deps.marketClock, simulators }, 0);
  await clock.follow();
  expect([clock.mayAct(), clock.requireSimulators()]).toEqual([true, undefined]);

  await other.deps.marketClock.alone(async () => {
    await other.deps.marketClock.advance(DAY_MS);
    await clock.follow();
    expect(clock.mayAct()).toBe(false);
  });
  expect(deps.marketClock.offsetMs()).toBe(DAY_MS);
  await clock.follow();
  expect(clock.mayAct()).toBe(true);
  expect(clock.requireSimulators).toThrow("the simulators are away");
  isAway = false;
  await clock.follow();
  clock.requireSimulators();
  expect((await deps.simulators.show()).shipping.offsetMs).toBe(DAY_MS);
});
