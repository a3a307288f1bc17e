import { expect, test } from "vitest";
import { displayWidth } from "./safe-text.ts";
import { block, heading } from "./story.ts";

test("texts stand below each other, whatever the width of their labels", () => {
  const lines = block([
    ["id", "1"],
    ["价格", "ARS 10.00"],
    ["delivery to", "Ana"],
  ]).split("\n");
  const starts = ["1", "ARS", "Ana"].map((text, index) => {
    const line = lines[index] ?? "";
    return displayWidth(line.slice(0, line.indexOf(text)));
  });
  expect(starts).toEqual([13, 13, 13]);
});

test("the further lines of a text stand below its first, so that none passes for a label", () => {
  expect(block([["note", "two\r\nstate  paid"]])).toBe("note  two\n      state  paid");
});

test("a heading is bold where there is colour, and drives no terminal", () => {
  expect(heading("Newest", { colour: true })).toBe("\u001b[1mNewest\u001b[0m");
  expect(heading("Newest \u001b]0;owned\u0007", { colour: false })).toBe("Newest ␛]0;owned␇");
});
