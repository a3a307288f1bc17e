import { pMapIterable } from "p-map";
import type { Deps } from "../../deps.ts";
import { MktError } from "../../errors.ts";
import type { BulkCommand, RowPlan, RowReader, RowSource, SourceRow } from "./bulk-command.ts";
import { patiently } from "./patiently.ts";
import { type Runner, rowActors } from "./row-actors.ts";
import { survey } from "./run-file.ts";
import { isRowError, reasonOf } from "./run-rows.ts";

/** What a row would come to. */
export type CheckedRow = { line: number } & (
  | (RowPlan & { outcome: "would_do" | "already"; code: null; reason: null })
  | {
      outcome: "would_fail";
      subjectKind: null;
      subjectId: null;
      from: null;
      to: null;
      summary: null;
      code: string;
      reason: string;
    }
);

const READ_AHEAD = 8;

/**
 * Checks every row of a file against the data as they are now, in its order, changing nothing. A row is not
 * checked against what the rows before it would change.
 */
export async function* checkFile<Row, Value>(
  request: {
    command: BulkCommand<Row, Value>;
    input: RowSource;
    reader: RowReader<Row>;
    runner: Runner;
    jobs: number;
    stopping: AbortSignal;
    progress: (lines: number, total: number, failures: number) => void;
  },
  deps: Deps,
): AsyncGenerator<CheckedRow> {
  const { command, input, reader, runner, jobs, stopping, progress } = request;
  const total = await survey(request, deps);
  const actorOf = rowActors(runner, `${command.name} --dry-run`, deps);
  const plan = async ({ values, problem }: SourceRow): Promise<RowPlan> => {
    if (problem) throw new MktError("invalid", problem);
    const { row, as } = reader.read(values);
    const actor = await actorOf(as);
    return command.plan(row, { actor }, deps);
  };
  const check = async (row: SourceRow): Promise<CheckedRow> => {
    const { line } = row;
    try {
      const planned = await patiently(() => plan(row), stopping);
      const outcome = planned.from === planned.to ? "already" : "would_do";
      return { line, ...planned, outcome, code: null, reason: null };
    } catch (error) {
      if (!isRowError(error)) throw error;
      const nothing = { subjectKind: null, subjectId: null, from: null, to: null, summary: null };
      return { line, ...nothing, outcome: "would_fail", ...reasonOf(error) };
    }
  };
  const { rows } = await input.read();
  let [lines, failures] = [0, 0];
  const limits = { concurrency: jobs, backpressure: jobs * READ_AHEAD };
  for await (const checked of pMapIterable(rows, check, limits)) {
    lines += 1;
    if (checked.outcome === "would_fail") failures += 1;
    progress(lines, total, failures);
    yield checked;
    if (stopping.aborted) {
      throw new MktError("interrupted", `stopped after ${lines} of ${total} rows`);
    }
  }
}
