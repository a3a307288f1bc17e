import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { type Deps, openDeps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import {
  type Aurora,
  connection,
  openAurora,
  openPool,
  transact,
} from "../stores/aurora/client.ts";
import { type NewEvent, record } from "../stores/aurora/log.ts";
import { lockPublication, moveState } from "../stores/aurora/publication-rows.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { answer, ask } from "./ask.ts";
import { stackStatus } from "./drive-stack.ts";
import { relay, retrySetAside } from "./relay.ts";

const ACTOR = "user:test";
const AT = "2026-01-01T00:00:00.000Z";

/** The marketplace's Aurora itself, with connections of the test's own. */
function openDatabase({ onTestFinished }: TestContext, { config }: Marketplace): Aurora {
  const db = openAurora(config.profile);
  onTestFinished(() => db.destroy());
  return db;
}

/** The marketplace as another process has it open. */
function openSecond({ onTestFinished }: TestContext, { config }: Marketplace): Deps {
  const { deps, close } = openDeps(config, { notice: () => undefined });
  onTestFinished(close);
  return deps;
}

/** The same marketplace while nobody answers for DynamoDB. */
function withoutDynamo(t: TestContext, market: Marketplace): Deps {
  const { config } = market;
  const endpoint = { socketPath: join(config.home, "nobody.sock") };
  const profile = { ...config.profile, dynamo: { ...config.profile.dynamo, endpoint } };
  return openSecond(t, { ...market, config: { ...config, profile } });
}

/** Every page says what its row says; only active ones are indexed. */
async function expectPagesEqualRows(deps: Deps): Promise<void> {
  const rows = await deps.publications.pagesOf(await deps.publications.ids({ limit: 1000 }));
  const pages = await deps.pages.getMany(
    rows.map(({ id }) => id),
    { consistent: true },
  );
  expect(rows.map(({ id }) => pages.get(id))).toMatchObject(rows);
  const indexed = rows.filter(({ id }) => pages.get(id)?.indexedRevision !== null);
  expect(indexed).toEqual(rows.filter(({ state }) => state === "active"));
}

/** Positions are 1, 2, 3 and so on, and within each thing they run with the ids. */
async function expectPositionsDense(db: Aurora): Promise<void> {
  const events = await db
    .selectFrom("event")
    .select(["id", "position", "subjectId"])
    .orderBy("position")
    .execute();
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
  const lastOf = new Map<string, number>();
  for (const { id, subjectId } of events) {
    expect(id).toBeGreaterThan(lastOf.get(subjectId) ?? 0);
    lastOf.set(subjectId, id);
  }
}

const paid = (buyer: Actor, seller: Actor): NewEvent => ({
  type: "order.paid",
  subjectKind: "order",
  subjectId: newId(),
  revision: 2,
  actor: ACTOR,
  at: AT,
  data: { buyerId: buyer.userId, sellerId: seller.userId },
});

const told = async (deps: Deps, user: Actor) =>
  (await deps.notifications.list(user.userId, { limit: 100 })).items;

/** An edit whose page only the relay can bring. */
const editPrice = (deps: Deps, id: string, priceMinor: number) =>
  deps.publications.update(id, { priceMinor }, null, ACTOR, deps.now());

test("events that commit out of the order of their ids all reach pages and inboxes", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [ana, beto] = [await market.user("ana"), await market.user("beto")];
  const [lamp, chair] = [await market.publication(ana), await market.publication(ana)];
  await market.relay();
  const db = openDatabase(t, market);

  const [early, late] = [
    await db.startTransaction().execute(),
    await db.startTransaction().execute(),
  ];
  await moveState(early, await lockPublication(early, lamp.id), "pause", ACTOR, AT);
  await record(early, [paid(beto, ana)]);
  await moveState(late, await lockPublication(late, chair.id), "pause", ACTOR, AT);
  await late.commit().execute();

  expect(await market.relay()).toMatchObject({ sequenced: 1, applied: 1 });
  expect((await deps.pages.get(chair.id))?.state).toBe("paused");
  expect((await deps.pages.get(lamp.id))?.state).toBe("active");
  expect(await told(deps, ana)).toEqual([]);

  await early.commit().execute();
  expect(await market.relay()).toMatchObject({ sequenced: 2, applied: 2 });
  const [last, ...more] = await deps.events.ofSubject(lamp.id).then((events) => events.reverse());
  expect(last?.id).toBeLessThan((await deps.events.ofSubject(chair.id)).at(-1)?.id ?? 0);
  expect(more).toHaveLength(1);
  await expectPagesEqualRows(deps);
  await expectPositionsDense(db);
  expect(await told(deps, ana)).toMatchObject([{ kind: "order.paid" }]);
});

