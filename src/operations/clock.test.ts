import { expect, type TestContext, test } from "vitest";
import { openAurora } from "../stores/aurora/client.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { authenticate } from "./authenticate.ts";
import { buy } from "./buy.ts";
import { openSession } from "./login.ts";
import { moveClock, showClock } from "./move-clock.ts";
import { pay } from "./pay.ts";
import { ship } from "./ship.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Parcels that take days, as real ones do. */
const TIMES = { settleMs: 5, pickupMs: 6 * HOUR_MS, deliveryMs: 2 * DAY_MS };

async function sale(t: TestContext, times: Partial<typeof TIMES> = {}) {
  const market = await testMarketplace(t, { times: { ...TIMES, ...times } });
  const seller = await market.user("ana");
  const buyer = await market.user("carla");
  const publication = await market.publication(seller, { stock: 6 });
  const order = async (shipTo: string | null = null): Promise<string> => {
    const wanted = [{ publication: publication.id, quantity: 2 }];
    const key = crypto.randomUUID();
    const { orders } = await buy({ actor: buyer, key, wanted, shipTo }, market.deps);
    return orders[0]?.id ?? "";
  };
  const paid = async (shipTo: string | null = null): Promise<string> => {
    const id = await order(shipTo);
    await payBy(market, buyer, id, "tok_approved");
    return id;
  };
  return { market, seller, buyer, publication, order, paid, state: stateIn(market) };
}

const payBy = (
  { deps }: Marketplace,
  actor: Awaited<ReturnType<Marketplace["user"]>>,
  target: string,
  card: string,
) => pay({ actor, target, card, waitMs: 5_000 }, deps);

const stateIn =
  ({ deps }: Marketplace) =>
  async (id: string): Promise<string | undefined> =>
    (await deps.orders.find(id))?.state;

test("a reservation expires after 15 minutes, not before", async (t) => {
  const { market, order, state, publication } = await sale(t);
  const id = await order();
  await market.advance({ minutes: 14 });
  expect(await state(id)).toBe("reserved");
  const { happened } = await market.advance({ minutes: 1 });
  expect(happened).toMatchObject([{ orderId: id, event: "expire", actor: "timer" }]);
  expect(await state(id)).toBe("expired");
  expect((await market.deps.publications.find(publication.id))?.stock).toBe(6);
});

test("what nobody hands over in 7 days is cancelled, its label voided and its money given back", async (t) => {
  // The carrier never comes.
  const { market, seller, paid, state, publication } = await sale(t, { pickupMs: 99 * DAY_MS });
  const { deps } = market;
  const [bare, labelled] = [await paid(), await paid()];
  await ship({ actor: seller, order: labelled }, deps);
  await market.advance({ days: 6, hours: 23 });
  expect([await state(bare), await state(labelled)]).toEqual(["paid", "paid"]);
  const { happened } = await market.advance({ hours: 1 });
  expect(happened.filter(({ event }) => event === "miss_dispatch")).toHaveLength(2);
  expect([await state(bare), await state(labelled)]).toEqual(["cancelled", "cancelled"]);
  const [shipment] = await deps.shipments.ofOrder(labelled);
  expect(shipment?.state).toBe("cancelled");
  const label = await deps.shippingProvider.findByKey(shipment?.id ?? "");
  expect(label?.state).toBe("cancelled");
  expect((await deps.publications.find(publication.id))?.stock).toBe(6);
  await market.advance({ minutes: 1 });
  const [payment] = await deps.payments.ofOrder(labelled);
  expect(payment?.state).toBe("refunded");
});

test("within one jump the parcel is scanned, delivered and its order completed, each in its time", async (t) => {
  const { market, seller, paid, state } = await sale(t);
  const { deps } = market;
  const id = await paid();
  const placedAt = Date.parse(deps.now());
  await ship({ actor: seller, order: id }, deps);
  const { happened } = await market.advance({ days: 30 });
  expect(happened.map(({ event }) => event)).toEqual(["hand_over", "deliver", "complete"]);
  const days = happened.map(({ at }) => (Date.parse(at) - placedAt) / DAY_MS);
  const expected = [0.25, 2.25, 16.25];
  days.forEach((day, i) => {
    expect(Math.abs(day - (expected[i] ?? 0))).toBeLessThan(0.1);
  });
  expect(await state(id)).toBe("completed");
});

test("a parcel that is late by 21 days counts as not delivered, and may arrive all the same", async (t) => {
  const { market, seller, paid, state } = await sale(t, { deliveryMs: 60 * DAY_MS });
  const { deps } = market;
  const id = await paid();
  await ship({ actor: seller, order: id }, deps);
  await market.advance({ days: 1 });
  expect(await state(id)).toBe("shipped");
  const { estimatedDeliveryAt } = (await deps.orders.find(id)) ?? {};
  const leftMs = Date.parse(estimatedDeliveryAt ?? "") + 21 * DAY_MS - Date.parse(deps.now());
  await market.advance({ minutes: leftMs / 60_000 - 1 });
  expect(await state(id)).toBe("shipped");
  const { happened } = await market.advance({ minutes: 2 });
  expect(happened).toMatchObject([{ orderId: id, event: "fail_delivery", actor: "timer" }]);
  expect(await state(id)).toBe("not_delivered");
  await market.advance({ days: 60 });
  expect(await state(id)).toBe("completed");
});

