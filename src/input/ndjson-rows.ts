import { MktError } from "../errors.ts";
import { COLUMNS_LIMIT, type InputRow, NO_COLUMN, shown } from "./input-row.ts";
import type { Records, TextRecord } from "./records.ts";

const WHY_LIMIT = 200;

/**
 * The rows of NDJSON: one object a line, each with the keys that it has. Values become text: `null` the
 * empty one as in CSV, lists and objects their JSON. A line that is not an object comes with a problem.
 */
export async function ndjsonRows(
  records: Records,
  name: string,
): Promise<{ columns: readonly string[]; rows: AsyncIterable<InputRow> } | undefined> {
  let first = records.take();
  while (!first) {
    if (!(await records.fill())) return undefined;
    first = records.take();
  }
  const columns = columnsOf(name);
  const row = toRow(first);
  columns.add(row);
  return { columns: columns.names, rows: rowsFrom(row, columns, records) };
}

interface Columns {
  /** Grows as rows name further ones. */
  names: string[];
  add(row: InputRow): void;
}

function columnsOf(name: string): Columns {
  const names: string[] = [];
  const known = new Set<string>();
  return {
    names,
    add: ({ line, values }) => {
      for (const column in values) {
        if (known.has(column)) continue;
        if (known.size === COLUMNS_LIMIT)
          throw new MktError(
            "invalid",
            `${name} has more than ${COLUMNS_LIMIT} columns at line ${line}`,
            { hint: "the keys of all its lines count; are ids among them?" },
          );
        known.add(column);
        names.push(column);
      }
    },
  };
}

async function* rowsFrom(
  first: InputRow,
  columns: Columns,
  records: Records,
): AsyncGenerator<InputRow> {
  try {
    yield first;
    do {
      for (let record = records.take(); record; record = records.take()) {
        const row = toRow(record);
        columns.add(row);
        yield row;
      }
    } while (await records.fill());
  } finally {
    await records.close();
  }
}

function toRow({ line, text, hasNul }: TextRecord): InputRow {
  const values: Record<string, string> = {};
  const broken = (problem: string): InputRow => ({ line, values: {}, problem });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, WHY_LIMIT) : "";
    return broken(`it is not JSON: ${why}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    return broken(`it is JSON, but no object: ${shown(text)}`);
  let problem = hasNul ? "it holds a NUL character" : undefined;
  for (const [key, value] of Object.entries(parsed)) {
    if (key === NO_COLUMN) return broken(`it has a key ${NO_COLUMN}`);
    const textOf = toText(value);
    if (textOf === undefined) problem ??= `${shown(key)} is too deep or too large to be exact`;
    else values[key] = textOf;
    if (textOf?.includes("\0") || key.includes("\0")) problem ??= "it holds a NUL character";
  }
  return problem === undefined ? { line, values } : { line, values, problem };
}

/** A value as text; undefined for a number that has lost digits already, and for what nests too deeply. */
function toText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (value === null) return "";
  if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
