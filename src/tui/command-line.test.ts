import fc from "fast-check";
import { expect, test } from "vitest";
import { blanksOf, filledIn, shellLine, wordsOf } from "./command-line.ts";

test("whatever words there are, a shell line of them reads as the same words", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: "grapheme" })), (words) => {
      expect(wordsOf(shellLine(words))).toEqual(words);
    }),
  );
});

test("quotes keep words together, and one that does not end is refused", () => {
  expect(wordsOf(`answer 12 "it's \\"oak\\"" 'a b'c`)).toEqual([
    "answer",
    "12",
    `it's "oak"`,
    "a bc",
  ]);
  expect(() => wordsOf(`answer "oak`)).toThrow("does not end");
});

test("what is asked for is filled in as one word, whatever stands in it", () => {
  const command = "mkt dispute resolve 0199 --refund --amount AMOUNT --note TEXT";
  expect(blanksOf(command)).toEqual(["AMOUNT", "TEXT"]);
  expect(filledIn(command, ["200.00", "--as root; rm"])).toEqual([
    "dispute",
    "resolve",
    "0199",
    "--refund",
    "--amount",
    "200.00",
    "--note",
    "--as root; rm",
  ]);
});
