import { describe, type TestContext, test } from "vitest";
import { newId } from "../../src/domain/ids.ts";
import type { Notification } from "../../src/domain/notification.ts";
import type { Posting } from "../../src/domain/postings.ts";
import { getAll, writeAll } from "../../src/stores/dynamo/batch.ts";
import type { StoredPage } from "../../src/stores/dynamo/pages.ts";
import { describe as describeTable, ensureTable } from "../../src/stores/dynamo/table.ts";
import { dynamoStores, testTable } from "../../src/testing/dynamo.ts";
import { publicationPage } from "../../src/testing/publication-page.ts";

async function setup({ onTestFinished }: Pick<TestContext, "onTestFinished">) {
  const table = await testTable();
  onTestFinished(() => table[Symbol.asyncDispose]());
  return { table, ...dynamoStores(table) };
}

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 12, n)).toISOString();

/** Follows page tokens to the end, with a bound. */
async function everyPage<T>(
  read: (pageToken: string | undefined) => Promise<{ items: T[]; nextPageToken?: string }>,
) {
  const pages: T[][] = [];
  let token: string | undefined;
  do {
    const { items, nextPageToken } = await read(token);
    pages.push(items);
    token = nextPageToken;
  } while (token && pages.length < 20);
  return pages;
}

describe("table", () => {
  test("is made once however often and by however many it is asked for", async (t) => {
    const { table } = await setup(t);
    await Promise.all([ensureTable(table), ensureTable(table)]);
    const indexes = ["gsi1", "gsi2", "gsi3", "outbox"];
    t.expect(await describeTable(table)).toMatchObject({ status: "ACTIVE", indexes });
    t.expect(await describeTable({ ...table, name: "mkt-test-none" })).toBeUndefined();
  });

  test("batches of any size are written and read whole", async (t) => {
    const { table } = await setup(t);
    const keys = Array.from({ length: 130 }, (_, i) => ({ pk: `BATCH#${i % 7}`, sk: `${i}` }));
    // More than the 16 MB that one read answers, so that the engine leaves keys unprocessed.
    const text = "x".repeat(150_000);
    await writeAll(
      table,
      keys.map((key) => ({ put: { ...key, text } })),
    );
    t.expect(await getAll(table, keys)).toHaveLength(130);
    await writeAll(
      table,
      keys.slice(1).map((remove) => ({ remove })),
    );
    t.expect(await getAll(table, keys, true)).toEqual([{ ...keys[0], text }]);
  });
});

describe("pages", () => {
  const stored = (page: Partial<StoredPage> = {}): StoredPage => ({
    ...publicationPage(),
    indexedRevision: 1,
    ...page,
  });

  test("a page is replaced only by whoever read it as it is", async (t) => {
    const { pages } = await setup(t);
    const first = stored({ rating: { average: 4.5, count: 2 } });
    t.expect(await pages.replace(first, undefined)).toBe(true);
    t.expect(await pages.replace(first, undefined)).toBe(false);
    t.expect(await pages.get(first.id)).toEqual(first);

    const hidden = { ...first, revision: 2, indexedRevision: null };
    t.expect(await pages.replace(hidden, { ...first, revision: 7 })).toBe(false);
    t.expect(await pages.replace(hidden, { ...first, indexedRevision: null })).toBe(false);
    t.expect(await pages.get(first.id)).toEqual(first);
    t.expect(await pages.replace(hidden, first)).toBe(true);
    t.expect(await pages.replace({ ...first, revision: 3 }, hidden)).toBe(true);
    t.expect((await pages.get(first.id))?.revision).toBe(3);
  });

  test("many are read at once, missing ones left out", async (t) => {
    const { pages } = await setup(t);
    const some = Array.from({ length: 120 }, () => stored());
    await Promise.all(some.map((page) => pages.replace(page, undefined)));
    const ids = some.map(({ id }) => id);
    const found = await pages.getMany([...ids, ids[0] ?? "", newId()], { consistent: true });
    t.expect([...found.keys()].sort()).toEqual([...ids].sort());
    t.expect(found.get(ids[5] ?? "")).toEqual(some[5]);
    t.expect(await pages.getMany([])).toEqual(new Map());
  });

  test("a seller's are listed newest first, page by page, nothing twice", async (t) => {
    const { pages } = await setup(t);
    const sellerId = newId();
    const mine = [1, 2, 3, 4].map((n) => stored({ sellerId, publishedAt: minute(n) }));
    for (const page of [...mine, stored()]) await pages.replace(page, undefined);
    const listed = await everyPage((pageToken) =>
      pages.listBySeller(sellerId, { limit: 2, pageToken }),
    );
    t.expect(listed.map((page) => page.length)).toEqual([2, 2]);
    t.expect(listed.flat().map(({ id }) => id)).toEqual(mine.map(({ id }) => id).reverse());

    const { nextPageToken: pageToken } = await pages.listBySeller(sellerId, { limit: 1 });
    for (const [seller, token] of [
      [newId(), pageToken],
      [sellerId, "nonsense"],
      [sellerId, pageToken?.slice(0, -9)],
    ] as const) {
      const request = pages.listBySeller(seller, { limit: 1, pageToken: token });
      await t.expect(request).rejects.toMatchObject({ code: "invalid" });
    }
  });
});

