import { expect, test } from "vitest";
import type { PublicationDocument } from "../publication.ts";
import { findableOf, RESULTS_A_PAGE } from "./findable.ts";

const DAY_MS = 86_400_000;

/** Each publication comes a day after the one before, the first on day 1. */
function worldWith(...titles: string[]) {
  const publications = titles.map((title, index) => {
    const document: PublicationDocument = {
      title,
      description: "",
      keywords: "",
      language: "es",
      images: [],
    };
    return { createdMs: (index + 1) * DAY_MS, document };
  });
  // Told from the last to the first: the order must not matter.
  const found = findableOf("es", publications.length, (index) => {
    const publication = publications[publications.length - 1 - index];
    if (!publication) throw new RangeError("no such publication");
    return publication;
  });
  return (words: string, day: number) => found(words, day * DAY_MS + 1);
}

test("counts what has any of the words and was there, accents and endings aside", () => {
  const found = worldWith("Mesas de roble", "Lámpara de roble", "Lámpara de papel");
  expect(found("mesa", 0)).toBe(0);
  expect([1, 2, 3].map((day) => found("roble", day))).toEqual([1, 2, 2]);
  expect([1, 2, 3].map((day) => found("mesa de papel", day))).toEqual([1, 1, 2]);
  expect(found("lampara", 3)).toBe(2);
  expect(found("LÁMPARAS de ROBLE", 3)).toBe(3);
  expect(found("de", 3)).toBe(3);
  expect(found("piano", 3)).toBe(0);
  expect(found("", 3)).toBe(0);
});

test("an unfinished last word stands for those that begin so, once one of them is there", () => {
  const found = worldWith("Silla", "Biblioteca de pino", "Mesada");
  expect(found("biblio", 1)).toBe(0);
  expect(found("biblio", 2)).toBe(1);
  expect(found("biblio silla", 3)).toBe(1);
  expect(found("silla biblio", 3)).toBe(2);
  expect(found("b", 3)).toBe(0);
});

test("a page is full at some time", () => {
  const found = worldWith(
    ...Array.from({ length: 30 }, (_, index) => `Mesa ${index % 3 ? "azul" : "roja"}`),
  );
  expect(found("mesa", 7)).toBe(7);
  expect(found("mesa", 19)).toBe(19);
  expect(found("mesa", 30)).toBe(RESULTS_A_PAGE);
  expect(found("roja", 30)).toBe(10);
  expect(found("roja azul", 30)).toBe(RESULTS_A_PAGE);
});
