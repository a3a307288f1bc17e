import type { DataCell, DataColumn, DataRows } from "../domain/data-rows.ts";
import { escapeFormula } from "../domain/formula-cell.ts";
import { safeJson } from "./formats.ts";
import { safeData } from "./safe-text.ts";

/** Formats that are written as the rows come, however many there are. */
export const STREAMED = ["csv", "ndjson", "json", "parquet"] as const;
export type StreamedFormat = (typeof STREAMED)[number];

interface StreamOptions {
  /** Somebody looks at it: nothing in it may drive the terminal. */
  isTerminal: boolean;
  /** Told now and then how many rows are written. */
  progress: (rows: number) => void;
}

/** The rows in a format, in pieces to be written one after the other; memory holds one piece. */
export async function* dataStream(
  format: StreamedFormat,
  rows: DataRows,
  { isTerminal, progress }: StreamOptions,
): AsyncGenerator<string | Uint8Array> {
  const counted = { columns: rows.columns, batches: counting(rows.batches, progress) };
  if (format === "parquet") yield* (await import("./parquet.ts")).parquetChunks(counted);
  else if (format === "csv") yield* csvChunks(counted, isTerminal ? safeData : (text) => text);
  else yield* jsonChunks(counted, format === "json");
}

async function* counting(
  batches: DataRows["batches"],
  progress: (rows: number) => void,
): DataRows["batches"] {
  let rows = 0;
  for await (const batch of batches) {
    yield batch;
    rows += batch.length;
    progress(rows);
  }
}

const NEEDS_QUOTES = /[",\r\n]/;

/**
 * RFC 4180 in UTF-8, with line feeds. What a spreadsheet would take for a formula is made harmless so that
 * `unescapeFormula` gives it back. No value is an empty cell, an empty text a quoted one.
 */
async function* csvChunks(
  { columns, batches }: DataRows,
  shown: (text: string) => string,
): AsyncGenerator<string> {
  const writers = columns.map(({ kind }) => (kind === "text" || kind === "json" ? text : plain));
  yield csvLine(columns.map(({ name }) => text(name)));
  for await (const batch of batches) {
    let chunk = "";
    for (const row of batch)
      chunk += csvLine(row.map((cell, index) => writers[index]?.(cell) ?? ""));
    yield chunk;
  }

  function text(cell: DataCell): string {
    if (cell === null) return "";
    const safe = shown(escapeFormula(cell));
    return safe === "" || NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }
}

const plain = (cell: DataCell): string => cell ?? "";

/** A line without anything would be no row. */
function csvLine(cells: readonly string[]): string {
  const line = cells.join(",");
  return line === "" ? '""\n' : `${line}\n`;
}

/** One object a line; as `json` they are the items of one document, in the shape of every list. */
async function* jsonChunks(
  { columns, batches }: DataRows,
  asDocument: boolean,
): AsyncGenerator<string> {
  const fields = columns.map((column, index) => {
    const key = `${index === 0 ? "{" : ","}${JSON.stringify(column.name)}:`;
    return { key, value: jsonWriter(column) };
  });
  let between = "";
  if (asDocument) yield '{"items":[\n';
  for await (const batch of batches) {
    let chunk = "";
    for (const row of batch) {
      chunk += between;
      for (const [index, { key, value }] of fields.entries())
        chunk += key + value(row[index] ?? null);
      chunk += fields.length === 0 ? "{}" : "}";
      if (asDocument) between = ",\n";
      else chunk += "\n";
    }
    yield safeJson(chunk);
  }
  if (asDocument) yield '\n],"nextPageToken":null}\n';
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;

function jsonWriter({ kind }: DataColumn): (cell: DataCell) => string {
  const orNull = (write: (text: string) => string) => (cell: DataCell) =>
    cell === null ? "null" : write(cell);
  if (kind === "boolean") return orNull((text) => text);
  // Line breaks are spaces there, and a line is an object.
  if (kind === "json") return orNull((text) => text.replaceAll(/[\r\n]/g, " "));
  if (kind === "text" || kind === "time") return orNull((text) => JSON.stringify(text));
  return orNull((text) => (isSafe(text) ? text : JSON.stringify(text)));
}

/** Beyond 2^53, and for what JSON does not know (`NaN`), a number stands as text. */
function isSafe(text: string): boolean {
  return NUMBER.test(text) && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER;
}

/** A value as JavaScript has it, for formats that are made of whole lists. */
export function plainValue(cell: DataCell, { kind }: DataColumn): unknown {
  if (cell === null || kind === "text" || kind === "time") return cell;
  if (kind === "boolean" || kind === "json") return JSON.parse(cell);
  return isSafe(cell) ? Number(cell) : cell;
}
