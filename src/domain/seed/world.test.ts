import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { countSales } from "../past/past-things.ts";
import type { PastRows } from "../past/rows.ts";
import { analyse } from "../text.ts";
import { type GroupHistory, tellGroup } from "./group.ts";
import { SEED_DEFAULTS, type SeedParameters } from "./parameters.ts";
import type { SeedGroup } from "./shares.ts";
import { type World, worldOf } from "./world.ts";

const PARAMETERS: SeedParameters = {
  ...SEED_DEFAULTS,
  seed: 42,
  users: 200,
  publications: 600,
  orders: 3_000,
  fraudRings: 2,
  washTrading: 1,
  collusion: 1,
  language: "en",
  currency: "ARS",
  timeZone: "America/Argentina/Buenos_Aires",
};

function told(world: World, group: SeedGroup): GroupHistory {
  const telling = tellGroup(world, group);
  for (;;) {
    const { done, value } = telling.next();
    if (done) return value;
  }
}

const world = worldOf(PARAMETERS);
const groups = world.groups.map((group) => told(world, group));
const all = <T extends keyof PastRows>(table: T): PastRows[T][number][] =>
  groups.flatMap(({ rows }): PastRows[T][number][] => [...rows[table]]);
const [orders, publications, reviews] = [all("order"), all("publication"), all("review")];

test("the same parameters tell the same, to the byte, each group by itself", () => {
  const digests = groups.map(digestOf);
  const again = worldOf({ ...PARAMETERS });
  expect(again.groups.toReversed().map((group) => digestOf(told(again, group)))).toEqual(
    digests.toReversed(),
  );
  expect(new Set(digests).size).toBe(digests.length);
  // Whoever sees this change has changed the world of every seed: raise GENERATOR.
  expect([world.run, digests.at(-1)]).toMatchInlineSnapshot(`
    [
      "42-4c3955",
      "ab64aafd45a3802e048878aa36bbdf92fd8f781cdc089f66bdd0450ade90905d",
    ]
  `);
  for (const changed of [{ seed: 43 }, { days: 181 }, { currency: "BRL" }])
    expect(worldOf({ ...PARAMETERS, ...changed }).run).not.toBe(world.run);
});

const digestOf = (history: GroupHistory) =>
  createHash("sha256").update(JSON.stringify(history)).digest("hex");

test("whoever sends a paid order has no label yet", () => {
  const paid = new Set(orders.filter(({ state }) => state === "paid").map(({ id }) => id));
  const parcels = all("shipment").filter(({ orderId }) => paid.has(orderId));
  expect(parcels.length).toBeGreaterThan(3);
  expect(new Set(parcels.map(({ state, synthesised }) => `${state} ${synthesised}`))).toEqual(
    new Set(["pending false"]),
  );
});

test("there is exactly as much as was asked for, each thing once", () => {
  expect(orders).toHaveLength(PARAMETERS.orders);
  expect(publications).toHaveLength(PARAMETERS.publications);
  const ids = [...orders, ...publications, ...all("event"), ...all("transition")].flatMap((row) =>
    "id" in row ? row.id : [],
  );
  expect(new Set(ids).size).toBe(ids.length);
  const mails = Array.from({ length: PARAMETERS.users }, (_, index) => world.user(index).email);
  expect(new Set(mails).size).toBe(PARAMETERS.users);
});

