import { parse as parseCsv } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { type Column, FORMATS, renderList, renderValue } from "./formats.ts";

interface Row {
  id: string;
  title: string;
  priceMinor: number;
  banned: boolean;
  images: string[];
}

const columns: readonly Column<Row>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "title", header: "TITLE", value: ({ title }) => title },
  {
    key: "price",
    header: "PRICE",
    kind: "money",
    value: ({ priceMinor }) => priceMinor,
    currency: () => "ARS",
  },
  { key: "banned", header: "BANNED", value: ({ banned }) => banned },
  { key: "images", header: "IMAGES", wide: true, value: ({ images }) => images.join(" ") },
];

const row = (title: string, id = "1"): Row => ({
  id,
  title,
  priceMinor: 1_050,
  banned: false,
  images: ["a", "b"],
});
const list = { items: [row("Lamp"), row("Chair", "2")], nextPageToken: "t1", complete: true };
const pipe = { terminal: { isTerminal: false, columns: 80, colour: false, links: false } };
const hostile = "\u001b]0;owned\u0007\u009b2J\u202egpj.exe\u2028\ud800";

/** Any JSON value; -0 is none, it comes back as 0. */
const jsonValue = fc
  .jsonValue({ stringUnit: "binary" })
  .map((value): unknown => JSON.parse(JSON.stringify(value)));

/** C0 but line breaks, DEL and C1, bidirectional marks, halves of pairs. */
function drivers(text: string): string[] {
  return [...text].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    const isControl =
      (code < 0x20 && code !== 0x0a && code !== 0x0d) || (code >= 0x7f && code <= 0x9f);
    return isControl || (code >= 0x2028 && code <= 0x202e) || (code >= 0xd800 && code <= 0xdfff);
  });
}

describe("JSON", () => {
  test("is the whole list with its page token, and null where there is none", () => {
    expect(JSON.parse(renderList("json", list, columns, pipe))).toEqual(list);
    expect(renderList("json", { items: [] }, columns, pipe)).toBe(
      '{\n  "items": [],\n  "nextPageToken": null\n}\n',
    );
  });

  test("has only the chosen columns, computed where the row has no such field", () => {
    const shown = renderList("json", list, columns, { ...pipe, only: ["price", " images", "id"] });
    expect(JSON.parse(shown).items).toEqual([
      { price: 1_050, images: ["a", "b"], id: "1" },
      { price: 1_050, images: ["a", "b"], id: "2" },
    ]);
    expect(Object.keys(JSON.parse(shown).items[0])).toEqual(["price", "images", "id"]);
  });

  test("gives back every value, and none drives the terminal", () => {
    fc.assert(
      fc.property(jsonValue, fc.string({ unit: "binary" }), (value, text) => {
        for (const format of ["json", "ndjson"] as const) {
          const shown = renderValue(format, { value, text: `${text}${hostile}` });
          expect(JSON.parse(shown)).toEqual({ value, text: `${text}${hostile}` });
          expect(drivers(shown)).toEqual([]);
        }
      }),
    );
  });

  test("lines hold one document each, for a list and for one thing", () => {
    const lines = renderList("ndjson", list, columns, pipe).split("\n");
    expect(lines.slice(0, -1).map((line) => JSON.parse(line))).toEqual(list.items);
    expect(renderValue("ndjson", { text: "a\nb" })).toBe('{"text":"a\\nb"}\n');
    expect(renderList("ndjson", { items: [] }, columns, pipe)).toBe("");
  });
});

describe("YAML", () => {
  test("gives back every value, and none drives the terminal", () => {
    fc.assert(
      fc.property(jsonValue, fc.string({ unit: "binary" }), (value, text) => {
        const stranger = `${text}\u001b[2J\u009b\u202e\u{e0041}\u2028`;
        const shown = renderValue("yaml", { value, text: stranger });
        expect(parseYaml(shown)).toEqual({ value, text: stranger });
        expect(drivers(shown)).toEqual([]);
      }),
    );
  });

  test.for([
    "\u2028",
    "\u202e",
    "a\u200db",
    "\u{e0041}",
    "\u009b2J",
    "a\tb",
    "a\r\nb",
  ])("gives back the key %j", (key) => {
    const shown = renderValue("yaml", { [key]: [{ [key]: key }] });
    expect(parseYaml(shown)).toEqual({ [key]: [{ [key]: key }] });
    expect(drivers(shown)).toEqual([]);
  });

  test("keys of strangers do not drive the terminal either", () => {
    expect(drivers(renderValue("yaml", { [hostile]: 1, "\u001b[2J": [{ "\u009b": 2 }] }))).toEqual(
      [],
    );
  });

  test("says a thing that occurs twice twice, and shows lists with their token", () => {
    const both = { id: "1" };
    expect(renderValue("yaml", { first: both, second: both })).toBe(
      'first:\n  id: "1"\nsecond:\n  id: "1"\n',
    );
    expect(parseYaml(renderList("yaml", list, columns, pipe))).toEqual(list);
  });
});

