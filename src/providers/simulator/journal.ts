import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { MktError } from "../../errors.ts";
import { lineAppender } from "./line-appender.ts";

export type Kinds = Record<string, unknown>;
export type Schemas<K extends Kinds> = { [Kind in keyof K]: z.ZodType<K[Kind]> };
export type Tables<K extends Kinds> = { [Kind in keyof K]: ReadonlyMap<string, K[Kind]> };

/** New values by kind and id; null removes one. */
export type Change<K extends Kinds> = { [Kind in keyof K]?: Record<string, K[Kind] | null> };

/**
 * What a simulator remembers: values by kind and id, in memory, with every change appended to a file.
 * A change shows at once; nothing that it caused may leave the process before `flush` resolves.
 */
export interface Journal<K extends Kinds> {
  readonly tables: Tables<K>;
  /** Applies a change, all or nothing, and queues it for the disk. */
  write(change: Change<K>): void;
  /** Resolves when all that was written is on the disk; rejects for ever once writing has failed. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const SPENT_LINES_LIMIT = 1000;

/**
 * Opens a journal, or makes it: one JSON line a change, replayed in order. A last line without its
 * end was never acknowledged and is cut off; damage before it is an error.
 */
export async function openJournal<K extends Kinds>(
  path: string,
  schemas: Schemas<K>,
): Promise<Journal<K>> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const tables = emptyTables(schemas);
  const lines = await replay(path, schemas, tables);
  const live = Object.values(tables).reduce((sum, table) => sum + table.size, 0);
  const tooLong = lines > 2 * live + SPENT_LINES_LIMIT;
  const file = await (tooLong ? compact(path, tables) : open(path, "a", 0o600));
  await syncDirectory(dirname(path));
  const { append, flush, close } = lineAppender(file);
  let closed = false;
  return {
    tables,
    flush,
    write(change) {
      if (closed) throw new Error("the journal is closed");
      apply(tables, change);
      append(JSON.stringify(change));
    },
    close() {
      closed = true;
      return close();
    },
  };
}

type MutableTables<K extends Kinds> = { [Kind in keyof K]: Map<string, K[Kind]> };

function emptyTables<K extends Kinds>(schemas: Schemas<K>): MutableTables<K> {
  const kinds = Object.keys(schemas).map((kind) => [kind, new Map()]);
  return Object.fromEntries(kinds) as MutableTables<K>;
}

function apply<K extends Kinds>(tables: MutableTables<K>, change: Change<K>): void {
  for (const [kind, values] of Object.entries(change)) {
    const table = tables[kind];
    if (!table) throw new Error(`unknown kind ${kind}`);
    for (const [id, value] of Object.entries(values ?? {})) {
      if (value === null) table.delete(id);
      else table.set(id, value as K[string]);
    }
  }
}

async function replay<K extends Kinds>(
  path: string,
  schemas: Schemas<K>,
  tables: MutableTables<K>,
): Promise<number> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const end = bytes.lastIndexOf("\n") + 1;
  if (end < bytes.length) await truncate(path, end);
  const lines = bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
  for (const [index, line] of lines.entries()) {
    try {
      apply(tables, parseChange(line, schemas));
    } catch (cause) {
      throw new MktError("check_failed", `${path} is damaged at line ${index + 1}`, {
        hint: "restore the file from a copy, or move it away to begin anew",
        cause,
      });
    }
  }
  return lines.length;
}

function parseChange<K extends Kinds>(line: string, schemas: Schemas<K>): Change<K> {
  const change: Record<string, Record<string, unknown>> = JSON.parse(line);
  for (const [kind, values] of Object.entries(change)) {
    const schema = schemas[kind];
    if (!schema) throw new Error(`unknown kind ${kind}`);
    for (const [id, value] of Object.entries(values)) {
      // Parsed, a value has also what an older version did not write yet.
      if (value !== null) values[id] = schema.parse(value);
    }
  }
  return change as Change<K>;
}

async function truncate(path: string, length: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.truncate(length);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes only what still lives, beside the old file, and puts it in its place. */
async function compact<K extends Kinds>(path: string, tables: MutableTables<K>) {
  const draft = `${path}.draft`;
  const file = await open(draft, "w", 0o600);
  try {
    const lines = Object.entries(tables).flatMap(([kind, table]) =>
      [...table].map(([id, value]) => `${JSON.stringify({ [kind]: { [id]: value } })}\n`),
    );
    await file.appendFile(lines.join(""));
    await file.sync();
    await rename(draft, path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
