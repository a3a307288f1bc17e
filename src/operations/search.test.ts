import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { newId } from "../domain/ids.ts";
import { type Posting, postingsOf } from "../domain/postings.ts";
import type { PublicationPage } from "../domain/publication.ts";
import { dynamoStores, testTable } from "../testing/dynamo.ts";
import { publicationPage } from "../testing/publication-page.ts";
import { projectPublications } from "./project-publication.ts";
import { type SearchInput, type SearchStores, search } from "./search.ts";

const CATEGORIES = new Map([
  ["c-home", "Hogar y Jardín"],
  ["c-light", "Light"],
]);

async function setup(pages: PublicationPage[] = []) {
  const table = await testTable();
  onTestFinished(() => table[Symbol.asyncDispose]());
  const stores = dynamoStores(table);
  await stores.categoryNames.put(CATEGORIES, 1);
  await projectPublications(pages, stores);
  return { table, stores, ...finder(stores) };
}

function finder(stores: SearchStores) {
  const run = (words: string, more: Partial<SearchInput> = {}) =>
    search({ words, sort: "relevance", limit: 20, ...more }, stores);
  return {
    run,
    titles: async (words: string, more: Partial<SearchInput> = {}) =>
      (await run(words, more)).items.map(({ title }) => title),
    /** Ids of every page of results; pages are never empty but the only one. */
    everyPage: async (words: string, more: Partial<SearchInput>, between = async () => {}) => {
      const ids: string[] = [];
      let pageToken: string | undefined;
      do {
        const { items, nextPageToken } = await run(words, { ...more, pageToken });
        if (nextPageToken) expect(items).toHaveLength(more.limit ?? 20);
        ids.push(...items.map(({ id }) => id));
        pageToken = nextPageToken;
        await between();
      } while (pageToken && ids.length < 200);
      return ids;
    },
  };
}

const titled = (...titles: string[]) => titles.map((title) => publicationPage({ title }));

describe("relevance", () => {
  test("documents with more of the words come first, then the rarer word, then the better fit", async () => {
    const pages = titled("white chair", "white table", "white corner table", "corner shelf", "oak");
    const { titles } = await setup([
      ...pages,
      publicationPage({ title: "chair", description: "white corner table" }),
    ]);
    expect(await titles("white corner table")).toEqual([
      "white corner table",
      "chair",
      "white table",
      "corner shelf",
      "white chair",
    ]);
  });

  test("two common words beat a rare one, but not in a sentence", async () => {
    const common = Array.from({ length: 20 }, () => publicationPage({ title: "white table" }));
    const { run, titles } = await setup([...common, ...titled("unicorn")]);
    const last = await run("white table unicorn");
    expect(last.items.every(({ title }) => title === "white table")).toBe(true);
    const sentence = "an old wooden garden white table with an unicorn";
    expect((await titles(sentence)).slice(0, 2)).toEqual(["unicorn", "white table"]);
  });

  test("words are found by their stem, without accents and case", async () => {
    const { titles } = await setup(titled("BESTÅ Bookcases"));
    expect(await titles("besta BOOKCASE")).toEqual(["BESTÅ Bookcases"]);
  });

  test("a query none of whose words occurs finds nothing, and says that is all", async () => {
    const { run } = await setup(titled("white folding table"));
    expect(await run("mesa plegable blanca")).toEqual({ items: [], complete: true });
  });

  test("a word that occurs nowhere leaves those with the others, and nobody has all", async () => {
    const { run, titles } = await setup(titled("white table"));
    expect(await titles("white unicorn")).toEqual(["white table"]);
    expect(await run("white unicorn", { sort: "price" })).toEqual({ items: [], complete: true });
  });

  test("stop words count only when there is nothing else", async () => {
    const { titles } = await setup(titled("Table with legs", "Shelf", "The With"));
    expect(await titles("the shelf with", { sort: "price" })).toEqual(["Shelf"]);
    expect(await titles("with", { sort: "price" })).toHaveLength(2);
  });

  test("the last word may be unfinished, if it is no word by itself", async () => {
    const { titles } = await setup(titled("white bookcase", "white bookend", "white book", "lamp"));
    expect((await titles("white bookc")).at(0)).toBe("white bookcase");
    expect(await titles("bookca", { sort: "price" })).toEqual(["white bookcase"]);
    expect(await titles("book")).toEqual(["white book"]);
    expect(await titles("bookc white", { sort: "price" })).toEqual([]);
    expect(await titles("l")).toEqual([]);
  });

  test("each language has its own stems and stop words", async () => {
    const { titles } = await setup([
      publicationPage({ title: "Sillones blancos", language: "es" }),
      publicationPage({ title: "Cadeira com iluminação", language: "pt" }),
      publicationPage({ title: "White chair", language: "en" }),
    ]);
    expect(await titles("sillón blanca")).toEqual(["Sillones blancos"]);
    expect(await titles("cadeiras com iluminacoes", { sort: "price" })).toEqual([
      "Cadeira com iluminação",
    ]);
    expect(await titles("white chairs")).toEqual(["White chair"]);
  });
});