test("only an operator moves the clock, only where it can be moved, and the simulators follow", async (t) => {
  const { market, buyer } = await sale(t);
  const { deps } = market;
  const operator = await market.user("olga", "operator");
  await expect(moveClock({ actor: buyer, byMs: 1 }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
  const fixed = { ...deps, marketClock: { ...deps.marketClock, isMovable: false } };
  await expect(moveClock({ actor: operator, byMs: 1 }, fixed)).rejects.toMatchObject({
    code: "not_allowed",
    message: "only the local profile's clock can be moved",
  });
  for (const byMs of [0, -1, 0.5]) {
    await expect(moveClock({ actor: operator, byMs }, deps)).rejects.toMatchObject({
      code: "invalid",
    });
  }
  // Two at once add up.
  await Promise.all([1, 2].map((n) => moveClock({ actor: operator, byMs: n * HOUR_MS }, deps)));
  const { offsetMs, now, realNow } = await showClock({ actor: operator, limit: 5 }, deps);
  expect(offsetMs).toBe(3 * HOUR_MS);
  expect(Date.parse(now) - Date.parse(realNow)).toBeLessThanOrEqual(3 * HOUR_MS);
  const { payments, shipping } = await deps.simulators.show();
  expect([payments.offsetMs, shipping.offsetMs]).toEqual([offsetMs, offsetMs]);
  const century = 100 * 366 * DAY_MS;
  await expect(moveClock({ actor: operator, byMs: century }, deps)).rejects.toMatchObject({
    code: "invalid",
  });
});

test("a session lives in real time: moving the clock by 400 days ends none", async (t) => {
  const { market } = await sale(t);
  const { deps } = market;
  const operator = await market.user("olga", "operator");
  const mine = { id: operator.userId, email: "olga@example.com" };
  const { expiresAt } = await openSession(mine, deps);
  const before = (await deps.sessionFile.read())?.token ?? "";
  await market.advance({ days: 400 });
  const act = (token: string) =>
    authenticate({ token, as: undefined, reason: undefined, action: "x" }, deps);
  expect((await act(before)).userId).toBe(operator.userId);
  expect(Date.parse(expiresAt)).toBeLessThan(Date.parse(deps.now()));
  // Logging in anew ends the session that was open here.
  const again = await openSession(mine, deps);
  expect(Date.parse(again.expiresAt)).toBeLessThan(Date.parse(deps.realNow()) + 31 * DAY_MS);
  await expect(act(before)).rejects.toMatchObject({ code: "not_logged_in" });
  expect((await act((await deps.sessionFile.read())?.token ?? "")).userId).toBe(operator.userId);
});

test("authorized money that nobody takes is given up at the provider's deadline, then the stock is free", async (t) => {
  const { market, buyer, order, state, publication } = await sale(t);
  const { deps } = market;
  const id = await order();
  await pay(
    { actor: buyer, target: id, card: "tok_approved", waitMs: 5_000, authorize: true },
    deps,
  );
  const [payment] = await deps.payments.ofOrder(id);
  expect(payment?.state).toBe("authorized");
  await market.advance({ days: 6, hours: 23 });
  expect(await state(id)).toBe("reserved");
  const { happened } = await market.advance({ hours: 2 });
  expect(happened.map(({ event }) => event)).toEqual(["cancel", "expire"]);
  expect((await deps.payments.ofOrder(id)).map(({ state }) => state)).toEqual(["cancelled"]);
  expect((await deps.publications.find(publication.id))?.stock).toBe(6);
});

test("a ticket that is paid on day 3 pays its order in time", async (t) => {
  const { market, buyer, order, state } = await sale(t);
  const id = await order();
  await pay({ actor: buyer, target: id, card: "tok_ticket", waitMs: 0 }, market.deps);
  await market.advance({ days: 3 });
  expect(await state(id)).toBe("paid");
});

test("the next timers are shown, the next first, and imported orders have none", async (t) => {
  const { market, seller, order, paid } = await sale(t);
  const { deps } = market;
  const operator = await market.user("olga", "operator");
  const timers = async () => {
    const report = await showClock({ actor: operator, limit: 10 }, deps);
    return report.timers.map(({ timer, orderId }) => [timer, orderId]);
  };
  const [waiting, toSend, onItsWay] = [await order(), await paid(), await paid()];
  await ship({ actor: seller, order: onItsWay, handedOver: true }, deps);
  const expected = [
    ["reservation", waiting],
    ["dispatch", toSend],
    ["delivery", onItsWay],
  ];
  expect(await timers()).toEqual(expected);
  const db = openAurora(market.config.profile, 1);
  t.onTestFinished(() => db.destroy());
  await db
    .updateTable("order")
    .set({ flags: ["imported"] })
    .where("id", "=", toSend)
    .execute();
  expect(await timers()).toEqual(expected.filter(([timer]) => timer !== "dispatch"));
  expect(await deps.orderTimers.missDispatch(toSend, "late", "2099-01-01T00:00:00Z")).toBe(false);
  await expect(showClock({ actor: seller, limit: 1 }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
});