describe("postings", () => {
  const posting = (n: number, more: Partial<Posting> = {}): Posting => ({
    list: "en#lamp",
    impact: String(n).padStart(8, "0"),
    publicationId: `publication-${n}`,
    indexedRevision: 1,
    version: 1,
    language: "en",
    frequencies: new Map([
      ["lamp", 2],
      ["red", 1],
    ]),
    length: 3,
    priceMinor: 100 + n,
    currency: "USD",
    categories: ["home", "light"],
    sellerId: "seller",
    publishedAt: minute(0),
    ...more,
  });

  test("a list is read from its best, and says whether that was all", async (t) => {
    const { postings } = await setup(t);
    const all = Array.from({ length: 60 }, (_, n) => posting(n));
    await postings.write([...all, posting(99, { list: "en#lampshad" })]);
    await postings.write(all.slice(0, 5));
    const best = await postings.readBest("en#lamp", 3);
    t.expect(best).toEqual({ postings: [posting(59), posting(58), posting(57)], ended: false });
    const whole = await postings.readBest("en#lamp", 100);
    t.expect(whole.ended).toBe(true);
    t.expect(whole.postings.map(({ publicationId }) => publicationId)).toEqual(
      all.map(({ publicationId }) => publicationId).reverse(),
    );
    t.expect(await postings.readBest("en#none", 5)).toEqual({ postings: [], ended: true });
  });

  test("a list longer than one answer of the engine is read on", async (t) => {
    const { postings } = await setup(t);
    const frequencies = new Map(Array.from({ length: 2_000 }, (_, n) => [`word${n}`, 1]));
    const all = Array.from({ length: 120 }, (_, n) => posting(n, { frequencies }));
    await postings.write(all);
    const { postings: read, ended } = await postings.readBest("en#lamp", 1_000);
    t.expect(ended).toBe(true);
    t.expect(read).toEqual(all.reverse());
  });

  test("only the posting named is deleted", async (t) => {
    const { postings } = await setup(t);
    const [former, later, other] = [posting(1), posting(1, { indexedRevision: 2 }), posting(2)];
    await postings.write([former, later, other]);
    await postings.remove([former, former]);
    await postings.remove([former]);
    t.expect((await postings.readBest("en#lamp", 9)).postings).toEqual([other, later]);
  });
});

describe("vocabulary", () => {
  test("counts add up, whoever adds at the same time", async (t) => {
    const { vocabulary } = await setup(t);
    await Promise.all([1, 2, 3].map((by) => vocabulary.count(new Map([["en#lamp", by]]))));
    await vocabulary.count(
      new Map([
        ["en#lamp", -1],
        ["all", 1],
        ["en#same", 0],
      ]),
    );
    t.expect(await vocabulary.documents(["en#lamp", "all", "all", "en#same", "en#none"])).toEqual(
      new Map([
        ["en#lamp", 5],
        ["all", 1],
      ]),
    );
  });

  test("words are found by their beginning, in every language", async (t) => {
    const { vocabulary } = await setup(t);
    const [lamp, lampara, land] = [
      { form: "lamp", language: "en", stem: "lamp" },
      { form: "lampara", language: "es", stem: "lamp" },
      { form: "land", language: "en", stem: "land" },
    ] as const;
    await vocabulary.learn([lamp, lampara, land]);
    await vocabulary.learn([lamp]);
    t.expect(await vocabulary.beginningWith("lam", 9)).toEqual({
      forms: [lamp, lampara],
      more: false,
    });
    t.expect(await vocabulary.beginningWith("la", 2)).toEqual({
      forms: [lamp, lampara],
      more: true,
    });
    t.expect((await vocabulary.beginningWith("l", 9)).forms).toEqual([]);
    t.expect((await vocabulary.beginningWith("lamps", 9)).forms).toEqual([]);
  });
});

