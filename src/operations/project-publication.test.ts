import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { postingsOf } from "../domain/postings.ts";
import type { PublicationPage } from "../domain/publication.ts";
import type { Table } from "../stores/dynamo/client.ts";
import { dynamoStores, testTable } from "../testing/dynamo.ts";
import { publicationPage } from "../testing/publication-page.ts";
import { type ProjectionStores, projectPublications } from "./project-publication.ts";
import { search } from "./search.ts";

async function setup() {
  const table = await testTable();
  onTestFinished(() => table[Symbol.asyncDispose]());
  return { table, stores: dynamoStores(table) };
}

/** Every posting in the table, as `list publication revision`. */
async function allPostings({ client, name }: Table): Promise<string[]> {
  const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName: name }));
  expect(LastEvaluatedKey).toBeUndefined();
  return Items.flatMap(({ pk, publicationId, indexedRevision }) =>
    String(pk).startsWith("WORD#") ? `${pk} ${publicationId} ${indexedRevision}` : [],
  ).sort();
}

function postingsAt(page: PublicationPage, revision: number): string[] {
  return postingsOf(page, revision)
    .map(({ list }) => `WORD#${list} ${page.id} ${revision}`)
    .sort();
}

const found = async (words: string, stores: Awaited<ReturnType<typeof setup>>["stores"]) => {
  const { items } = await search({ words, sort: "relevance", limit: 10 }, stores);
  return items.map(({ id }) => id);
};

test("a page and its words follow what the seller does", async () => {
  const { table, stores } = await setup();
  const lamp = publicationPage({ title: "Red lamp", categories: ["light"] });
  const project = (page: PublicationPage) => projectPublications([page], stores);
  expect(await project(lamp)).toEqual({ written: 1, stale: 0 });
  expect(await stores.pages.get(lamp.id)).toEqual({ ...lamp, indexedRevision: 1 });
  expect(await allPostings(table)).toEqual(postingsAt(lamp, 1));

  const sold = { ...lamp, revision: 2, availability: "sold_out" as const };
  await project(sold);
  expect(await stores.pages.get(lamp.id)).toEqual({ ...sold, indexedRevision: 1 });
  expect(await allPostings(table)).toEqual(postingsAt(lamp, 1));

  const edited = { ...sold, revision: 3, version: 2, title: "Blue lamp", priceMinor: 5 };
  await project(edited);
  expect(await allPostings(table)).toEqual(postingsAt(edited, 3));
  const lists = ["en#red", "en#blue", "en#lamp", "all", "category:light"];
  expect([...(await stores.vocabulary.documents(lists)).values()].sort()).toEqual([0, 1, 1, 1, 1]);

  await project({ ...edited, revision: 4, state: "paused" });
  expect(await allPostings(table)).toEqual([]);
  expect(await stores.pages.get(lamp.id)).toMatchObject({ state: "paused", indexedRevision: null });
  await project({ ...edited, revision: 5 });
  expect(await allPostings(table)).toEqual(postingsAt(edited, 5));
  await project({ ...edited, revision: 6, state: "closed" });
  expect(await allPostings(table)).toEqual([]);
  expect([...(await stores.vocabulary.documents(lists)).values()]).toEqual([0, 0, 0, 0, 0]);
});

test("an older state, or the same one again, changes nothing", async () => {
  const { table, stores } = await setup();
  const lamp = publicationPage({ revision: 5, version: 3 });
  const older = { ...lamp, revision: 4, version: 2, title: "Old lamp" };
  expect(await projectPublications([lamp, older], stores)).toEqual({ written: 1, stale: 1 });
  expect(await projectPublications([older, lamp], stores)).toEqual({ written: 0, stale: 2 });
  expect(await stores.pages.get(lamp.id)).toEqual({ ...lamp, indexedRevision: 5 });
  expect(await allPostings(table)).toEqual(postingsAt(lamp, 5));
  expect(await stores.vocabulary.documents(["en#lamp", "en#old"])).toEqual(
    new Map([["en#lamp", 1]]),
  );
});

test("rebuild brings back what was lost from the index", async () => {
  const { table, stores } = await setup();
  const lamp = publicationPage({ revision: 2 });
  await projectPublications([publicationPage({ ...lamp, revision: 1 })], stores);
  await projectPublications([lamp], stores);
  await stores.postings.remove(postingsOf(lamp, 1).slice(0, 2));
  expect(await projectPublications([lamp], stores)).toEqual({ written: 0, stale: 1 });
  expect(await projectPublications([lamp], stores, { rebuild: true })).toMatchObject({
    written: 1,
  });
  expect(await allPostings(table)).toEqual(postingsAt(lamp, 2));
  await projectPublications([lamp], stores, { rebuild: true });
  expect(await allPostings(table)).toEqual(postingsAt(lamp, 2));
  expect(new Set((await stores.vocabulary.documents(["all", "en#lamp"])).values())).toEqual(
    new Set([1]),
  );
  const older = { ...lamp, revision: 1 };
  expect(await projectPublications([older], stores, { rebuild: true })).toMatchObject({ stale: 1 });
});

