import { parse } from "csv-parse/sync";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import type { DataCell, DataColumn, DataKind, DataRows } from "../domain/data-rows.ts";
import { unescapeFormula } from "../domain/formula-cell.ts";
import { dataStream, type StreamedFormat } from "./data-stream.ts";

const columns = (...kinds: DataKind[]): DataColumn[] =>
  kinds.map((kind, index) => ({ name: `${kind}${index}`, kind }));

async function* inBatches(...batches: DataCell[][][]): DataRows["batches"] {
  yield* batches;
}

async function written(
  format: StreamedFormat,
  rows: DataRows,
  { isTerminal = false } = {},
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of dataStream(format, rows, { isTerminal, progress: () => undefined }))
    chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** What breaks careless writers of CSV, and what spreadsheets would compute. */
const TEXTS = [
  "=1+1",
  "+4",
  "-2",
  "@SUM(A1)",
  "\tx",
  "\rx",
  "'=1",
  "''quoted",
  "＝1",
  'say "hi"',
  '"',
  "a,b",
  "two\nlines",
  "two\r\nlines",
  "",
  " padded ",
  "São Paulo 東京 🦊",
  "\u001b[31mred",
  "null",
];

test("every text comes back from CSV as it was, and none starts a formula", async () => {
  const batches = inBatches(TEXTS.map((text) => [text, "1"]));
  const csv = String(await written("csv", { columns: columns("text", "integer"), batches }));
  expect(csv.slice(0, csv.indexOf("\n"))).toBe("text0,integer1");
  const records: string[][] = parse(csv, { from: 2, record_delimiter: "\n" });
  expect(records.map(([text = ""]) => unescapeFormula(text))).toEqual(TEXTS);
  for (const [cell = ""] of records) expect(cell).not.toMatch(/^[=+\-@\t\r＝]/);
});

test("CSV tells no value from an empty text, leaves negative numbers alone, and has no empty line", async () => {
  const batches = inBatches([[null, "-5"]], [["", null]]);
  const csv = await written("csv", { columns: columns("text", "integer"), batches });
  expect(String(csv)).toBe('text0,integer1\n,-5\n"",\n');
  const one = await written("csv", { columns: columns("time"), batches: inBatches([[null]]) });
  expect(String(one)).toBe('time0\n""\n');
});

test("NDJSON has numbers as numbers while they are safe, JSON as it is, and null", async () => {
  const rows: DataCell[][] = [
    ["9007199254740991", "12.50", "true", '{"a":\n1}', "x\ny"],
    ["9007199254740993", "NaN", "false", "[]", null],
  ];
  const kinds = columns("integer", "number", "boolean", "json", "text");
  const lines = String(await written("ndjson", { columns: kinds, batches: inBatches(rows) }))
    .trimEnd()
    .split("\n")
    .map((line) => Object.values(JSON.parse(line)));
  expect(lines).toEqual([
    [9007199254740991, 12.5, true, { a: 1 }, "x\ny"],
    ["9007199254740993", "NaN", false, [], null],
  ]);
});

test.for([0, 1, 3])("JSON is one document of %i rows", async (count) => {
  const batches = inBatches(...Array.from({ length: count }, (_, index) => [[String(index)]]));
  const json = String(await written("json", { columns: columns("integer"), batches }));
  const items = Array.from({ length: count }, (_, integer0) => ({ integer0 }));
  expect(JSON.parse(json)).toEqual({ items, nextPageToken: null });
});

test("on a terminal nothing drives it, whatever the format", async () => {
  const evil = "\u001b]0;x\u0007\u202e\u009b31m";
  for (const format of ["csv", "ndjson", "json"] as const) {
    const rows = { columns: columns("text"), batches: inBatches([[evil]]) };
    const shown = String(await written(format, rows, { isTerminal: true }));
    for (const driving of ["\u001b", "\u0007", "\u202e", "\u009b"]) {
      expect(shown).not.toContain(driving);
    }
  }
});

test("Parquet keeps every kind of value over several row groups", async () => {
  const kinds = columns("text", "integer", "number", "boolean", "time", "json");
  const row = (index: number): DataCell[] => [
    `ação ${index}`,
    String(index),
    "12.5",
    "true",
    "2018-03-01T10:00:00.123Z",
    '{"a":1}',
  ];
  const empty: DataCell[] = [null, null, null, null, null, null];
  const batch = (from: number) => Array.from({ length: 3_000 }, (_, index) => row(from + index));
  const batches = inBatches(batch(0), batch(3_000), batch(6_000), [empty]);
  const file = await written("parquet", { columns: kinds, batches });
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  expect(parquetMetadata(bytes as ArrayBuffer).row_groups.length).toBe(2);
  const read = await parquetReadObjects({ file: bytes as ArrayBuffer });
  expect(read.length).toBe(9_001);
  const at = new Date("2018-03-01T10:00:00.123Z");
  expect(Object.values(read[8_999] ?? {})).toEqual([
    "ação 8999",
    8_999n,
    12.5,
    true,
    at,
    '{"a":1}',
  ]);
  expect(Object.values(read[9_000] ?? {})).toEqual(
    [null, null, null, null, null, null].map(() =>
      expect.toSatisfy((value) => value === null || value === undefined),
    ),
  );
});