describe("filters and order", () => {
  const offers = [
    { title: "red lamp", priceMinor: 300, categories: ["c-home", "c-light"], sellerId: "ana" },
    { title: "red lamp shade", priceMinor: 100, categories: ["c-light"], sellerId: "ana" },
    { title: "blue lamp", priceMinor: 200, categories: ["c-home"], sellerId: "bob" },
    { title: "red table", priceMinor: 200, categories: ["c-home"], sellerId: "bob" },
  ].map((offer, day) =>
    publicationPage({ ...offer, publishedAt: `2026-01-0${day + 1}T00:00:00.000Z` }),
  );

  test.each<[string, Partial<SearchInput>, string[]]>([
    ["lamp", { sort: "price" }, ["red lamp shade", "blue lamp", "red lamp"]],
    ["lamp", { sort: "newest" }, ["blue lamp", "red lamp shade", "red lamp"]],
    ["red lamp", { sort: "price" }, ["red lamp shade", "red lamp"]],
    ["lamp", { sellerId: "ana", sort: "price" }, ["red lamp shade", "red lamp"]],
    ["lamp", { category: "c-home", sort: "price" }, ["blue lamp", "red lamp"]],
    ["lamp", { category: "hogar y jardin", sellerId: "bob" }, ["blue lamp"]],
    ["lamp", { minPriceMinor: 200, maxPriceMinor: 200 }, ["blue lamp"]],
    ["lamp", { sellerId: "nobody" }, []],
    ["lamp", { currency: "USD", maxPriceMinor: 100 }, ["red lamp shade"]],
    ["lamp", { currency: "ARS" }, []],
    ["", { category: "Light" }, ["red lamp shade", "red lamp"]],
    ["", { sellerId: "bob", sort: "newest" }, ["red table", "blue lamp"]],
    ["", { sort: "price", maxPriceMinor: 150 }, ["red lamp shade"]],
    [" ", {}, ["red table", "blue lamp", "red lamp shade", "red lamp"]],
  ])("%j with %j", async (words, more, wanted) => {
    const { run } = await setup(offers);
    const { items, complete } = await run(words, more);
    expect(items.map(({ title }) => title)).toEqual(wanted);
    expect(complete).toBe(true);
  });

  test("a row has what a list shows, categories by name", async () => {
    const { run } = await setup(offers);
    const { items } = await run("red lamp", { sellerId: "ana", minPriceMinor: 200 });
    expect(items).toEqual([
      {
        id: offers[0]?.id,
        title: "red lamp",
        priceMinor: 300,
        currency: "USD",
        sellerId: "ana",
        categories: ["Hogar y Jardín", "Light"],
        availability: "in_stock",
        rating: null,
        images: [],
      },
    ]);
  });

  test.each<[string, Partial<SearchInput>, string]>([
    ["lamp", { category: "nope" }, "not_found"],
    ["lamp", { limit: 0 }, "invalid"],
    ["lamp", { limit: 1.5 }, "invalid"],
    ["lamp", { limit: 1_000 }, "invalid"],
    ["lamp", { minPriceMinor: -1 }, "invalid"],
    ["lamp", { maxPriceMinor: 0.5 }, "invalid"],
    ["lamp", { minPriceMinor: 2, maxPriceMinor: 1 }, "invalid"],
    ["lamp", { pageToken: "" }, "invalid"],
    ["lamp", { pageToken: "bm9wZQ" }, "invalid"],
    ["🛋️ …", {}, "invalid"],
    ["x".repeat(501), {}, "invalid"],
    [Array.from({ length: 65 }, (_, i) => `w${i}`).join(" "), {}, "invalid"],
  ])("%j with %j is refused as %s", async (words, more, code) => {
    const { run } = await setup();
    await expect(run(words, more)).rejects.toMatchObject({ code });
  });
});