/** A publication's history: each state edits, pauses, resumes or only changes what the page shows. */
const histories = fc.array(
  fc.record({
    edit: fc.boolean(),
    state: fc.constantFrom("active", "active", "paused"),
    title: fc.constantFrom("red lamp", "blue lamp", "green table"),
  }),
  { minLength: 2, maxLength: 6 },
);

function statesOf(history: typeof histories extends fc.Arbitrary<infer T> ? T : never) {
  let page = publicationPage();
  return history.map(({ edit, state, title }, index) => {
    const version = edit ? page.version + 1 : page.version;
    page = { ...page, revision: index + 1, version, state, ...(edit && { title }) };
    return page;
  });
}

test("relays at once, in any order, leave exactly the newest state and its postings", async () => {
  const { table, stores } = await setup();
  const states = histories.map(statesOf);
  const orders = fc.infiniteStream(fc.nat(20));
  await fc.assert(
    fc.asyncProperty(states, orders, async (pages, random) => {
      const jobs = [...pages, ...pages]
        .map((page) => ({ page, at: random.next().value }))
        .sort((a, b) => a.at - b.at);
      await Promise.all(jobs.map(({ page }) => projectPublications([page], stores)));
      const last = pages.at(-1);
      const page = last && (await stores.pages.get(last.id));
      if (!page) throw new Error("the page is gone");
      const { indexedRevision, ...shown } = page;
      expect(shown).toEqual(last);
      expect(indexedRevision === null).toBe(page.state !== "active");
      const postings = (await allPostings(table)).filter((posting) => posting.includes(page.id));
      expect(postings).toEqual(indexedRevision === null ? [] : postingsAt(page, indexedRevision));
    }),
    { numRuns: 25 },
  );
});

/** The same stores, whose `step`-th write never happens: as if the process were killed there. */
function killedAt(step: number, stores: ProjectionStores): ProjectionStores {
  let steps = 0;
  const orKill = <A extends unknown[], R>(write: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (++steps === step) throw new Error("killed");
      return write(...args);
    };
  };
  const { pages, postings, vocabulary } = stores;
  return {
    pages: { ...pages, replace: orKill(pages.replace) },
    postings: { ...postings, write: orKill(postings.write), remove: orKill(postings.remove) },
    vocabulary: {
      ...vocabulary,
      learn: orKill(vocabulary.learn),
      count: orKill(vocabulary.count),
    },
  };
}

test("killed between any two steps, the same again finishes it, and nobody finds what is gone", async () => {
  const { stores } = await setup();
  let kills = 0;
  for (let step = 1; step <= 20; step++) {
    const lamp = publicationPage({ title: `shiny${step} lamp` });
    await projectPublications([lamp], stores);
    const edited = { ...lamp, revision: 2, version: 2, title: `dull${step} lamp` };
    const killed = await projectPublications([edited], killedAt(step, stores)).then(
      () => false,
      (error: Error) => error.message === "killed",
    );
    if (!killed) break;
    kills++;
    // Whatever was written, searching shows one whole state.
    const now = await stores.pages.get(lamp.id);
    const [is, was] = now?.version === 2 ? ["dull", "shiny"] : ["shiny", "dull"];
    expect(await found(`${is}${step}`, stores)).toEqual([lamp.id]);
    expect(await found(`${was}${step}`, stores)).toEqual([]);

    await projectPublications([edited], stores);
    expect(await found(`dull${step}`, stores)).toEqual([lamp.id]);
    expect(await found(`shiny${step}`, stores)).toEqual([]);
  }
  // learn, count, write, replace, remove, count
  expect(kills).toBe(6);
});

test("word counts of a batch are summed before they are added", async () => {
  const { stores } = await setup();
  const pages = Array.from({ length: 60 }, (_, i) => publicationPage({ title: `lamp ${i % 3}` }));
  const added: ReadonlyMap<string, number>[] = [];
  const count = (changes: ReadonlyMap<string, number>) => {
    added.push(changes);
    return stores.vocabulary.count(changes);
  };
  const watched = { ...stores, vocabulary: { ...stores.vocabulary, count } };
  expect(await projectPublications(pages, watched)).toEqual({ written: 60, stale: 0 });
  expect(added[0]?.get("en#lamp")).toBe(60);
  expect(await stores.vocabulary.documents(["en#lamp", "en#2", "all"])).toEqual(
    new Map([
      ["en#lamp", 60],
      ["en#2", 20],
      ["all", 60],
    ]),
  );
});
