import { EventEmitter, once } from "node:events";
import { expect, test } from "vitest";
import type { Deps } from "../deps.ts";
import { transact } from "../stores/aurora/client.ts";
import { record } from "../stores/aurora/log.ts";
import { lockPublication, moveState } from "../stores/aurora/publication-rows.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import {
  ACTOR,
  AT,
  editPrice,
  expectPagesEqualRows,
  expectPositionsDense,
  openDatabase,
  openSecond,
  paid,
  told,
  withoutDynamo,
} from "../testing/relay.ts";
import { answer, ask } from "./ask.ts";
import { relay } from "./relay.ts";

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

test("a slow relay does not overwrite what a faster one has written meanwhile", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const lamp = await market.publication(await market.user("ana"));
  await market.relay();
  const gate = new EventEmitter();
  const [read, released] = [once(gate, "read"), once(gate, "released")];
  // The real store, held up once, between reading the page and writing it.
  const { get, listBySeller } = deps.pages;
  const shown: (number | undefined)[] = [];
  const getMany: Deps["pages"]["getMany"] = async (ids, options) => {
    const pages = await deps.pages.getMany(ids, options);
    gate.emit("read");
    await released;
    return pages;
  };
  const replace: Deps["pages"]["replace"] = async (page, before) => {
    const done = await deps.pages.replace(page, before);
    shown.push((await get(page.id))?.priceMinor);
    return done;
  };
  await editPrice(deps, lamp.id, 1_000);
  const slow = relay({ ...deps, pages: { get, getMany, replace, listBySeller } });
  await Promise.race([read, slow]);

  await editPrice(deps, lamp.id, 2_000);
  await market.relay();
  expect(await deps.pages.get(lamp.id)).toMatchObject({ priceMinor: 2_000, revision: 3 });
  gate.emit("released");
  await slow;
  // Not even for a moment, though the slow one meets the newer event soon afterwards.
  expect(shown).toEqual([2_000]);
  await expectPagesEqualRows(deps);
});

test("sequencers at once, while others write, give dense positions in the order of each thing", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const db = openDatabase(t, market);
  const [ana, beto] = [await market.user("ana"), await market.user("beto")];
  const ids: string[] = [];
  for (let made = 0; made < 3; made += 1) ids.push((await market.publication(ana)).id);
  await deps.events.sequence();
  let placed = await deps.events.lastPosition();
  const write = async (id: string) => {
    for (let price = 1; price <= 10; price += 1) {
      await editPrice(deps, id, price);
      await transact(db, (tx) => record(tx, [paid(beto, ana)]));
    }
  };
  let writing = true;
  const sequence = async () => {
    while (writing) {
      const more = await deps.events.sequence();
      placed += more;
    }
  };
  const written = Promise.all(ids.map(write)).finally(() => {
    writing = false;
  });
  await Promise.all([written, sequence(), sequence(), sequence()]);
  placed += await deps.events.sequence();
  await expectPositionsDense(db);
  expect(placed).toBe(await deps.events.lastPosition());
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