test("two relays at once leave every page equal to its row, and tell once", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const second = openSecond(t, market);
  const db = openDatabase(t, market);
  const [ana, beto] = [await market.user("ana"), await market.user("beto")];
  const ids: string[] = [];
  for (let made = 0; made < 4; made += 1) ids.push((await market.publication(ana)).id);

  const orders = 3;
  for (let round = 1; round <= orders; round += 1) {
    for (const id of ids) await editPrice(deps, id, 1_000 * round);
    const [first = ""] = ids;
    await deps.publications.changeState(first, round % 2 ? "pause" : "resume", ACTOR, deps.now());
    await transact(db, (tx) => record(tx, [paid(beto, ana)]));
    await Promise.all([relay(deps), relay(second), editPrice(second, ids.at(-1) ?? "", 7 * round)]);
  }
  await Promise.all([relay(deps), relay(second)]);

  await expectPagesEqualRows(deps);
  await expectPositionsDense(db);
  expect(await deps.events.cursor("relay")).toMatchObject({
    position: await deps.events.lastPosition(),
  });
  expect(await deps.events.listSetAside()).toEqual([]);
  const inbox = await told(deps, ana);
  expect(inbox).toHaveLength(orders);

  // What was read stays read, though everything is relayed again.
  for (const notification of inbox) await deps.notifications.markRead(notification, AT);
  await db.updateTable("cursor").set({ position: 0 }).where("name", "=", "relay").execute();
  await Promise.all([relay(deps), relay(second)]);
  expect((await told(deps, ana)).map(({ readAt }) => readAt)).toEqual(inbox.map(() => AT));
  await expectPagesEqualRows(deps);
});

/** A lamp behind an event that says nothing, with two good ones after it, and a chair beside it. */
async function poisonedMarketplace(t: TestContext) {
  const market = await testMarketplace(t);
  const { deps } = market;
  const ana = await market.user("ana");
  const [lamp, chair] = [await market.publication(ana), await market.publication(ana)];
  await market.relay();
  const poison: NewEvent = {
    type: "publication.updated",
    subjectKind: "publication",
    subjectId: lamp.id,
    revision: 2,
    actor: ACTOR,
    at: AT,
    data: { sellerId: ana.userId },
  };
  const db = openDatabase(t, market);
  await transact(db, (tx) => record(tx, [poison]));
  const eventId = (await deps.events.ofSubject(lamp.id)).at(-1)?.id ?? 0;
  await editPrice(deps, lamp.id, 3_100);
  await editPrice(deps, chair.id, 4_200);
  const report = await market.relay();
  return { market, deps, db, lamp, chair, eventId, report };
}

test("a poisonous event is shown and holds up its own thing only; skipping it brings the rest", async (t) => {
  const { market, deps, db, lamp, chair, eventId, report } = await poisonedMarketplace(t);
  const shown = {
    eventId,
    subjectId: lamp.id,
    error: expect.stringContaining("not what it should be"),
  };
  expect(report).toMatchObject({ applied: 1, setAside: [shown] });
  expect(await deps.events.listSetAside()).toMatchObject([{ ...shown, attempts: 1 }]);
  expect((await stackStatus(deps)).relay).toMatchObject({ pending: 0, setAside: [shown] });
  expect((await deps.pages.get(chair.id))?.priceMinor).toBe(4_200);

  // What comes later waits behind it, also in later passes; nothing else does.
  await deps.publications.changeState(lamp.id, "pause", ACTOR, deps.now());
  await editPrice(deps, chair.id, 4_300);
  expect(await market.relay()).toMatchObject({ sequenced: 2, applied: 1, setAside: [] });
  expect(await deps.pages.get(lamp.id)).toMatchObject({ revision: 1, state: "active" });
  expect((await deps.pages.get(chair.id))?.priceMinor).toBe(4_300);

  expect(await retrySetAside({ eventId, skip: true }, deps)).toMatchObject({
    applied: 2,
    setAside: [],
  });
  expect(await deps.events.listSetAside()).toEqual([]);
  expect(await deps.pages.get(lamp.id)).toMatchObject({ priceMinor: 3_100, state: "paused" });
  await expectPagesEqualRows(deps);
  await expectPositionsDense(db);
  await expect(retrySetAside({ eventId, skip: true }, deps)).rejects.toMatchObject({
    code: "not_found",
  });

  await editPrice(deps, chair.id, 4_400);
  expect(await market.relay()).toMatchObject({ applied: 1, setAside: [] });
});