describe("questions", () => {
  const asked = (more = {}) => ({
    id: newId(),
    publicationId: "publication",
    sellerId: "seller",
    askerId: "asker",
    text: "Is it blue?",
    askedAt: minute(1),
    ...more,
  });

  test("one item appears in the page, both inboxes and the outbox", async (t) => {
    const { questions } = await setup(t);
    const question = await questions.ask(asked());
    t.expect(question).toMatchObject({ state: "unanswered", version: 1, answer: null });
    t.expect(await questions.get(question.id)).toEqual(question);
    const limit = 5;
    const here = [question];
    t.expect((await questions.listByPublication("publication", { limit })).items).toEqual(here);
    t.expect((await questions.listBySeller("seller", { limit })).items).toEqual(here);
    t.expect((await questions.listByAsker("asker", { limit })).items).toEqual(here);
    t.expect((await questions.listByAsker("asker", { limit, state: "answered" })).items).toEqual(
      [],
    );
    t.expect(await questions.pendingOutbox(5)).toEqual([question.id]);

    const answered = await questions.answer(question.id, { text: "Yes", at: minute(2) });
    t.expect(answered).toEqual({
      ...question,
      state: "answered",
      answer: "Yes",
      answeredAt: minute(2),
      version: 2,
    });
    const now = [answered];
    t.expect((await questions.listByPublication("publication", { limit })).items).toEqual(now);
    t.expect((await questions.listByAsker("asker", { limit, state: "answered" })).items).toEqual(
      now,
    );
    t.expect(
      (await questions.listBySeller("seller", { limit, state: "unanswered" })).items,
    ).toEqual([]);
    t.expect(await questions.pendingOutbox(5)).toEqual([question.id]);
  });

  test("asking or answering again with the same content changes nothing, with other it is refused", async (t) => {
    const { questions } = await setup(t);
    const question = asked();
    await questions.ask(question);
    t.expect(await questions.ask(question)).toMatchObject({ version: 1 });
    await t
      .expect(questions.ask({ ...question, text: "Is it red?" }))
      .rejects.toMatchObject({ code: "conflict" });

    const answer = { text: "Yes", at: minute(2) };
    await questions.answer(question.id, answer);
    t.expect(await questions.answer(question.id, answer)).toMatchObject({ version: 2 });
    for (const change of [
      () => questions.answer(question.id, { text: "No", at: minute(3) }),
      () => questions.remove(question.id, minute(3)),
      () => questions.closeUnanswered(question.id, minute(3)),
    ]) {
      await t.expect(change()).rejects.toMatchObject({ code: "illegal_transition" });
    }
    t.expect(await questions.get(question.id)).toMatchObject({ answer: "Yes", version: 2 });
    await t.expect(questions.answer(newId(), answer)).rejects.toMatchObject({ code: "not_found" });
  });

  test("of two answers at once one is given", async (t) => {
    const { questions } = await setup(t);
    const { id } = await questions.ask(asked());
    const results = await Promise.allSettled(
      ["Yes", "No", "Maybe"].map((text) => questions.answer(id, { text, at: minute(2) })),
    );
    const given = results.flatMap((r) => (r.status === "fulfilled" ? r.value.answer : []));
    t.expect(given).toHaveLength(1);
    t.expect(await questions.get(id)).toMatchObject({ answer: given[0], version: 2 });
  });

  test("a deleted one leaves the page, a closed one stays", async (t) => {
    const { questions } = await setup(t);
    const [gone, closed] = [asked(), asked({ askedAt: minute(2) })];
    await questions.ask(gone);
    await questions.ask(closed);
    t.expect(await questions.remove(gone.id, minute(3))).toMatchObject({ state: "deleted" });
    await questions.closeUnanswered(closed.id, minute(3));
    const { items } = await questions.listByPublication("publication", { limit: 5 });
    t.expect(items).toMatchObject([{ id: closed.id, state: "closed_unanswered", version: 2 }]);
    t.expect(await questions.get(gone.id)).toMatchObject({ state: "deleted" });
  });

  test("the outbox keeps what changed after it was read", async (t) => {
    const { questions } = await setup(t);
    const [first, second] = [asked(), asked({ askedAt: minute(5) })];
    await questions.ask(second);
    await questions.ask(first);
    t.expect(await questions.pendingOutbox(1)).toEqual([first.id]);
    await questions.answer(first.id, { text: "Yes", at: minute(9) });
    t.expect(await questions.clearOutbox(first.id, 1)).toBe(false);
    t.expect(await questions.pendingOutbox(5)).toEqual([second.id, first.id]);
    t.expect(await questions.clearOutbox(first.id, 2)).toBe(true);
    t.expect(await questions.clearOutbox(first.id, 2)).toBe(false);
    t.expect(await questions.pendingOutbox(5)).toEqual([second.id]);
    t.expect(await questions.clearOutbox(newId(), 1)).toBe(false);
  });

  test("reading marks once, and is nothing to relay", async (t) => {
    const { questions } = await setup(t);
    const { id } = await questions.ask(asked());
    await questions.clearOutbox(id, 1);
    t.expect(await questions.markRead(id, "seller", minute(2))).toBe(true);
    t.expect(await questions.markRead(id, "seller", minute(3))).toBe(false);
    t.expect(await questions.markRead(newId(), "asker", minute(3))).toBe(false);
    await questions.answer(id, { text: "Yes", at: minute(4) });
    t.expect(await questions.markRead(id, "asker", minute(5))).toBe(true);
    const read = { sellerReadAt: minute(2), askerReadAt: minute(5), version: 2 };
    t.expect(await questions.get(id)).toMatchObject(read);
  });

  test("inboxes are paged, the unanswered first", async (t) => {
    const { questions } = await setup(t);
    const all = [1, 2, 3, 4, 5].map((n) => asked({ askedAt: minute(n) }));
    for (const question of all) await questions.ask(question);
    const [a, b, c, d, e] = all.map(({ id }) => id);
    await questions.answer(e ?? "", { text: "Yes", at: minute(9) });
    const listed = await everyPage((pageToken) =>
      questions.listBySeller("seller", { limit: 2, pageToken }),
    );
    t.expect(listed.map((page) => page.map(({ id }) => id))).toEqual([[d, c], [b, a], [e]]);
  });
});

