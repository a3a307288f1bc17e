import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyse, fold, isStopWord, LANGUAGES, stem, wordsOf } from "./text.ts";

const document = (text: Partial<Parameters<typeof analyse>[0]>) =>
  ({ title: "", description: "", keywords: "", language: "en", ...text }) as const;

describe("folding and splitting", () => {
  test.each([
    ["BESTÅ / GRÖNLID", ["besta", "gronlid"]],
    ["Straße, smørrebrød & Œuvre", ["strasse", "smorrebrod", "oeuvre"]],
    ["51x51 cm; 3-seat", ["51x51", "cm", "3", "seat"]],
    ["children's dogs’ it's", ["children", "dogs", "it"]],
    ["İstanbul ıslak", ["istanbul", "islak"]],
    ["ﬁne Ｗｉｄｅ ½", ["fine", "wide", "1", "2"]],
    ["\u001b[31m\u202e 🛋️ …", ["31m"]],
    ["", []],
  ])("%j is %j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("folding twice is folding once, and case never matters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
        expect(fold(fold(text).toUpperCase())).toBe(fold(fold(text).toUpperCase().toLowerCase()));
      }),
    );
  });

  test("words are short, folded, and without anything that separates", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        for (const word of wordsOf(text)) {
          expect(word).toMatch(/^[\p{L}\p{N}]{1,40}$/u);
          expect(wordsOf(word)).toEqual([word]);
        }
      }),
    );
  });
});

describe("stemming", () => {
  test.each([
    ["es", ["iluminación", "iluminacion", "ILUMINACIONES"]],
    ["es", ["sillón", "sillon", "sillones"]],
    ["es", ["blanca", "blancas", "blanco"]],
    ["es", ["sofá", "sofas"]],
    ["pt", ["botão", "botao", "botões", "botoes"]],
    ["pt", ["coleção", "colecao", "coleções"]],
    ["pt", ["cadeira", "cadeiras"]],
    ["en", ["bookcase", "bookcases"]],
    ["en", ["bed", "beds"]],
  ] as const)("%s: %j are one word", (language, forms) => {
    const stems = forms.flatMap(wordsOf).map((word) => stem(word, language));
    expect(new Set(stems).size).toBe(1);
  });

  test("no stem is empty or holds a separator, whatever the word", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom(...LANGUAGES),
        (text, language) => {
          for (const word of wordsOf(text))
            expect(stem(word, language)).toMatch(/^[\p{L}\p{N}]+$/u);
        },
      ),
    );
  });

  test("stop words are written as folding leaves them", () => {
    expect(isStopWord("también", "es")).toBe(false);
    expect(wordsOf("También à").map((word) => isStopWord(word, "es"))).toEqual([true, true]);
  });
});

describe("a document", () => {
  test("counts its title twice and leaves stop words out of its length", () => {
    const { length, frequencies, forms } = analyse(
      document({ title: "The red lamps", description: "a lamp", keywords: "redder" }),
    );
    expect(length).toBe(2 * 2 + 1 + 1);
    expect(frequencies).toEqual(
      new Map([
        ["the", 2],
        ["red", 2],
        ["lamp", 3],
        ["redder", 1],
        ["a", 1],
      ]),
    );
    expect(forms.get("lamps")).toBe("lamp");
  });

  test("is analysed the same whatever its accents and case", () => {
    fc.assert(
      fc.property(
        fc.lorem({ maxCount: 20 }),
        fc.constantFrom(...LANGUAGES),
        (description, language) => {
          const plain = analyse(document({ description, language }));
          const accented = description.replace(/a/g, "Á").replace(/o/g, "ö").toUpperCase();
          expect(analyse(document({ description: accented, language }))).toEqual(plain);
        },
      ),
    );
  });

  test("keeps a bounded number of words, the first ones", () => {
    const description = Array.from({ length: 1_000 }, (_, i) => `word${i}`).join(" ");
    const { frequencies } = analyse(document({ title: "lamp", description }));
    expect(frequencies.size).toBe(256);
    expect([frequencies.get("lamp"), frequencies.get("word254")]).toEqual([2, 1]);
    expect(frequencies.has("word255")).toBe(false);
  });
});
