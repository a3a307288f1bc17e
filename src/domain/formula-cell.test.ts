import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeFormula, unescapeFormula } from "./formula-cell.ts";

/** Texts near the border: apostrophes, what starts a formula, and anything. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom("'", "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " ", "a"),
    )
    .map((parts) => parts.join("")),
);

test("every text comes back as it was", () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(unescapeFormula(escapeFormula(value))).toBe(value);
    }),
    { numRuns: 2_000 },
  );
});

test("no cell starts a formula, and csv-stringify escapes no other cells", () => {
  fc.assert(
    fc.property(text, (value) => {
      const cell = escapeFormula(value);
      expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
      if (value.startsWith("'")) return;
      const options = { quoted: true, record_delimiter: "" };
      expect(stringify([[cell]], options)).toBe(
        stringify([[value]], { ...options, escape_formulas: true }),
      );
    }),
    { numRuns: 2_000 },
  );
});

test.for([
  ["=1+1", "'=1+1"],
  ["'=1+1", "''=1+1"],
  ["-5", "'-5"],
  ["＠x", "'＠x"],
  ["'tis", "'tis"],
  ["a=b", "a=b"],
  ["", ""],
])("%j is written as %j", ([value = "", cell]) => {
  expect(escapeFormula(value)).toBe(cell);
});

test("a cell that nobody escaped is left as it is", () => {
  for (const cell of ["=1+1", "'tis", "'", "", "-5"]) expect(unescapeFormula(cell)).toBe(cell);
});