describe("notifications", () => {
  const notification = (n: number): Notification => ({
    id: `event-${n}`,
    userId: "user",
    kind: "question_asked",
    subject: "question",
    data: { title: "Lamp" },
    createdAt: minute(n),
    readAt: null,
  });

  test("are put once, listed unread first, and read once", async (t) => {
    const { notifications } = await setup(t);
    for (const n of [1, 2, 3]) t.expect(await notifications.put(notification(n))).toBe(true);
    t.expect(await notifications.markRead(notification(2), minute(9))).toBe(true);
    t.expect(await notifications.markRead(notification(2), minute(10))).toBe(false);
    t.expect(await notifications.markRead(notification(8), minute(10))).toBe(false);
    t.expect(await notifications.put(notification(2))).toBe(false);
    const { items } = await notifications.list("user", { limit: 5 });
    const read = { ...notification(2), readAt: minute(9) };
    t.expect(items).toEqual([notification(3), notification(1), read]);
    const unread = await everyPage((pageToken) =>
      notifications.list("user", { limit: 1, pageToken, unreadOnly: true }),
    );
    t.expect(unread).toEqual([[notification(3)], [notification(1)]]);
    t.expect((await notifications.list("other", { limit: 5 })).items).toEqual([]);
  });
});

describe("home and categories", () => {
  test("an older section never replaces a newer one", async (t) => {
    const { homeSections } = await setup(t);
    const newest = { name: "newest", title: "Newest", order: 2, cards: [] };
    t.expect(await homeSections.putSection(newest, 5)).toBe(true);
    t.expect(await homeSections.putSection({ ...newest, title: "Old" }, 4)).toBe(false);
    t.expect(await homeSections.putSection({ ...newest, title: "New" }, 6)).toBe(true);
    const best = { name: "best_sellers", title: "Best sellers", order: 1, cards: [] };
    await homeSections.putSection(best, 1);
    t.expect(await homeSections.readAll()).toEqual([best, { ...newest, title: "New" }]);
  });

  test("category names are one item, guarded in the same way", async (t) => {
    const { categoryNames } = await setup(t);
    t.expect(await categoryNames.names()).toEqual(new Map());
    const names = new Map([["c1", "Home & Garden"]]);
    t.expect(await categoryNames.put(names, 2)).toBe(true);
    t.expect(await categoryNames.put(new Map(), 1)).toBe(false);
    t.expect(await categoryNames.names()).toEqual(names);
  });
});

describe("activity", () => {
  test("is kept by minute and deleted one by one", async (t) => {
    const { activityLog } = await setup(t);
    const view = (id: string, at: string) => ({
      id,
      kind: "view",
      at,
      userId: null,
      data: { n: 1 },
    });
    const [first, second] = [view("a", minute(1)), view("b", "2026-01-01T12:01:59.999Z")];
    for (const one of [second, first, view("c", minute(2))]) await activityLog.put(one);
    t.expect(await activityLog.readMinute(minute(1))).toEqual([first, second]);
    await activityLog.remove([first]);
    t.expect(await activityLog.readMinute(minute(1))).toEqual([second]);
  });
});
