import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayWidth, safeData, safeLine, safeText, truncate } from "./safe-text.ts";

/** Texts in which hostile characters are as likely as harmless ones. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.string({ unit: "grapheme", maxLength: 4 }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(
        "\u001b[2J",
        "\u001b]8;;",
        "\u009b31m",
        "\u202e",
        "\u200d",
        "\ufe0f",
        "👩",
        "葛",
      ),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(""));

// Written out on its own, so that a mistake in the rule itself shows: first and last of each range.
const DRIVERS = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0x061c, 0x061c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
] as const;

function drivers(text: string): string[] {
  return [...text].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    return DRIVERS.some(([first, last]) => first <= code && code <= last);
  });
}

describe("what strangers write is shown, not obeyed", () => {
  test.for([
    { what: "a colour", text: "\u001b[31mred\u001b[0m", shown: "␛[31mred␛[0m" },
    { what: "a title by OSC", text: "\u001b]0;owned\u0007", shown: "␛]0;owned␇" },
    { what: "a link by OSC 8", text: "\u001b]8;;http://x\u001b\\y", shown: "␛]8;;http://x␛\\y" },
    { what: "DCS", text: "\u001bP1$r0m\u001b\\", shown: "␛P1$r0m␛\\" },
    { what: "CSI as one C1 character", text: "\u009b2J", shown: "\\u{9b}2J" },
    { what: "overwriting the line", text: "safe\revil\b\b", shown: "safe␍evil␈␈" },
    { what: "NUL and DEL", text: "a\u0000b\u007f", shown: "a␀b␡" },
    { what: "a bidirectional override", text: "\u202egpj.exe", shown: "\\u{202e}gpj.exe" },
    { what: "isolates", text: "\u2066a\u2069\u061c", shown: "\\u{2066}a\\u{2069}\\u{61c}" },
    { what: "marks of direction", text: "a\u200e\u200fb", shown: "a\\u{200e}\\u{200f}b" },
    { what: "a space of no width", text: "pay\u200bpal", shown: "pay\\u{200b}pal" },
    { what: "a joiner between letters", text: "pay\u200dpal", shown: "pay\\u{200d}pal" },
    { what: "a byte order mark", text: "\ufefftitle", shown: "\\u{feff}title" },
    { what: "an invisible letter", text: "a\u3164b", shown: "a\\u{3164}b" },
    { what: "hidden tags", text: "a\u{e0041}", shown: "a\\u{e0041}" },
    { what: "a selector after nothing", text: "\ufe0f\ufe0f", shown: "\\u{fe0f}\\u{fe0f}" },
    { what: "half of a pair", text: "a\ud800b", shown: "a\\u{d800}b" },
    { what: "separators", text: "a\u2028b\u2029", shown: "a\\u{2028}b\\u{2029}" },
    { what: "private use", text: "\ue000", shown: "\\u{e000}" },
  ])("$what", ({ text, shown }) => {
    expect(safeText(text)).toBe(shown);
    expect(safeLine(text)).toBe(shown);
    expect(safeData(text)).toBe(shown);
  });

  test("nothing that drives a terminal comes through, whatever the text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(drivers(safeText(text))).toEqual([]);
        expect(drivers(safeLine(text))).toEqual([]);
        expect(safeLine(text)).not.toContain("\n");
        expect(drivers(safeData(text).replaceAll("\t", ""))).toEqual([]);
      }),
    );
  });

  test("what was made safe stays as it is", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(safeText(safeText(text))).toBe(safeText(text));
      }),
    );
  });
});

test.for([
  ...[
    "Corrientes 1234, 2º B",
    "crème brûlée",
    "e\u0301",
    "桌子",
    "ストーブ",
    "한국어",
    "שולחן",
    "طاولة",
  ],
  ...["می\u200cخواهم", "क्\u200dष", "葛\u{e0100}"],
  ...[
    "👩‍👩‍👧‍👦",
    "👨🏽‍🦰",
    "❤️‍🔥",
    "🏳️‍🌈",
    "👍🏿",
    "1️⃣",
    "🇦🇷",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
  ],
])("%s stays as it was written", (text) => {
  expect(safeText(text)).toBe(text);
});

test("line breaks stay in a text, are shown in a line; tabs become spaces but in data", () => {
  expect(safeText("a\tb\r\nc\nd")).toBe("a b\nc\nd");
  expect(safeLine("a\tb\r\nc\nd")).toBe("a b⏎c⏎d");
  expect(safeData("a\tb\nc")).toBe("a\tb\nc");
});

test.for([
  { text: "lamp", width: 4 },
  { text: "桌子", width: 4 },
  { text: "ｱﾞ", width: 2 },
  { text: "e\u0301e\u0301", width: 2 },
  { text: "สวัสดี", width: 4 },
  { text: "👩‍👩‍👧‍👦", width: 2 },
  { text: "🇦🇷", width: 2 },
  { text: "🫠", width: 2 },
])("$text takes $width columns", ({ text, width }) => {
  expect(displayWidth(text)).toBe(width);
});

test.for([
  { text: "reading lamp", width: 12, cut: "reading lamp" },
  { text: "reading lamp", width: 8, cut: "reading…" },
  { text: "桌子椅子", width: 6, cut: "桌子…" },
  { text: "桌子椅子", width: 7, cut: "桌子椅…" },
  { text: "a👩‍👩‍👧‍👦b c", width: 3, cut: "a…" },
  { text: "e\u0301e\u0301e\u0301", width: 2, cut: "e\u0301…" },
  { text: "ab", width: 1, cut: "…" },
  { text: "ab", width: 0, cut: "" },
  { text: "", width: 0, cut: "" },
])("$text in $width columns is $cut", ({ text, width, cut }) => {
  expect(truncate(text, width)).toBe(cut);
});

test("a cut text fits, and is a beginning of the text in whole characters", () => {
  const graphemes = (text: string) =>
    [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
      const cut = truncate(text, width);
      expect(displayWidth(cut)).toBeLessThanOrEqual(width);
      if (cut === text || width === 0) return;
      const kept = graphemes(cut).slice(0, -1);
      expect(graphemes(text).slice(0, kept.length)).toEqual(kept);
    }),
  );
});
