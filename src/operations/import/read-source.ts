import { join } from "node:path";
import {
  checkTableColumns,
  type HistoryMapping,
  TABLES,
  type TableName,
  tableFile,
} from "../../domain/mapping/history.ts";
import { MktError } from "../../errors.ts";
import { openInput } from "../../input/open-input.ts";
import type { ImportStaging, StagedRows } from "../../stores/aurora/import-staging.ts";
import { orderIdOf, rowReader } from "./source-rows.ts";

export interface SourceRequest {
  directory: string;
  mapping: HistoryMapping;
  stopping: AbortSignal;
  /** Told how many rows were read. */
  progress: (rows: number) => void;
}

/** So many rows are staged at once. */
const CHUNK = 1_000;
const PLACE = Object.fromEntries(TABLES.map((table, place) => [table, place])) as Record<
  TableName,
  number
>;

/** Stages all rows of a source's files; gives how many each has. Rows that cannot be read are rejected. */
export async function readSource(
  { directory, mapping, stopping, progress }: SourceRequest,
  staging: ImportStaging,
): Promise<Record<TableName, number>> {
  const counts: Record<TableName, number> = {
    orders: 0,
    lines: 0,
    buyers: 0,
    sellers: 0,
    products: 0,
  };
  let read = 0;
  for (const table of TABLES) {
    const file = tableFile(mapping, table);
    if (!file) continue;
    const readRow = rowReader(mapping, table);
    const chunk = chunkInto(staging);
    await using input = await openInput(join(directory, file.name), { stopping });
    const { columns, rows, format } = await input.rows(file);
    // In NDJSON a row leaves out what it lacks.
    if (format === "csv") checkTableColumns(mapping, table, columns, input.name);
    for await (const { line, values, problem } of rows) {
      if (stopping.aborted) throw interrupted(read);
      try {
        if (problem !== undefined) throw new MktError("invalid", problem);
        const staged = readRow(values);
        chunk.add(staged.table, { ...staged.row, line });
      } catch (error) {
        if (!(error instanceof MktError)) throw error;
        const orderId = orderIdOf(mapping, table, values);
        chunk.add("reject", { place: PLACE[table], line, reason: error.message, orderId });
      }
      counts[table] += 1;
      read += 1;
      if (read % CHUNK !== 0) continue;
      await chunk.flush();
      progress(read);
    }
    await chunk.flush();
  }
  return counts;
}

/** Where tables stand among rejects. */
export const PLACES = PLACE;

function interrupted(rows: number): MktError {
  return new MktError("interrupted", `stopped after reading ${rows} rows`, {
    hint: "nothing was written; the same command again begins anew",
  });
}

/** Collects rows by staged table, until they are flushed. */
function chunkInto(staging: ImportStaging) {
  const waiting = new Map<keyof StagedRows, unknown[]>();
  return {
    add: (table: keyof StagedRows, row: unknown) => {
      const rows = waiting.get(table);
      if (rows) rows.push(row);
      else waiting.set(table, [row]);
    },
    flush: async () => {
      for (const [table, rows] of waiting) await staging.add(table, rows as StagedRows[never][]);
      waiting.clear();
    },
  };
}
