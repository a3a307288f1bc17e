import { expect, test } from "vitest";
import { displayWidth } from "../output/safe-text.ts";
import { cell, fitted, paintLine, plain, tone, wrap } from "./lines.ts";

const theme = { colour: true, unicode: true };

test("a line takes exactly its columns, wide characters or not", () => {
  for (const text of ["abc", "読書灯 台灯 lamp", "👩‍👩‍👧 family", "", "x".repeat(50)]) {
    for (const columns of [1, 4, 7, 20])
      expect(displayWidth(plain(fitted([tone(text, "red"), text], columns)))).toBe(columns);
    expect(displayWidth(cell(text, 9, "right"))).toBe(9);
  }
});

test("text from strangers drives nothing", () => {
  const shown = paintLine(["\u001b[2J\u001b]52;c;eA==\u0007\u202elamp\nnext"], theme);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point.
  expect(shown).not.toMatch(/[\u0000-\u001f\u202e]/);
  expect(shown).toContain("lamp⏎next");
});

test("without colour what is selected still stands out; without UTF-8 nothing but ASCII is drawn", () => {
  const line = [tone("● up", "green"), tone("▸row", "inverse")];
  expect(paintLine(line, theme)).toBe("\u001b[32m● up\u001b[0m\u001b[7m▸row\u001b[0m");
  expect(paintLine(line, { colour: false, unicode: false })).toBe("* up\u001b[7m>row\u001b[0m");
});

test("a text is broken between words, and a word that is longer than a line inside", () => {
  expect(wrap("the photographs show oak", 12)).toEqual(["the", "photographs", "show oak"]);
  expect(wrap("0199c4f80199c4f8", 6)).toEqual(["0199c4", "f80199", "c4f8"]);
});