describe("pages of results", () => {
  const pages = Array.from({ length: 23 }, (_, i) =>
    publicationPage({
      title: ["red lamp", "lamp", "red table"][i % 3] ?? "",
      description: "word ".repeat(i % 4),
      priceMinor: 100 * (i % 5),
      publishedAt: `2026-01-0${(i % 7) + 1}T00:00:00.000Z`,
    }),
  );

  test.each([
    "relevance",
    "price",
    "newest",
  ] as const)("by %s, whatever their size they make the same list, with no row twice", async (sort) => {
    const { everyPage } = await setup(pages);
    const whole = await everyPage("red lamp", { sort, limit: 100 });
    expect(whole).toHaveLength(sort === "relevance" ? 23 : 8);
    for (const limit of [1, 4, 8, 22, 23]) {
      expect(await everyPage("red lamp", { sort, limit })).toEqual(whole);
    }
    const all = await everyPage("", { sort, limit: 5 });
    expect([...all].sort()).toEqual(pages.map(({ id }) => id).sort());
  });

  test("they stay as they began while others publish and word counts change", async () => {
    const { everyPage, stores } = await setup(pages);
    const whole = await everyPage("red lamp tabl", { limit: 100 });
    const found = await everyPage("red lamp tabl", { limit: 4 }, () =>
      projectPublications(titled("red tablet", "red", "tables"), stores).then(() => undefined),
    );
    const known = new Set(whole);
    expect(found.filter((id) => known.has(id))).toEqual(whole);
    expect(new Set(found).size).toBe(found.length);
  });

  test("a token continues only its own search", async () => {
    const { run } = await setup(pages);
    const { nextPageToken: pageToken } = await run("lamp", { limit: 2 });
    expect(pageToken).toBeDefined();
    await expect(run("lamp", { limit: 7, pageToken })).resolves.toMatchObject({ complete: true });
    for (const [words, more] of [
      ["lamps", {}],
      ["lamp", { sort: "price" }],
      ["lamp", { sellerId: "seller" }],
      ["lamp", { maxPriceMinor: 10 }],
    ] as const) {
      await expect(run(words, { ...more, pageToken })).rejects.toMatchObject({ code: "invalid" });
    }
  });
});

