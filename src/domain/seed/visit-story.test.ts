import { expect, test } from "vitest";
import type { ActivityRow } from "../past/rows.ts";
import { LANGUAGES } from "../text.ts";
import { type GroupHistory, tellGroup } from "./group.ts";
import { SEED_DEFAULTS, type SeedParameters } from "./parameters.ts";
import { worldOf } from "./world.ts";

const PARAMETERS: SeedParameters = {
  ...SEED_DEFAULTS,
  seed: 42,
  users: 300,
  publications: 500,
  orders: 2_500,
  fraudRings: 1,
  washTrading: 1,
  collusion: 1,
  language: "es",
  currency: "ARS",
  timeZone: "America/Argentina/Buenos_Aires",
};
const MINUTE_MS = 60_000;

const world = worldOf(PARAMETERS);
const told = world.groups.map((group): GroupHistory => {
  const telling = tellGroup(world, group);
  for (;;) {
    const { done, value } = telling.next();
    if (done) return value;
  }
});
const activity = told.flatMap(({ rows }) => rows.activity);
const orders = told.flatMap(({ rows }) => rows.order);
const publications = told.flatMap(({ rows }) => rows.publication);
const ofKind = (kind: ActivityRow["kind"]) => activity.filter((row) => row.kind === kind);
const [homes, searches, views] = [ofKind("home"), ofKind("search"), ofKind("view")];
const share = (rows: readonly ActivityRow[], has: (row: ActivityRow) => boolean) =>
  rows.filter(has).length / rows.length;
const iso = (ms: number) => new Date(ms).toISOString();

/** Views by who saw what, the times in their order. */
const seen = new Map<string, number[]>();
for (const { userId, publicationId, at } of views) {
  const key = `${userId} ${publicationId}`;
  seen.set(
    key,
    [...(seen.get(key) ?? []), Date.parse(at)].sort((a, b) => a - b),
  );
}
const sawWithin = (user: string, publication: string, at: string, minutes: number) =>
  seen
    .get(`${user} ${publication}`)
    ?.some((ms) => ms <= Date.parse(at) && ms >= Date.parse(at) - minutes * MINUTE_MS) === true;

test("there are four to six rows an order, each of its kind, each once", () => {
  expect(activity.length / orders.length).toBeGreaterThan(4);
  expect(activity.length / orders.length).toBeLessThan(6);
  expect(new Set(activity.map(({ id }) => id)).size).toBe(activity.length);
  expect(activity.every(({ source }) => source === world.source)).toBe(true);
  const isOfKind = ({ kind, words, resultCount, publicationId }: ActivityRow) =>
    (words !== null) === (kind === "search") &&
    (resultCount !== null) === (kind === "search") &&
    (publicationId !== null) === (kind === "view");
  expect(activity.filter((row) => !isOfKind(row))).toEqual([]);
  expect(homes.length).toBeGreaterThan(orders.length / 3);
  for (const rows of [homes, searches, views]) {
    const anonymous = share(rows, ({ userId }) => userId === null);
    expect(anonymous).toBeGreaterThan(0.1);
    expect(anonymous).toBeLessThan(0.4);
  }
});

test("whoever bought or asked had seen it a moment before, and some hours before", () => {
  const byId = new Map(orders.map((order) => [order.id, order]));
  const lines = told.flatMap(({ rows }) => rows.orderLine);
  const unseen = lines.filter(({ orderId, publicationId }) => {
    const { buyerId = "", createdAt = "" } = byId.get(orderId) ?? {};
    return !sawWithin(buyerId, publicationId, createdAt, 20);
  });
  expect(unseen).toEqual([]);
  const questions = told.flatMap(({ questions }) => questions);
  expect(questions.length).toBeGreaterThan(50);
  expect(
    questions.filter(
      ({ askerId, publicationId, askedAt }) => !sawWithin(askerId, publicationId, askedAt, 10),
    ),
  ).toEqual([]);
  const hoursBefore = lines.filter(({ orderId, publicationId }) => {
    const { buyerId, createdAt = "" } = byId.get(orderId) ?? {};
    const [first = Number.POSITIVE_INFINITY] = seen.get(`${buyerId} ${publicationId}`) ?? [];
    return first < Date.parse(createdAt) - 30 * MINUTE_MS;
  });
  expect(hoursBefore.length / lines.length).toBeGreaterThan(0.1);
  // And many look and do not buy.
  expect(views.length).toBeGreaterThan(1.5 * lines.length);
});