describe("a seeded world is believable:", () => {
  test("the largest tenth of the sellers sells more than 40 %, and many sell a little", () => {
    const bySeller = countBy(orders.map(({ sellerId }) => sellerId));
    const sold = [...bySeller.values()].sort((a, b) => b - a);
    expect(sumOf(sold.slice(0, Math.ceil(sold.length / 10)))).toBeGreaterThan(
      0.4 * PARAMETERS.orders,
    );
    expect(sold[0]).toBeGreaterThan(10 * (sold.at(-1) ?? 0));
  });

  test("evenings sell, nights hardly do", () => {
    const local = orders.map(({ createdAt }) =>
      new Date(Date.parse(createdAt) - 3 * 3_600_000).getUTCHours(),
    );
    const [evening, night] = [between(local, 19, 22), between(local, 2, 5)];
    expect(evening).toBeGreaterThan(8 * night);
  });

  test("the last third of the days sells more than the first", () => {
    const { startMs, endMs } = world.calendar;
    const third = (endMs - startMs) / 3;
    const days = orders.map(({ createdAt }) =>
      Math.floor((Date.parse(createdAt) - startMs) / third),
    );
    expect(between(days, 2, 2)).toBeGreaterThan(1.3 * between(days, 0, 0));
  });

  test("nothing happens after the end, nobody buys of oneself, or before both were there", () => {
    const until = PARAMETERS.until;
    expect(all("transition").filter(({ at }) => at > until)).toEqual([]);
    expect(orders.filter(({ buyerId, sellerId }) => buyerId === sellerId)).toEqual([]);
    const born = new Map(
      Array.from({ length: PARAMETERS.users }, (_, index) => [
        world.userId(index),
        new Date(world.user(index).createdMs).toISOString(),
      ]),
    );
    expect(
      orders.filter(({ buyerId, createdAt }) => (born.get(buyerId) ?? "") > createdAt),
    ).toEqual([]);
    const offered = new Map(publications.map(({ id, createdAt }) => [id, createdAt]));
    const placed = new Map(orders.map(({ id, createdAt }) => [id, createdAt]));
    for (const { orderId, publicationId } of all("orderLine"))
      expect((offered.get(publicationId) ?? "") <= (placed.get(orderId) ?? "")).toBe(true);
  });

  test("reviews follow delivery, and what came late has fewer stars", () => {
    const byId = new Map(orders.map((order) => [order.id, order]));
    const [late, timely]: [number[], number[]] = [[], []];
    for (const { orderId, createdAt, rating, conforms } of reviews) {
      const { deliveredAt = null, estimatedDeliveryAt = null } = byId.get(orderId) ?? {};
      expect(deliveredAt !== null && deliveredAt < createdAt).toBe(true);
      if (conforms)
        ((deliveredAt ?? "") > (estimatedDeliveryAt ?? "") ? late : timely).push(rating);
    }
    expect(reviews.length).toBeGreaterThan(1_000);
    expect(meanOf(late)).toBeLessThan(meanOf(timely) - 0.5);
  });

  test("some parcels are late, some payments refused, some approved after a reservation would have ended", () => {
    const delivered = orders.filter(({ deliveredAt }) => deliveredAt !== null);
    const late = delivered.filter(
      (order) => (order.deliveredAt ?? "") > (order.estimatedDeliveryAt ?? ""),
    );
    expect(late.length / delivered.length).toBeGreaterThan(0.03);
    expect(late.length / delivered.length).toBeLessThan(0.15);
    const payments = all("payment");
    const refused = payments.filter(({ state }) => state === "rejected").length;
    expect(refused / payments.length).toBeGreaterThan(0.03);
    const paid = orders.filter(({ paidAt }) => paidAt !== null);
    const slow = paid.filter(({ paidAt, reservedUntil }) => (paidAt ?? "") > reservedUntil);
    expect(slow.length / paid.length).toBeGreaterThan(0.2);
    expect(new Set(orders.map(({ state }) => state))).toEqual(
      new Set(
        "cancelled completed delivered disputed expired not_delivered paid refunded shipped".split(
          " ",
        ),
      ),
    );
  });

  test("purchases have up to four lines, a few are of two sellers", () => {
    const lines = countBy(all("orderLine").map(({ orderId }) => orderId));
    expect(Math.max(...lines.values())).toBe(4);
    const bought = countBy(orders.map(({ purchaseId }) => purchaseId));
    expect(between([...bought.values()], 2, 2)).toBeGreaterThan(20);
  });

  test("there was always enough in stock", () => {
    for (const { rows } of groups) {
      const copy = structuredClone(rows);
      expect(countSales(copy)).toEqual([]);
      expect(copy.publication.filter(({ stock }) => stock < 0)).toEqual([]);
    }
  });

  test("what is offered can be searched in the language of the marketplace", () => {
    const spanish = worldOf({ ...PARAMETERS, language: "es" });
    const texts = Array.from({ length: 600 }, (_, index) => spanish.publication(index).document);
    const has = (...words: string[]) =>
      texts.some((text) => words.every((word) => analyse(text).forms.has(word)));
    expect(has("mesa", "plegable")).toBe(true);
    expect(publications.every(({ priceMinor }) => /(9|99)00$|99$/.test(String(priceMinor)))).toBe(
      true,
    );
  });
});

test("what was planted is told: rings share cards, washers praise, sellers give each other stars", () => {
  const truth = groups.flatMap((group) => group.truth);
  expect(truth.map(({ kind }) => kind).sort()).toEqual([
    "collusion",
    "fraud_ring",
    "fraud_ring",
    "wash_trading",
  ]);
  const byId = new Map(orders.map((order) => [order.id, order]));
  for (const { kind, userIds, orderIds, publicationIds } of truth) {
    expect(publicationIds.length).toBeGreaterThan(0);
    const own = orderIds.flatMap((id) => byId.get(id) ?? []);
    expect(own).toHaveLength(orderIds.length);
    expect(own.every(({ buyerId }) => userIds.includes(buyerId))).toBe(true);
    const instruments = countBy(
      all("payment")
        .filter(({ orderId }) => orderIds.includes(orderId))
        .map(({ instrument }) => instrument),
    );
    const stars = reviews.filter(({ orderId }) => orderIds.includes(orderId));
    if (kind === "fraud_ring") expect(instruments.size).toBeLessThan(userIds.length);
    else {
      expect(stars.length).toBeGreaterThan(orderIds.length / 2);
      expect(stars.every(({ rating }) => rating === 5)).toBe(true);
    }
    if (kind !== "fraud_ring")
      expect(own.every(({ sellerId }) => userIds.includes(sellerId ?? ""))).toBe(true);
  }
});

test("what makes no world is refused", () => {
  const refused = (changes: Partial<SeedParameters>) => () =>
    worldOf({ ...PARAMETERS, ...changes });
  expect(refused({ users: 3 })).toThrow("at least 20 users");
  expect(refused({ publications: 1 })).toThrow("cannot be sold 3000 times");
  expect(refused({ fraudRings: 100 })).toThrow("of its own");
  expect(refused({ orders: 1e9 })).toThrow("at most");
});

function countBy<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const meanOf = (values: readonly number[]) => sumOf(values) / values.length;
const between = (values: readonly number[], low: number, high: number) =>
  values.filter((value) => value >= low && value <= high).length;
