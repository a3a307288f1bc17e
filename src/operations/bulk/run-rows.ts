import pMap from "p-map";
import type { Deps } from "../../deps.ts";
import type { Actor } from "../../domain/actor.ts";
import { batchesOf } from "../../domain/batches.ts";
import { hasCode, MktError } from "../../errors.ts";
import type { BulkRun, RowRecord } from "../../stores/aurora/bulk-runs.ts";
import type {
  BulkCommand,
  Data,
  ReadRow,
  RowDone,
  RowReader,
  RowSource,
  SourceRow,
} from "./bulk-command.ts";
import type { Journal, KnownRow } from "./journal.ts";
import { patiently } from "./patiently.ts";
import { type Runner, rowActors } from "./row-actors.ts";
import { turns } from "./turns.ts";

/** How the rows of a run are done. */
export interface RowsRequest<Row, Value> {
  run: BulkRun;
  command: BulkCommand<Row, Value>;
  input: RowSource;
  reader: RowReader<Row>;
  runner: Runner;
  /** So many at once. */
  jobs: number;
  onError: "stop" | "skip";
  stopping: AbortSignal;
  /** So many lines are behind us. */
  progress: (lines: number, failures: number) => void;
}

/** Why rows were left undone: somebody pressed Ctrl-C, or a row failed and shall stop the others. */
export type Halt = "interrupted" | "failed";

/** A row that is about to be done. */
interface BegunRow<Row> {
  line: number;
  read: ReadRow<Row>;
  actor: Actor;
  again: boolean;
  before: Data | null;
}

/** One that cannot be done: it waits for its turn to say so. */
interface UnfitRow {
  line: number;
  unfit: unknown;
}

const BATCH = 50;

/**
 * Does the rows that are not done yet, in the order of the file, several at once. Rows are begun in the journal
 * before they are done, a batch at a time. A store or provider that is away is waited for a while; then no
 * further row is begun and the error leaves. Gives why rows were left undone, if any were.
 */
export async function runRows<Row, Value>(
  request: RowsRequest<Row, Value>,
  journal: Journal,
  deps: Deps,
): Promise<Halt | null> {
  const { command, input, reader, run, runner, jobs, onError, stopping, progress } = request;
  const actorOf = rowActors(runner, command.name, deps);
  const inTurn = turns();
  let lines = 0;
  let halt: Halt | null = null;
  let broken: { error: unknown } | undefined;
  const isOver = () => {
    if (stopping.aborted) halt ??= "interrupted";
    return halt !== null || broken !== undefined;
  };
  const passed = () => {
    lines += 1;
    progress(lines, journal.counts.failed);
  };
  const fail = async (line: number, error: unknown) => {
    await journal.record(failure(line, error));
    if (onError === "stop") halt ??= "failed";
    passed();
  };

  /** The next rows that are not done yet, begun in the journal. */
  async function* begunRows(): AsyncGenerator<BegunRow<Row> | UnfitRow> {
    const source = await input.read();
    for await (const batch of batchesOf(source.rows, BATCH)) {
      const ahead = await beginBatch(batch);
      try {
        while (!isOver()) {
          const row = ahead.shift();
          if (!row) break;
          yield row;
        }
      } finally {
        // What was begun by a process that is gone may be done; nobody has touched the others.
        const untouched = ahead.filter((row) => "read" in row && !row.again);
        if (untouched.length > 0) await journal.putBack(untouched.map(({ line }) => line));
      }
      if (isOver()) return;
    }
  }

  async function beginBatch(batch: readonly SourceRow[]): Promise<(BegunRow<Row> | UnfitRow)[]> {
    const known = await patiently(() => journal.known(batch.map(({ line }) => line)), stopping);
    const left = batch.filter(({ line }) => {
      const state = known.get(line)?.state;
      if (state === "failed") journal.retry();
      if (state === undefined || state === "started" || state === "failed") return true;
      passed();
      return false;
    });
    const prepared = await pMap(left, (row) => prepare(row, known.get(row.line)), {
      concurrency: jobs,
    });
    const begun = prepared.filter((row) => "read" in row);
    if (begun.length > 0) {
      const rows = begun.map(({ line, before }) => ({ line, undo: before }));
      await patiently(() => journal.begin(rows), stopping);
    }
    return prepared;
  }

  async function prepare(row: SourceRow, known?: KnownRow): Promise<BegunRow<Row> | UnfitRow> {
    const { line, problem, values } = row;
    try {
      if (problem) throw new MktError("invalid", problem);
      const wanted = reader.read(values);
      const actor = await patiently(() => actorOf(wanted.as), stopping);
      const again = known?.state === "started";
      const read = async () => (await command.before?.(wanted.row, { actor }, deps)) ?? null;
      const before = again ? known.undo : await patiently(read, stopping);
      return { line, read: wanted, actor, again, before };
    } catch (error) {
      if (isRowError(error)) return { line, unfit: error };
      throw error;
    }
  }

  async function work(begun: BegunRow<Row>) {
    const { line, read, actor, before } = begun;
    const { row, as, thing } = read;
    const who = { actor, key: `bulk:${run.id}:${line}`, since: run.createdAt, before };
    let { again } = begun;
    const apply = (attempt: number) => {
      again ||= attempt > 1;
      return command.apply(row, { ...who, again }, deps);
    };
    try {
      const done = await inTurn(thing, () => patiently(apply, stopping));
      await journal.record(success(line, done, again, as === undefined ? null : actor.userId));
      passed();
    } catch (error) {
      if (!isRowError(error)) throw error;
      await fail(line, error);
    }
  }

  const rows = begunRows();
  const worker = async () => {
    try {
      while (!isOver()) {
        const next = await rows.next();
        if (next.done) return;
        const row = next.value;
        await ("unfit" in row ? fail(row.line, row.unfit) : work(row));
      }
    } catch (error) {
      broken ??= { error };
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  // Nobody asks for a further row: what was begun ahead is put back.
  await rows.return(undefined).catch((error: unknown) => {
    broken ??= { error };
  });
  if (broken) throw broken.error;
  return halt;
}

/** A row that cannot be done is the row's fault; a store that is away, or a bug, is nobody's row's. */
export function isRowError(error: unknown): error is MktError {
  return (
    error instanceof MktError && !hasCode(error, "unavailable") && !hasCode(error, "interrupted")
  );
}

function success(
  line: number,
  { subjectKind, subjectId, state, already, undo }: RowDone<unknown>,
  again: boolean,
  as: string | null,
): RowRecord {
  return {
    line,
    state: "done",
    subjectKind,
    subjectId,
    // What was begun before and is so already, this run did itself.
    result: { state, ...(already && !again && { already: true }) },
    code: null,
    reason: null,
    undo: undo ? { as, undo } : null,
  };
}

function failure(line: number, error: unknown): RowRecord {
  const { code, reason } = reasonOf(error);
  return {
    line,
    state: "failed",
    subjectKind: null,
    subjectId: null,
    result: null,
    code,
    reason,
    undo: null,
  };
}

/** Why a row cannot be done. What would be a wrong command line is a wrong row. */
export function reasonOf(error: unknown): { code: string; reason: string } {
  if (!(error instanceof MktError)) throw error;
  return { code: error.code === "usage" ? "invalid" : error.code, reason: error.message };
}
