import { createHash } from "node:crypto";
import type { Deps } from "../../deps.ts";
import { newId } from "../../domain/ids.ts";
import { MktError } from "../../errors.ts";
import type { BulkRun, RowSum } from "../../stores/aurora/bulk-runs.ts";
import type { BulkCommand, Data, RowReader, RowSource } from "./bulk-command.ts";
import { openJournal } from "./journal.ts";
import { type Runner, requireRowActors } from "./row-actors.ts";
import { type Halt, runRows } from "./run-rows.ts";

/** A command over the rows of a file. */
export interface FileRequest<Row, Value> {
  command: BulkCommand<Row, Value>;
  input: RowSource;
  reader: RowReader<Row>;
  runner: Runner;
  /** What the command line gave for every row, as JSON; and where the file is, for `mkt bulk resume`. */
  options: RunOptions;
  /** Begins anew though the same was done before. */
  again: boolean;
  jobs: number;
  onError: "stop" | "skip";
  stopping: AbortSignal;
  /** So many of all lines are behind us. */
  progress: (lines: number, total: number, failures: number) => void;
}

export interface RunOptions {
  /** The command's own options, without what is secret. */
  given: Data;
  /** SHA-256 of those that are secret; null: there are none. */
  secret: string | null;
  /** The absolute path of the file; null: it was a pipe. */
  path: string | null;
  /** Where results are written, an absolute path. */
  results: string;
  /** How it is read. */
  format: Data;
}

/** How a run stands. */
export interface RunReport {
  runId: string;
  command: string;
  state: BulkRun["state"];
  rows: number;
  done: number;
  failed: number;
  /** Those of `done` for which nothing was left to do. */
  already: number;
  undone: number;
  /** Those that could not be undone. */
  kept: number;
  /** Failed rows by their error code. */
  byCode: Record<string, number>;
  /** Why it did not end; null: every row was tried. */
  halt: Halt | null;
  /** It was finished before: nothing was done now. */
  wasFinished: boolean;
}

/**
 * Runs a command over the rows of a file. The whole file is read once before anything is done, so that one that
 * is broken changes nothing. The same command of the same person on the same content goes on with its
 * unfinished run; a finished one is only reported, unless it shall begin again.
 */
export async function runFile<Row, Value>(
  request: FileRequest<Row, Value>,
  deps: Deps,
): Promise<RunReport> {
  const { command, input, runner, options, again } = request;
  const total = await survey(request, deps);
  const digest = runDigest({
    command: command.name,
    actorId: runner.actor.userId,
    options,
    content: await input.digest(),
  });
  return deps.bulkRuns.alone(digest, async () => {
    const before = again ? undefined : await deps.bulkRuns.newestOf(digest);
    if (before?.state === "finished") return reportOf(before, deps, { wasFinished: true });
    const run =
      before ??
      (await deps.bulkRuns.insert({
        id: newId(),
        command: command.name,
        actorId: runner.actor.userId,
        inputName: input.name,
        inputDigest: digest,
        options: { ...options },
        total,
        createdAt: deps.now(),
      }));
    return goOn(run, request, deps);
  });
}

/** Goes on with a run: the rows that are not done, and those that failed. Whoever calls it holds its lock. */
export async function goOn<Row, Value>(
  run: BulkRun,
  request: Omit<FileRequest<Row, Value>, "options" | "again">,
  deps: Deps,
): Promise<RunReport> {
  const { bulkRuns, now } = deps;
  const { progress, ...rest } = request;
  const { done, failed } = countsOf(await bulkRuns.sums(run.id));
  await bulkRuns.setState(run.id, { state: "running" }, now());
  const journal = openJournal(run.id, { done, failed }, request.stopping, deps);
  const total = run.total ?? 0;
  const told = (lines: number, failures: number) => progress(lines, total, failures);
  const settle = async (state: "finished" | "interrupted") => {
    await journal.flush();
    await bulkRuns.setState(run.id, { state, ...journal.counts }, now());
    return { ...run, state };
  };
  const halt = await runRows({ ...rest, run, progress: told }, journal, deps).catch(
    async (error: unknown) => {
      // If Aurora is what is away, the run stays `running`: whoever resumes it holds its lock.
      await settle("interrupted").catch(() => undefined);
      throw withResume(error, run.id);
    },
  );
  return reportOf(await settle(halt === null ? "finished" : "interrupted"), deps, { halt });
}

/** How a run stands, from its journal. */
export async function reportOf(
  run: BulkRun,
  { bulkRuns }: Pick<Deps, "bulkRuns">,
  { halt = null, wasFinished = false }: Partial<Pick<RunReport, "halt" | "wasFinished">> = {},
): Promise<RunReport> {
  const sums = await bulkRuns.sums(run.id);
  const { id: runId, command, state, total } = run;
  const byCode = sums
    .filter((sum) => sum.state === "failed")
    .map(({ code, rows }): [string, number] => [code ?? "", Number(rows)]);
  return {
    runId,
    command,
    state,
    rows: total ?? 0,
    ...countsOf(sums),
    byCode: Object.fromEntries(byCode),
    halt,
    wasFinished,
  };
}

function countsOf(
  sums: readonly RowSum[],
): Pick<RunReport, "done" | "failed" | "already" | "undone" | "kept"> {
  const count = (wanted: (sum: RowSum) => boolean) =>
    sums.filter(wanted).reduce((sum, { rows }) => sum + Number(rows), 0);
  return {
    done: count(({ state }) => state === "done"),
    failed: count(({ state }) => state === "failed"),
    undone: count(({ state }) => state === "undone"),
    kept: count(({ state }) => state === "kept"),
    already: count(({ state, already }) => state === "done" && already),
  };
}

/**
 * Reads a file to its end, so that whatever is wrong with it as a whole is told before anything is done. Gives
 * how many rows it has.
 */
export async function survey<Row>(
  {
    input,
    reader,
    runner,
    stopping,
  }: { input: RowSource; reader: RowReader<Row>; runner: Runner; stopping: AbortSignal },
  deps: Deps,
): Promise<number> {
  const { format, columns, rows } = await input.read();
  if (format === "csv") reader.check(columns);
  let total = 0;
  for await (const _ of rows) {
    total += 1;
    if (stopping.aborted)
      throw new MktError("interrupted", "stopped before any row was begun", {
        hint: "nothing was done",
      });
  }
  // Rows of NDJSON name their columns one by one.
  if (format === "ndjson") reader.check(columns);
  if (columns.includes("as")) requireRowActors(runner, deps);
  if (total > 0) return total;
  throw new MktError("invalid", `${input.name} has no rows`);
}

/** The same of the same person is the same run. */
export function runDigest(of: {
  command: string;
  actorId: string;
  options: Pick<RunOptions, "given" | "secret" | "format">;
  content: string;
}): string {
  const { given, secret, format } = of.options;
  const sorted = (data: Data) => Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  const options = [sorted(given), secret, sorted(format)];
  const whole = JSON.stringify([of.command, of.actorId, options, of.content]);
  return createHash("sha256").update(whole).digest("hex");
}

/** Says how to go on after a store or provider was away for too long. */
function withResume(error: unknown, runId: string): unknown {
  if (!(error instanceof MktError)) return error;
  return new MktError(error.code, error.message, {
    hint: `mkt bulk resume ${runId}, when it is back; what is done stays done`,
    cause: error,
  });
}
