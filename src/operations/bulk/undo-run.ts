import { createHash } from "node:crypto";
import pMap from "p-map";
import type { Deps } from "../../deps.ts";
import { newId } from "../../domain/ids.ts";
import { MktError } from "../../errors.ts";
import type { BulkRow, BulkRun, RowRecord } from "../../stores/aurora/bulk-runs.ts";
import type { BulkCommand, BulkUndo, Data } from "./bulk-command.ts";
import { patiently } from "./patiently.ts";
import { type Runner, rowActors } from "./row-actors.ts";
import { isRowError, reasonOf } from "./run-rows.ts";
import { turns } from "./turns.ts";

export interface UndoRequest {
  run: BulkRun;
  command: Pick<BulkCommand<never, unknown>, "name" | "undo">;
  runner: Runner;
  /** Only say what would be undone. */
  dryRun: boolean;
  /** So many rows at once; those of the same thing one after the other. */
  jobs: number;
  stopping: AbortSignal;
}

/** What became of a row that was done, or would. */
export interface UndoneRow {
  line: number;
  outcome: "undone" | "kept";
  subjectKind: string | null;
  id: string | null;
  /** Why it is kept; null where it could never be undone. */
  code: string | null;
  /** What was done to undo it, or why it is kept. */
  reason: string;
}

const PAGE = 200;
const STATES = ["done", "kept"] as const;

/**
 * Undoes what a run did, the newest row first, and gives each row after it was tried. Rows that cannot be undone
 * are kept and say why. What is undone stands in the run's own journal, so that doing it again tries only what
 * was kept. Throws `conflict` where no row of the command can ever be undone.
 */
export async function* undoRun(request: UndoRequest, deps: Deps): AsyncGenerator<UndoneRow> {
  const { run, command, dryRun } = request;
  if (run.state === "running")
    deps.notice(`run ${run.id} may still be going on: rows that come after this are not undone`);
  const { undo } = command;
  if (typeof undo === "string")
    throw new MktError("conflict", `nothing of mkt ${command.name} can be undone: ${undo}`);
  if (dryRun) return yield* undoRows(request, undo, null, deps);
  const digest = createHash("sha256").update(`undo ${run.id}`).digest("hex");
  // Nobody goes on with the run meanwhile.
  const { release } = await held(run.inputDigest, deps);
  try {
    const undoing = await undoingRun(request, digest, deps);
    const ended = yield* undoRows(request, undo, undoing, deps);
    const state = ended ? "finished" : "interrupted";
    await deps.bulkRuns.setState(undoing.id, { state }, deps.now());
    if (ended) await deps.bulkRuns.setState(run.id, { state: "undone" }, deps.now());
  } finally {
    await release();
  }
}

/** Holds the lock of a run until it is released. */
async function held(
  digest: string,
  { bulkRuns }: Pick<Deps, "bulkRuns">,
): Promise<{ release: () => Promise<void> }> {
  let release = () => {};
  const over = new Promise<void>((resolve) => {
    release = resolve;
  });
  let hold: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    hold = bulkRuns.alone(digest, () => {
      resolve();
      return over;
    });
    hold.catch(reject);
  });
  return {
    release: () => {
      release();
      return hold;
    },
  };
}

/** The run that undoes another: one that was cut off goes on. */
async function undoingRun(
  { run, command, runner }: UndoRequest,
  digest: string,
  { bulkRuns, now }: Deps,
): Promise<BulkRun> {
  const before = await bulkRuns.newestOf(digest);
  if (before && before.state !== "finished") return before;
  return bulkRuns.insert({
    id: newId(),
    command: "bulk undo",
    actorId: runner.actor.userId,
    inputName: `run ${run.id}`,
    inputDigest: digest,
    options: { undoes: run.id, command: command.name },
    total: (await bulkRuns.sums(run.id))
      .filter(({ state }) => STATES.some((each) => each === state))
      .reduce((sum, { rows }) => sum + Number(rows), 0),
    createdAt: now(),
  });
}

/** Goes through the rows, a page at a time. False: somebody stopped it. */
async function* undoRows(
  { run, command, runner, dryRun, jobs, stopping }: UndoRequest,
  undo: BulkUndo,
  undoing: BulkRun | null,
  deps: Deps,
): AsyncGenerator<UndoneRow, boolean> {
  const actorOf = rowActors(runner, `undo ${command.name}`, deps);
  const inTurn = turns();
  const counts = { done: undoing?.done ?? 0, failed: 0 };
  const undoRow = async (row: BulkRow): Promise<UndoneRow> => {
    const { line, subjectKind, subjectId: id, result, undo: left } = row;
    const of = { line: Number(line), subjectKind, id };
    if (left === null) {
      const reason = result?.already === true ? "it was so before the run" : "it left no way back";
      return { ...of, outcome: "kept", code: null, reason };
    }
    const { as, undo: data } = left as { as: string | null; undo: Data };
    try {
      const actor = await actorOf(as ?? undefined);
      const act = () => (dryRun ? undo.plan : undo.apply)(data, { actor }, deps);
      const reason = await inTurn(id, () => patiently(act, stopping));
      return { ...of, outcome: "undone", code: null, reason };
    } catch (error) {
      if (!isRowError(error)) throw error;
      return { ...of, outcome: "kept", ...reasonOf(error) };
    }
  };
  let beyond: number | undefined;
  for (;;) {
    const want = { runId: run.id, limit: PAGE, beyond, states: STATES, newestFirst: true };
    const page = await deps.bulkRuns.rows(want);
    const tried = await pMap(page, async (row) => (stopping.aborted ? null : undoRow(row)), {
      concurrency: jobs,
    });
    const ended = tried.filter((one) => one !== null);
    counts.done += ended.filter(({ outcome }) => outcome === "undone").length;
    counts.failed += ended.filter(({ outcome }) => outcome === "kept").length;
    if (undoing && ended.length > 0) {
      const records = ended.map((one): RowRecord => {
        const before = page.find(({ line }) => Number(line) === one.line);
        const { subjectKind = null, subjectId = null, result = null, undo = null } = before ?? {};
        const { line, outcome: state, code, reason } = one;
        return { line, state, subjectKind, subjectId, result, code, reason, undo };
      });
      const so = { runId: undoing.id, ...counts };
      await deps.bulkRuns.recordUndone(run.id, records, so, deps.now());
    }
    yield* ended;
    if (stopping.aborted) return false;
    beyond = page.at(-1)?.line;
    if (page.length < PAGE) return true;
  }
}