describe("CSV", () => {
  test.for([
    { title: "=1+1", cell: "'=1+1" },
    { title: "+1", cell: "'+1" },
    { title: "-1", cell: "'-1" },
    { title: "@SUM(A1)", cell: "'@SUM(A1)" },
    { title: "\tx", cell: "'\tx" },
    { title: '=HYPERLINK("http://x";"y")', cell: '\'=HYPERLINK("http://x";"y")' },
    { title: 'a "quoted", text\nof two lines', cell: 'a "quoted", text\nof two lines' },
    { title: "red \u001b[31m", cell: "red ␛[31m" },
    { title: "\u202egpj.exe", cell: "\\u{202e}gpj.exe" },
  ])("the title $title becomes the cell $cell", ({ title, cell }) => {
    const shown = renderList("csv", { items: [row(title)] }, columns, pipe);
    expect(parseCsv(shown)).toEqual([
      ["id", "title", "price", "banned", "images"],
      ["1", cell, "1050", "false", "a b"],
    ]);
  });

  test("a negative number is a number, not a formula", () => {
    const shown = renderList("csv", { items: [{ ...row("Lamp"), priceMinor: -5 }] }, columns, pipe);
    expect(parseCsv(shown)[1]?.[2]).toBe("-5");
  });

  test("one thing is its fields, a line each", () => {
    const one = { id: "1", amountMinor: -5, images: ["=a"], rating: null, none: undefined };
    const shown = renderValue("csv", one);
    expect(parseCsv(shown)).toEqual([
      ["key", "value"],
      ["id", "1"],
      ["amountMinor", "-5"],
      ["images", '["=a"]'],
      ["rating", "null"],
    ]);
  });
});

test("markdown keeps every text in its cell and takes its meaning away", () => {
  const title = "a|b \\| <script> [x](javascript:1) `c` *d*\nE";
  expect(
    renderList("markdown", { items: [row(title)] }, columns, { ...pipe, only: ["title", "price"] }),
  ).toBe(
    [
      "| TITLE | PRICE |",
      "| --- | ---: |",
      "| a\\|b \\\\\\| \\<script> \\[x\\](javascript:1) \\`c\\` \\*d\\*⏎E | ARS 10.50 |\n",
    ].join("\n"),
  );
});

test("names are ids, one a line; without an id what the first column of ids shows", () => {
  expect(renderList("name", list, columns, pipe)).toBe("1\n2\n");
  const subjects: readonly Column<{ subject: string; at: number }>[] = [
    { key: "at", header: "AT", kind: "number", value: ({ at }) => at },
    { key: "subject", header: "SUBJECT", kind: "id", value: ({ subject }) => subject },
  ];
  expect(renderList("name", { items: [{ subject: "s1", at: 0 }] }, subjects, pipe)).toBe("s1\n");
  expect(renderList("name", { items: [] }, subjects, pipe)).toBe("");
  expect(renderValue("name", { id: "1\u001b[2J" })).toBe("1␛[2J\n");
  expect(renderValue("name", { changed: true })).toBe("");
});

test("chosen columns come in the order in which they are named, wide ones too", () => {
  const shown = renderList("table", list, columns, { ...pipe, only: ["images", "id"] });
  expect(shown).toBe("IMAGES  ID\na b     1\na b     2\n");
  expect(renderList("wide", list, columns, pipe)).toContain("IMAGES");
  expect(renderList("table", list, columns, pipe)).not.toContain("IMAGES");
});

test.for(FORMATS)("%s refuses a column that is not there, and names those that are", (format) => {
  expect(() => renderList(format, list, columns, { ...pipe, only: ["id", "colour"] })).toThrow(
    expect.objectContaining({
      code: "usage",
      message: 'there is no column "colour"',
      hint: "columns: id, title, price, banned, images",
    }),
  );
});

test.for(FORMATS)("a list as %s never drives the terminal", (format) => {
  const items = [row(hostile, hostile)];
  const shown = renderList(format, { items, nextPageToken: hostile }, columns, pipe);
  expect(drivers(shown)).toEqual([]);
  expect(shown).toMatch(/2J/);
});
