import { expect, test } from "vitest";
import { testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { expireReservations } from "./expire-reservations.ts";
import { pay } from "./pay.ts";
import { register } from "./register.ts";
import { review } from "./review.ts";
import { ship } from "./ship.ts";
import { showOrder } from "./show-order.ts";

const WAIT_MS = 5_000;

test("a sale over two sellers: two orders, payments, shipments and reviews, and the stock is right", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [ana, beto, carla] = [
    await market.user("ana"),
    await market.user("beto"),
    await market.user("carla"),
  ];
  const lamp = await market.publication(ana, { title: "Lamp", priceMinor: 2_500, stock: 3 });
  const chair = await market.publication(beto, { title: "Chair", priceMinor: 9_900, stock: 5 });
  const wanted = [
    { publication: lamp.id, quantity: 1 },
    { publication: chair.id, quantity: 2 },
  ];

  const purchase = await buy({ actor: carla, key: "k1", wanted, shipTo: null }, deps);
  expect(purchase.orders.map(({ state }) => state)).toEqual(["reserved", "reserved"]);
  expect(purchase.orders.map(({ linesMinor }) => linesMinor).sort()).toEqual([19_800, 2_500]);

  const payments = await pay(
    { actor: carla, target: purchase.id, card: "tok_approved", waitMs: WAIT_MS },
    deps,
  );
  expect(payments.map(({ state }) => state)).toEqual(["approved", "approved"]);

  for (const order of purchase.orders) {
    const seller = order.sellerId === ana.userId ? ana : beto;
    expect(await ship({ actor: seller, order: order.id }, deps)).toMatchObject({
      state: "ready_to_ship",
    });
    await market.until(async () => (await deps.orders.find(order.id))?.state === "delivered");
    const written = await review(
      {
        actor: carla,
        order: order.id,
        lineNumber: 1,
        conforms: true,
        rating: 5,
        text: "As described",
      },
      deps,
    );
    expect(written.orderState).toBe("completed");
    const story = await showOrder({ actor: carla, order: order.id }, deps);
    expect(story.payments).toMatchObject([
      { state: "approved", amountMinor: order.totalMinor, refunds: [] },
    ]);
    expect(story.shipments[0]?.scans.map(({ state }) => state)).toContain("delivered");
    expect(
      story.transitions.filter(({ machine }) => machine === "order").map(({ to }) => to),
    ).toEqual(["reserved", "paid", "shipped", "delivered", "completed"]);
  }
  const rows = await deps.publications.findMany([lamp.id, chair.id]);
  expect(new Map(rows.map(({ id, stock }) => [id, stock]))).toEqual(
    new Map([
      [lamp.id, 2],
      [chair.id, 3],
    ]),
  );
  expect(await deps.pages.get(lamp.id)).toMatchObject({
    rating: { average: 5, count: 1 },
    availability: "last_units",
  });
});

test("the same key is the same purchase; with other content it is refused", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const lamp = await market.publication(ana, { stock: 5 });
  const request = {
    actor: carla,
    key: "k1",
    wanted: [{ publication: lamp.id, quantity: 2 }],
    shipTo: null,
  };

  const [first, again] = await Promise.all([buy(request, deps), buy(request, deps)]);
  expect(again).toEqual(first);
  expect((await deps.publications.find(lamp.id))?.stock).toBe(3);
  const other = { ...request, wanted: [{ publication: lamp.id, quantity: 1 }] };
  await expect(buy(other, deps)).rejects.toMatchObject({ code: "key_reused" });
  expect((await deps.publications.find(lamp.id))?.stock).toBe(3);
});

test("an order keeps the region that its parcel goes to: the buyer's only with the buyer's address", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const lamp = await market.publication(await market.user("ana"), { stock: 9 });
  const wanted = [{ publication: lamp.id, quantity: 1 }];
  const address = "Belgrano 808";
  const registered = { address, password: "a quiet corner of it" };
  const eva = await register(
    { ...registered, email: "eva@example.com", name: "Eva", region: " Córdoba " },
    deps,
  );
  expect(eva.region).toBe("Córdoba");
  expect((await deps.users.find({ id: eva.id }))?.region).toBe("Córdoba");
  const nobody = await register({ ...registered, email: "x@example.com", name: "X" }, deps);
  const regionOf = async (buyer: string, shipTo: string | null, region: string | null = null) => {
    const actor = { userId: buyer, roles: [], operatorId: null };
    const request = { actor, wanted, shipTo, region };
    const key = JSON.stringify([shipTo, region]);
    const { orders } = await buy({ ...request, key }, deps);
    const again = await buy({ ...request, key }, deps);
    expect(again.orders).toEqual(orders);
    return (await showOrder({ actor, order: orders[0]?.id ?? "" }, deps)).region;
  };
  expect(await regionOf(eva.id, null)).toBe("Córdoba");
  expect(await regionOf(eva.id, address)).toBe("Córdoba");
  expect(await regionOf(eva.id, "Mitre 55")).toBeNull();
  expect(await regionOf(eva.id, "Mitre 55", "Santa Fe")).toBe("Santa Fe");
  expect(await regionOf(nobody.id, null)).toBeNull();
  expect(await regionOf(nobody.id, null, "Córdoba")).toBe("Córdoba");

  const actor = { userId: eva.id, roles: [], operatorId: null };
  const request = { actor, wanted, shipTo: "Mitre 55", key: "k", region: "Santa Fe" };
  await buy(request, deps);
  const elsewhere = buy({ ...request, region: "Chaco" }, deps);
  await expect(elsewhere).rejects.toMatchObject({ code: "key_reused" });
  const street = buy({ ...request, key: "k2", region: "Mitre 55" }, deps);
  await expect(street).rejects.toMatchObject({ code: "invalid" });
});

