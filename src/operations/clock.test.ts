import { expect, type TestContext, test } from "vitest";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
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
  const publication = await market.publication(seller, { stock: 5 });
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
  expect((await market.deps.publications.find(publication.id))?.stock).toBe(5);
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
  expect((await deps.publications.find(publication.id))?.stock).toBe(5);
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
