import { extname } from "node:path";
import type { Deps } from "../../deps.ts";
import type { DataCell, DataColumn, DataRows } from "../../domain/data-rows.ts";
import { writeToFile } from "../../output/data-file.ts";
import { dataStream } from "../../output/data-stream.ts";
import type { RowSource } from "./bulk-command.ts";
import { rowOutcomes } from "./row-outcomes.ts";

const OWN = ["line", "outcome", "id", "state", "code", "reason"] as const;
const BATCH = 500;

/**
 * Writes each line of the input with its own columns and what became of it: CSV, or NDJSON where the file is
 * called so. A column of the input that is called as one of ours keeps its name, ours is then `resultState`.
 */
export async function writeResults(
  {
    runId,
    input,
    secret,
    path,
  }: { runId: string; input: RowSource; secret: readonly string[]; path: string },
  deps: Pick<Deps, "bulkRuns">,
): Promise<void> {
  const columns = await columnsOf(input);
  const { rows } = await input.read();
  const hidden = new Set(secret.map(plain));
  const shown = columns.filter((column) => !hidden.has(plain(column)));
  const data: DataRows = {
    columns: [...shown.map(asText), ...OWN.map((name) => ownColumn(name, shown))],
    batches: batches(),
  };
  async function* batches(): AsyncGenerator<DataCell[][]> {
    let batch: DataCell[][] = [];
    for await (const { row, outcome: of } of rowOutcomes(runId, rows, deps)) {
      const own = [String(row.line), of.outcome, of.id, of.state, of.code, of.reason];
      batch.push([...shown.map((column) => row.values[column] || null), ...own]);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
  const format = extname(path).toLowerCase() === ".ndjson" ? "ndjson" : "csv";
  const options = { isTerminal: false, progress: () => undefined };
  await writeToFile(dataStream(format, data, options), path);
}

/** All columns of the input: rows of NDJSON name theirs one by one. */
async function columnsOf(input: RowSource): Promise<readonly string[]> {
  const { format, columns, rows } = await input.read();
  if (format === "ndjson") for await (const _ of rows);
  return columns;
}

/** `card-token` and `cardToken` are the same column. */
const plain = (column: string) => column.replaceAll("-", "").toLowerCase();

const asText = (name: string): DataColumn => ({ name, kind: "text" });

function ownColumn(name: (typeof OWN)[number], taken: readonly string[]): DataColumn {
  const free = taken.includes(name) ? `result${name[0]?.toUpperCase()}${name.slice(1)}` : name;
  return { name: free, kind: name === "line" ? "integer" : "text" };
}
