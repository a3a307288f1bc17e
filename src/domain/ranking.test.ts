import fc from "fast-check";
import { expect, test } from "vitest";
import { publicationPage } from "../testing/publication-page.ts";
import { postingsOf } from "./postings.ts";
import { rarity, termWeight } from "./ranking.ts";

const frequency = fc.integer({ min: 1, max: 1_000 });
const length = fc.integer({ min: 0, max: 10_000 });

test("a word weighs more the more often it stands, less the longer the text, at most 2.2", () => {
  fc.assert(
    fc.property(frequency, length, (times, words) => {
      expect(termWeight(times + 1, words)).toBeGreaterThan(termWeight(times, words));
      expect(termWeight(times, words + 1)).toBeLessThan(termWeight(times, words));
      expect(termWeight(times, words)).toBeGreaterThan(0);
      expect(termWeight(times, words)).toBeLessThan(2.2);
    }),
  );
});

test("a rarer word tells more, and counts that drifted never turn a score around", () => {
  expect(rarity(1, 100)).toBeGreaterThan(rarity(50, 100));
  const count = fc.integer({ min: -1_000, max: 1_000_000 });
  fc.assert(
    fc.property(count, count, (some, all) => {
      expect(rarity(some, all)).toBeGreaterThan(0);
    }),
  );
});

test("impacts sort as text as their weights do as numbers", () => {
  const impactOf = (title: string, description: string) =>
    postingsOf(publicationPage({ title, description }), 1).find(({ list }) => list === "en#lamp")
      ?.impact ?? "";
  const long = "wood ".repeat(2_000);
  const impacts = [impactOf("", `lamp ${long}`), impactOf("lamp", long), impactOf("lamp", "")];
  expect([...impacts].sort()).toEqual(impacts);
  expect(new Set(impacts.map((impact) => impact.length))).toEqual(new Set([8]));
});
