import type { Deps } from "../../deps.ts";
import type { BulkRowState, RowRecord } from "../../stores/aurora/bulk-runs.ts";
import type { Data } from "./bulk-command.ts";
import { patiently } from "./patiently.ts";

/** How far a run is. */
export interface Counts {
  done: number;
  failed: number;
}

/** What is known of a line before it is done. */
export interface KnownRow {
  state: BulkRowState;
  undo: Data | null;
}

/** The journal of one run: what is written in it stands, whatever happens to the process. */
export interface Journal {
  counts: Readonly<Counts>;
  known: (lines: readonly number[]) => Promise<Map<number, KnownRow>>;
  /** Says that rows are about to be done; resolves when that stands. */
  begin: (rows: readonly { line: number; undo: Data | null }[]) => Promise<void>;
  /** Takes back what was begun and not touched. */
  putBack: (lines: readonly number[]) => Promise<void>;
  /** A row that failed before is tried again. */
  retry: () => void;
  /** Keeps what became of a row, soon; several are written at once. */
  record: (row: RowRecord) => Promise<void>;
  /** Writes what is not written yet. To be called at the end, whatever happened. */
  flush: () => Promise<void>;
}

const FLUSH_ROWS = 50;
const FLUSH_MS = 200;

export function openJournal(
  runId: string,
  before: Counts,
  stopping: AbortSignal,
  { bulkRuns, now }: Pick<Deps, "bulkRuns" | "now">,
): Journal {
  const counts = { ...before };
  let pending: RowRecord[] = [];
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const write = async () => {
    clearTimeout(timer);
    timer = undefined;
    const rows = pending;
    pending = [];
    if (rows.length === 0) return;
    try {
      await patiently(() => bulkRuns.record(runId, rows, counts, now()), stopping);
    } catch (error) {
      // Whoever writes next tries again.
      pending = [...rows, ...pending];
      throw error;
    }
  };
  const flush = () => {
    writing = writing.catch(() => undefined).then(write);
    return writing;
  };
  return {
    counts,
    known: async (lines) => {
      const rows = await bulkRuns.rowsAt(runId, lines);
      return new Map(rows.map(({ line, state, undo }) => [Number(line), { state, undo }]));
    },
    begin: (rows) => bulkRuns.begin(runId, rows, now()),
    putBack: (lines) => bulkRuns.putBack(runId, lines),
    retry: () => {
      counts.failed -= 1;
    },
    record: async (row) => {
      pending.push(row);
      counts[row.state === "done" ? "done" : "failed"] += 1;
      if (pending.length >= FLUSH_ROWS) return flush();
      // What goes wrong is told to whoever records the next row, or at the end.
      timer ??= setTimeout(() => void flush().catch(() => undefined), FLUSH_MS);
    },
    flush,
  };
}