test("nothing is seen before it is offered, by somebody who has not come, or outside of the world's days", () => {
  const { startMs, endMs } = world.calendar;
  // The first day begins at midnight there, and some look at a thing a day before they buy it.
  const firstMs = startMs - 3 * 24 * 60 * MINUTE_MS;
  expect(activity.filter(({ at }) => at < iso(firstMs) || at >= iso(endMs))).toEqual([]);
  const offered = new Map(publications.map(({ id, createdAt }) => [id, createdAt]));
  expect(
    views.filter(({ publicationId, at }) => (offered.get(publicationId ?? "") ?? "z") > at),
  ).toEqual([]);
  const joined = new Map(
    Array.from({ length: PARAMETERS.users }, (_, index) => [
      world.userId(index),
      iso(world.joinedMs(index)),
    ]),
  );
  expect(
    activity.filter(({ userId, at }) => userId !== null && (joined.get(userId) ?? "z") > at),
  ).toEqual([]);
});

test("evenings are busy, nights are not, and the last third of the days is the busiest", () => {
  const hours = activity.map(({ at }) => new Date(Date.parse(at) - 180 * MINUTE_MS).getUTCHours());
  const within = (from: number, to: number) =>
    hours.filter((hour) => hour >= from && hour <= to).length;
  expect(within(19, 22)).toBeGreaterThan(4 * within(2, 5));
  const { startMs, endMs } = world.calendar;
  const thirds = activity.map(({ at }) =>
    Math.max(0, Math.floor((3 * (Date.parse(at) - startMs)) / (endMs - startMs))),
  );
  const inThird = (third: number) => thirds.filter((one) => one === third).length;
  expect(inThird(2)).toBeGreaterThan(1.3 * inThird(0));
});

test("some searches find nothing, most lead to a view within half an hour", () => {
  const nothing = share(searches, ({ resultCount }) => resultCount === 0);
  expect(nothing).toBeGreaterThan(0.04);
  expect(nothing).toBeLessThan(0.2);
  const viewedAt = new Map<string, number[]>();
  for (const { userId, at } of views) {
    const user = userId ?? "";
    viewedAt.set(user, [...(viewedAt.get(user) ?? []), Date.parse(at)]);
  }
  const known = searches.filter(({ userId }) => userId !== null);
  const isClicked = ({ userId, at }: ActivityRow) =>
    viewedAt.get(userId ?? "")?.some((ms) => {
      const after = ms - Date.parse(at);
      return after >= 0 && after <= 30 * MINUTE_MS;
    }) === true;
  const found = known.filter(({ resultCount }) => resultCount !== 0);
  expect(share(found, isClicked)).toBeGreaterThan(0.6);
  expect(share(found, isClicked)).toBeLessThan(0.95);
  const words = new Map<string, number>();
  for (const { words: typed } of searches)
    words.set(typed ?? "", (words.get(typed ?? "") ?? 0) + 1);
  expect(Math.max(...words.values())).toBeGreaterThan(10);
  expect(words.size).toBeGreaterThan(300);
});

test("nothing of what nobody sells is found, in any language", () => {
  for (const language of LANGUAGES) {
    const other = worldOf({ ...PARAMETERS, language, publications: 3_000, orders: 100 });
    const found = other.words.unsold.filter(
      (thing) => other.found(thing, other.calendar.endMs) > 0,
    );
    expect([language, found]).toEqual([language, []]);
  }
});