describe("postings that their page no longer says", () => {
  const lists = async ({ client, name }: Awaited<ReturnType<typeof testTable>>) => {
    const { Items = [] } = await client.send(new ScanCommand({ TableName: name }));
    return Items.flatMap(({ pk, indexedRevision }) =>
      String(pk).startsWith("WORD#en#lamp") ? indexedRevision : [],
    );
  };

  test("are dropped, deleted, and the page of results is full all the same", async () => {
    const lamps = Array.from({ length: 12 }, (_, i) =>
      publicationPage({ title: "lamp", revision: 5, description: "word ".repeat(i) }),
    );
    const { table, stores, run } = await setup(lamps);
    const ghosts = lamps
      .slice(0, 9)
      .flatMap((page) => postingsOf({ ...page, title: "lamp lamp" }, 3));
    await stores.postings.write(ghosts);
    const { items, nextPageToken: pageToken } = await run("lamp", { limit: 10 });
    expect(items.map(({ id }) => id)).toEqual(lamps.slice(0, 10).map(({ id }) => id));
    expect((await run("lamp", { limit: 10, pageToken })).items).toHaveLength(2);
    expect(new Set(await lists(table))).toEqual(new Set([5]));
  });

  test("are left alone while they are ahead of it: a relay is at work", async () => {
    const lamp = publicationPage({ title: "lamp", revision: 5 });
    const { table, stores, run } = await setup([lamp]);
    const coming: Posting[] = postingsOf({ ...lamp, title: "red lamp" }, 6);
    const unknown = postingsOf({ ...lamp, id: newId() }, 1);
    await stores.postings.write([...coming, ...unknown]);
    expect((await run("lamp")).items).toMatchObject([{ id: lamp.id, title: "lamp" }]);
    expect((await lists(table)).sort()).toEqual([1, 5, 6]);
  });
});

describe("a catalogue longer than what one search reads", () => {
  const size = 2_150;
  const pages = Array.from({ length: size }, (_, i) =>
    publicationPage({
      title: i % 430 === 7 ? "lamp brass" : "lamp",
      categories: i % 100 === 0 ? ["c-light"] : [],
      priceMinor: size - i,
      publishedAt: new Date(Date.UTC(2026, 0, 1) + i).toISOString(),
    }),
  );
  let table: Awaited<ReturnType<typeof testTable>>;
  let find: ReturnType<typeof finder>;
  beforeAll(async () => {
    table = await testTable();
    const stores = dynamoStores(table);
    await stores.categoryNames.put(CATEGORIES, 1);
    await projectPublications(pages, stores);
    find = finder(stores);
  });
  afterAll(() => table[Symbol.asyncDispose]());
  const ids = (which: (page: PublicationPage, index: number) => boolean) =>
    pages.filter(which).map(({ id }) => id);

  test("a list too long to read says so", async () => {
    expect((await find.run("lamp")).complete).toBe(false);
    expect((await find.run("lamp", { sort: "price" })).complete).toBe(false);
    expect((await find.run("")).complete).toBe(false);
    expect((await find.run("", { sellerId: "seller" })).complete).toBe(false);
  });

  test("one short word makes it complete, and every match is there", async () => {
    const brass = ids(({ title }) => title.includes("brass"));
    const { items, complete } = await find.run("lamp brass");
    expect(complete).toBe(true);
    const first = items.slice(0, brass.length).map(({ id }) => id);
    expect([...first].sort()).toEqual([...brass].sort());
    const byPrice = await find.run("lamp brass", { sort: "price" });
    expect(byPrice.complete).toBe(true);
    expect(byPrice.items.map(({ id }) => id)).toEqual(brass.reverse());
  });

  test("a short filter is read instead of long words", async () => {
    const light = ids(({ categories }) => categories.length > 0).reverse();
    const { items, complete } = await find.run("lamp", {
      category: "Light",
      sort: "newest",
      limit: 50,
    });
    expect(complete).toBe(true);
    expect(items.map(({ id }) => id)).toEqual(light);
    const cheap = await find.run("lamp", { category: "Light", maxPriceMinor: 60, sort: "price" });
    expect(cheap).toMatchObject({ complete: true, items: [{ id: light[0] }] });
  });

  test("of a list read in part the best are shown, the newest for a filter", async () => {
    const { items } = await find.run("", { sort: "newest", limit: 3 });
    expect(items.map(({ id }) => id)).toEqual(ids((_, i) => i >= size - 3).reverse());
  });
});