test("twenty buyers of the last five units: five orders, fifteen refusals, stock zero", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const lamp = await market.publication(await market.user("ana"), { stock: 5 });
  const buyers = await Promise.all(Array.from({ length: 20 }, (_, i) => market.user(`buyer${i}`)));
  const outcomes = await Promise.allSettled(
    buyers.map((actor) =>
      buy({ actor, key: "k", wanted: [{ publication: lamp.id, quantity: 1 }], shipTo: null }, deps),
    ),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  const refusals = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason.code] : [],
  );
  expect(refusals).toEqual(Array(15).fill("out_of_stock"));
  expect((await deps.publications.find(lamp.id))?.stock).toBe(0);
});

test("a declined card leaves the order reserved, and another card pays it", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const lamp = await market.publication(ana);
  const { orders } = await buy(
    { actor: carla, key: "k", wanted: [{ publication: lamp.id, quantity: 1 }], shipTo: null },
    deps,
  );
  const target = orders[0]?.id ?? "";
  await expect(
    pay({ actor: carla, target, card: "tok_declined", waitMs: WAIT_MS }, deps),
  ).rejects.toMatchObject({ code: "declined" });
  expect((await deps.orders.find(target))?.state).toBe("reserved");
  await pay({ actor: carla, target, card: "tok_approved", waitMs: WAIT_MS }, deps);
  expect((await deps.orders.find(target))?.state).toBe("paid");
  expect((await deps.payments.ofOrder(target)).map(({ state }) => state)).toEqual([
    "rejected",
    "approved",
  ]);
});

test("cancelling a paid order gives stock and money back, once", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const lamp = await market.publication(ana, { stock: 4 });
  const { orders } = await buy(
    { actor: carla, key: "k", wanted: [{ publication: lamp.id, quantity: 4 }], shipTo: null },
    deps,
  );
  const id = orders[0]?.id ?? "";
  await pay({ actor: carla, target: id, card: "tok_approved", waitMs: WAIT_MS }, deps);
  await cancelOrder({ actor: ana, order: id, reason: "broken in store" }, deps);
  await cancelOrder({ actor: ana, order: id, reason: "broken in store" }, deps);
  const [payment] = await deps.payments.ofOrder(id);
  await market.until(
    async () => (await deps.payments.find(payment?.id ?? ""))?.state === "refunded",
  );
  expect(await deps.payments.refundsOf([payment?.id ?? ""])).toMatchObject([
    { state: "succeeded", amountMinor: payment?.amountMinor },
  ]);
  expect(await deps.publications.find(lamp.id)).toMatchObject({ stock: 4, soldUnits: 0 });
  expect((await deps.shipments.ofOrder(id)).map(({ state }) => state)).toEqual(["cancelled"]);
});

test("a reservation expires when its time is over, not before, and gives the stock back", async (t) => {
  let now = new Date();
  const market = await testMarketplace(t, { now: () => now.toISOString() });
  const { deps } = market;
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const lamp = await market.publication(ana, { stock: 4 });
  const { orders } = await buy(
    { actor: carla, key: "k", wanted: [{ publication: lamp.id, quantity: 4 }], shipTo: null },
    deps,
  );
  now = new Date(now.getTime() + 14 * 60_000);
  expect(await expireReservations(deps)).toEqual([]);
  now = new Date(now.getTime() + 61_000);
  expect(await expireReservations(deps)).toEqual([orders[0]?.id]);
  expect((await deps.publications.find(lamp.id))?.stock).toBe(4);
  await expect(
    pay({ actor: carla, target: orders[0]?.id ?? "", card: "tok_approved", waitMs: WAIT_MS }, deps),
  ).rejects.toMatchObject({
    code: "illegal_transition",
  });
});
