import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth } from "./safe-text.ts";
import { type Column, renderTable } from "./table.ts";

interface Row {
  id: string;
  title: string;
  priceMinor: number;
  stock: number;
  at: string;
  note: string | null;
}

const columns: readonly Column<Row>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "title", header: "TITLE", value: ({ title }) => title },
  {
    key: "priceMinor",
    header: "PRICE",
    kind: "money",
    value: ({ priceMinor }) => priceMinor,
    currency: () => "ARS",
  },
  { key: "stock", header: "STOCK", kind: "number", value: ({ stock }) => stock },
  { key: "at", header: "PUBLISHED", kind: "time", value: ({ at }) => at },
  { key: "note", header: "NOTE", value: ({ note }) => note },
  {
    key: "length",
    header: "LENGTH",
    kind: "number",
    wide: true,
    value: ({ title }) => title.length,
  },
];

const lamp: Row = {
  id: "0199c4e2-7d31-7b6f-9c41-2f6f0a51d3aa",
  title: "Reading lamp",
  priceMinor: 250_000,
  stock: 5,
  at: "2026-11-24T15:30:00.000Z",
  note: null,
};
const long = {
  ...lamp,
  title: "A lamp to read by. ".repeat(20),
  note: "one of a kind ".repeat(20),
};

const pipe = { isTerminal: false, columns: 80, colour: false, links: false };
const terminal = (width: number) => ({
  isTerminal: true,
  columns: width,
  colour: false,
  links: false,
});
const linesOf = (text: string) => text.split("\n").slice(0, -1);
/** Where a text begins, in columns of the terminal. */
const columnOf = (line: string | undefined, text: string) =>
  displayWidth((line ?? "").slice(0, (line ?? "").indexOf(text)));

test("a pipe gets everything whole, times in ISO, money with its currency", () => {
  const [header, first, second] = linesOf(
    renderTable([lamp, long], columns, pipe, { wide: false }),
  );
  expect(header?.split(/\s+/)).toEqual(["ID", "TITLE", "PRICE", "STOCK", "PUBLISHED", "NOTE"]);
  expect(first?.split(/\s{2,}/)).toEqual([lamp.id, lamp.title, "ARS 2,500.00", "5", lamp.at]);
  expect(second).toContain(long.title);
  expect(second).toContain(long.note.trimEnd());
});

test("numbers stand to the right, texts to the left, and no line ends in spaces", () => {
  const rows = [lamp, { ...lamp, title: "Oak", priceMinor: 5, stock: 1_000, note: "x" }];
  const [header, first, second] = linesOf(renderTable(rows, columns, pipe, { wide: false }));
  const end = (line: string | undefined, text: string) => columnOf(line, text) + text.length;
  expect(end(second, "ARS 0.05")).toBe(end(first, "ARS 2,500.00"));
  expect(end(second, "1000 ")).toBe(end(first, "5  2026") - "  2026".length + 1);
  expect(columnOf(second, "Oak")).toBe(columnOf(header, "TITLE"));
  expect([header, first, second].filter((line) => line?.endsWith(" "))).toEqual([]);
});

test.for([80, 100, 120, 200])("a terminal of %i columns is never too narrow", (width) => {
  const lines = linesOf(renderTable([lamp, long], columns, terminal(width), { wide: false }));
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
  expect(lines[0]).toMatch(/^ID +TITLE +PRICE/);
  expect(lines[1]).toContain(lamp.id);
  expect(lines[1]).toContain("ARS 2,500.00");
  expect(lines[2]).toContain("…");
});

test("200 columns hold all texts, the widest of them cut; 80 leave the last columns out and say so", () => {
  const roomy = linesOf(renderTable([long], columns, terminal(200), { wide: false }));
  expect(roomy).toHaveLength(2);
  expect(roomy[0]).toMatch(/STOCK +PUBLISHED +NOTE$/);
  expect(displayWidth(roomy[1] ?? "")).toBe(200);
  const narrow = linesOf(renderTable([long], columns, terminal(80), { wide: false }));
  expect(narrow[0]).toMatch(/^ID +TITLE +PRICE +STOCK$/);
  expect(narrow.at(-1)).toBe("… PUBLISHED, NOTE: -o wide shows all");
});

test("40 columns show each row as labelled lines, ids and numbers whole", () => {
  const lines = linesOf(renderTable([lamp, long], columns, terminal(40), { wide: false }));
  expect(lines).toHaveLength(2 * 6 + 1);
  expect(lines[0]).toBe(`ID         ${lamp.id}`);
  expect(lines[1]).toBe("TITLE      Reading lamp");
  expect(lines[2]).toBe("PRICE      ARS 2,500.00");
  expect(lines[6]).toBe("");
  expect(lines[8]).toBe("TITLE      A lamp to read by. A lamp to…");
});

