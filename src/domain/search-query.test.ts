import { describe, expect, test } from "vitest";
import { publicationPage } from "../testing/publication-page.ts";
import { postingsOf } from "./postings.ts";
import {
  allowance,
  listsOfWord,
  match,
  queryWords,
  readingOrder,
  type Statistics,
  sawEveryMatch,
} from "./search-query.ts";

const statistics = (documents: Record<string, number>): Statistics => ({
  total: 10_000,
  documents: new Map(Object.entries(documents)),
});

describe("words of a query", () => {
  test("are distinct by their stems, in each language by its own", () => {
    expect(queryWords("Beds table BEDS bed").map(listsOfWord)).toEqual([
      ["es#beds", "en#bed", "pt#beds"],
      ["es#tabl", "en#tabl", "pt#tabl"],
      ["es#bed", "pt#bed"],
    ]);
    expect(queryWords("sofa SOFÁ sofa")).toHaveLength(1);
  });

  test("are looked for only in languages in which they say something", () => {
    const [red, ...others] = queryWords("with red para");
    expect(listsOfWord({ word: "", variants: [], openEnded: false })).toEqual([]);
    expect(red && listsOfWord(red)).toEqual(["es#with", "pt#with"]);
    expect(others.map(listsOfWord)).toEqual([["es#red", "en#red", "pt#red"], ["en#para"]]);
  });
});

describe("reading", () => {
  const words = queryWords("red lamp");
  const relevance = { everyWord: false };

  test("begins with the rarest word, or a filter that is shorter still", () => {
    const counts = statistics({ "en#red": 50, "en#lamp": 20, "seller:a": 10, "category:b": 99 });
    const lists = (filters: string[]) =>
      readingOrder(words, filters, counts, relevance).map(({ list }) => list);
    expect(lists([])).toEqual(["en#lamp", "en#red"]);
    expect(lists(["category:b"])).toEqual(["en#lamp", "en#red"]);
    expect(lists(["category:b", "seller:a"])).toEqual(["seller:a", "en#lamp", "en#red"]);
    expect(lists(["seller:unknown"])).toEqual([]);
  });

  test("leaves out languages that lack a word when all words are needed", () => {
    const counts = statistics({ "en#red": 5, "en#lamp": 2, "es#red": 1 });
    const order = readingOrder(words, [], counts, { everyWord: true });
    expect(order.map(({ list }) => list)).toEqual(["en#lamp", "en#red"]);
    expect(readingOrder(words, [], counts, relevance)).toHaveLength(3);
  });

  test("never exceeds 2,000 postings, and gives 200 to each list", () => {
    const many = queryWords(Array.from({ length: 30 }, (_, i) => `word${i}`).join(" "));
    const counts = statistics(Object.fromEntries(many.map(({ word }, i) => [`en#${word}`, i + 1])));
    const order = readingOrder(many, [], counts, relevance);
    expect(order[0]).toEqual({ list: "en#word0", isFilter: false });
    let read = 0;
    for (const index of order.keys()) {
      const allowed = allowance(read, order.length - index);
      expect(allowed).toBeGreaterThanOrEqual(200);
      read += allowed;
    }
    expect(read).toBe(2_000);
    // What a short list leaves over goes to the longer ones behind it.
    expect([allowance(0, 2), allowance(30, 1)]).toEqual([1_800, 1_970]);
  });

  test("is complete when in each language one word's lists were read to their end", () => {
    const counts = statistics({ "en#red": 5, "en#lamp": 2, "es#red": 9, "es#lamp": 9 });
    const saw = (...ended: string[]) => sawEveryMatch(words, [], counts, new Set(ended));
    expect(saw("en#lamp")).toBe(false);
    expect(saw("en#lamp", "es#red")).toBe(true);
    expect(sawEveryMatch(words, ["seller:a"], counts, new Set())).toBe(true);
    const [red, lamp] = words;
    if (!red || !lamp) throw new Error("two words");
    const open = [red, { ...lamp, openEnded: true }];
    expect(sawEveryMatch(open, [], counts, new Set(["en#lamp", "es#lamp"]))).toBe(false);
    expect(sawEveryMatch(open, [], counts, new Set(["en#red", "es#red"]))).toBe(true);
  });
});

describe("matching", () => {
  const counts = statistics({
    ...{ "en#white": 5_000, "en#tabl": 5_000, "en#unicorn": 1 },
    ...{ "en#old": 5_000, "en#wooden": 5_000, "en#garden": 5_000 },
  });
  const [common, rare, other] = ["white table", "unicorn", "chair"].map((title) => {
    const [posting] = postingsOf(publicationPage({ title }), 1);
    if (!posting) throw new Error("a page without postings");
    return posting;
  });
  if (!common || !rare || !other) throw new Error("three documents");

  test("in a few words more of them beat a rarer one", () => {
    const words = queryWords("white table unicorn");
    expect(match(words, common, counts)).toMatchObject({ missing: 1, tier: 1 });
    expect(match(words, rare, counts)).toMatchObject({ missing: 2, tier: 2 });
    expect(match(words, rare, counts)?.score).toBeGreaterThan(
      match(words, common, counts)?.score ?? 0,
    );
    expect(match(words, other, counts)).toBeUndefined();
  });

  test("in a sentence they do not, unless all are there", () => {
    const words = queryWords("old wooden garden white table with a unicorn");
    expect(match(words, common, counts)).toMatchObject({ missing: 4, tier: 1 });
    expect(match(words, rare, counts)).toMatchObject({ missing: 5, tier: 1 });
    const [all] = postingsOf(
      publicationPage({ title: words.map(({ word }) => word).join(" ") }),
      1,
    );
    expect(all && match(words, all, counts)).toMatchObject({ missing: 0, tier: 0 });
  });

  test("a document is asked for the stems of its own language", () => {
    const words = queryWords("beds");
    const [posting] = postingsOf(publicationPage({ title: "bed", language: "en" }), 1);
    expect(posting && match(words, posting, counts)).toMatchObject({ missing: 0 });
    expect(posting && match(words, { ...posting, language: "es" }, counts)).toBeUndefined();
  });
});