test("retrying sets it aside again until it is repaired, and never forgets what waits", async (t) => {
  const { market, deps, lamp, eventId } = await poisonedMarketplace(t);
  expect(await retrySetAside({ eventId, skip: false }, deps)).toMatchObject({
    applied: 0,
    setAside: [{ eventId }],
  });
  expect(await deps.events.listSetAside()).toMatchObject([{ eventId, attempts: 2 }]);

  // While DynamoDB is away nothing can be applied, so everything must go on waiting.
  const away = withoutDynamo(t, market);
  await expect(retrySetAside({ eventId, skip: true }, away)).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(await deps.events.listSetAside()).toMatchObject([{ eventId }]);

  const [published] = await deps.events.ofSubject(lamp.id);
  const { aurora } = market.config.profile;
  const admin = openPool(connection(aurora, aurora.adminRole));
  t.onTestFinished(() => admin.end());
  const repaired = { ...published?.data, revision: 2, priceMinor: 2_900 };
  await admin.query("update event set data = $1 where id = $2", [repaired, eventId]);
  expect(await retrySetAside({ eventId, skip: false }, deps)).toMatchObject({
    applied: 2,
    setAside: [],
  });
  expect(await deps.events.listSetAside()).toEqual([]);
  expect((await deps.pages.get(lamp.id))?.priceMinor).toBe(3_100);
});

test("what happens to a question enters the log once, however often it is relayed", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const second = openSecond(t, market);
  const [ana, beto] = [await market.user("ana"), await market.user("beto")];
  const lamp = await market.publication(ana);
  const events = async (id: string) =>
    (await deps.events.ofSubject(id)).map(({ type, revision }) => `${type} ${revision}`);

  const { id } = await ask({ actor: beto, publication: lamp.id, text: "Is it red?" }, deps);
  await market.relay();
  await market.relay();
  expect(await events(id)).toEqual(["question.asked 1"]);

  await answer({ actor: ana, question: id, answer: "Yes" }, deps);
  const { id: other } = await ask({ actor: beto, publication: lamp.id, text: "Is it new?" }, deps);
  await answer({ actor: ana, question: other, answer: "No" }, deps);
  await Promise.all([relay(deps), relay(second)]);
  await market.relay();
  for (const question of [id, other])
    expect(await events(question)).toEqual(["question.asked 1", "question.answered 2"]);
  expect(await deps.questions.pendingOutbox(10)).toEqual([]);
  await expectPositionsDense(openDatabase(t, market));
});

test("while DynamoDB is away the relay says so and loses nothing", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const away = withoutDynamo(t, market);
  const [ana, beto] = [await market.user("ana"), await market.user("beto")];
  const lamp = await market.publication(ana);
  await market.relay();
  const before = await deps.events.cursor("relay");
  await editPrice(deps, lamp.id, 3_000);
  await transact(openDatabase(t, market), (tx) => record(tx, [paid(beto, ana)]));

  const unavailable = { code: "unavailable", message: "DynamoDB cannot be reached" };
  await expect(relay(away)).rejects.toMatchObject(unavailable);
  // It goes away in the middle: the questions were copied, then pages cannot be written.
  await expect(relay({ ...deps, pages: away.pages })).rejects.toMatchObject(unavailable);
  expect(await deps.events.cursor("relay")).toEqual(before);
  expect(await deps.events.listSetAside()).toEqual([]);
  expect((await deps.pages.get(lamp.id))?.priceMinor).toBe(lamp.priceMinor);

  expect(await market.relay()).toMatchObject({ applied: 2, setAside: [] });
  await expectPagesEqualRows(deps);
  expect(await told(deps, ana)).toMatchObject([{ kind: "order.paid" }]);
});