test("wide shows every column, in lines or labelled", () => {
  expect(renderTable([lamp], columns, pipe, { wide: true })).toMatch(/NOTE +LENGTH\n.* 12\n$/);
  expect(renderTable([lamp], columns, terminal(80), { wide: true })).toMatch(/^LENGTH +12$/m);
  expect(renderTable([lamp], columns, pipe, { wide: false })).not.toContain("LENGTH");
});

test("times are local and short on a terminal; what is no time is shown as it is", () => {
  const only = columns.filter(({ key }) => key === "at");
  const at = new Date(lamp.at);
  const hours = String(at.getHours()).padStart(2, "0");
  const minutes = String(at.getMinutes()).padStart(2, "0");
  const shown = renderTable([lamp, { ...lamp, at: "soon\u001b[2J" }], only, terminal(80), {
    wide: false,
  });
  expect(linesOf(shown)[1]).toMatch(new RegExp(`^2026-11-2[345] ${hours}:${minutes}$`));
  expect(linesOf(shown)[2]).toBe("soon␛[2J");
});

test("the header is bold where there is colour, and only there", () => {
  const [header, first] = linesOf(
    renderTable([lamp], columns, { ...terminal(200), colour: true }, { wide: false }),
  );
  expect(header).toContain("\u001b[1mTITLE\u001b[0m");
  expect(first).not.toContain("\u001b");
  expect(renderTable([lamp], columns, terminal(200), { wide: false })).not.toContain("\u001b");
});

test("an empty list says so", () => {
  expect(renderTable([], columns, pipe, { wide: false })).toBe("nothing to show\n");
});

test.for([
  "桌子椅子",
  "👩‍👩‍👧‍👦 family",
  "e\u0301le\u0301gant",
  "สวัสดี",
  "हिन्दी",
  "שָׁלוֹם",
  "🫠 melting",
  "© ® ™",
  "\u001b[31mred",
  "two\nlines",
])("what stands right of %j keeps its column", (title) => {
  const rows = [lamp, { ...lamp, title }];
  for (const shown of [pipe, terminal(200)]) {
    const [, first, second] = linesOf(renderTable(rows, columns, shown, { wide: false }));
    expect(columnOf(second, "ARS")).toBe(columnOf(first, "ARS"));
  }
});

test("long lists, which are padded without cli-table3, look the same as short ones", () => {
  const row = fc.record({
    id: fc.constant(lamp.id),
    title: fc.string({
      unit: fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 1 }),
        fc.constantFrom("©", "é", "…", "\n"),
      ),
    }),
    priceMinor: fc.nat(),
    stock: fc.nat(),
    at: fc.constant(lamp.at),
    note: fc.option(fc.string()),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), fc.nat(220), (rows, width) => {
      const shown = width < 20 ? pipe : terminal(width);
      const repeated = Array.from({ length: 501 }, (_, index) => rows[index % rows.length] ?? lamp);
      const short = linesOf(renderTable(rows, columns, shown, { wide: false }));
      const many = linesOf(renderTable(repeated, columns, shown, { wide: false }));
      const same = short.at(-1)?.endsWith(": -o wide shows all") ? short.length - 1 : short.length;
      expect(many.slice(0, same)).toEqual(short.slice(0, same));
    }),
    { numRuns: 30 },
  );
});

test("no text drives the terminal, whatever the column's kind and the terminal's width", () => {
  const kinds = ["text", "id", "state", "time", "links"] as const;
  const texts: readonly Column<string>[] = kinds.map((kind) => ({
    key: kind,
    header: kind.toUpperCase(),
    kind,
    value: (text) => text,
  }));
  // Written out on its own, so that a mistake in the rule itself shows.
  const drivers =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}/u;
  const text = fc.tuple(
    fc.string({ unit: "binary" }),
    fc.constantFrom("", "\u001b[2J", "\u009b31m", "\u202e", "https://x/\u001b\\", "\r\n"),
  );
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 220 }),
      fc.boolean(),
      (parts, width, wide) => {
        const rows = parts.map((part) => part.join(""));
        for (const shown of [pipe, terminal(width)])
          expect(renderTable(rows, texts, shown, { wide })).not.toMatch(drivers);
      },
    ),
  );
});

test("a list of any length has its widths", () => {
  const rows = Array.from({ length: 150_000 }, (_, index) => ({ ...lamp, stock: index }));
  const stock = columns.filter(({ key }) => key === "stock");
  const shown = linesOf(renderTable(rows, stock, pipe, { wide: false }));
  expect(shown.slice(0, 2)).toEqual([" STOCK", "     0"]);
  expect(shown.at(-1)).toBe("149999");
});
