import type { Deps } from "../../deps.ts";
import { type Actor, isStaff, requireOneOf } from "../../domain/actor.ts";
import { MktError } from "../../errors.ts";
import type { BulkRow, BulkRowState, BulkRun } from "../../stores/aurora/bulk-runs.ts";
import { afterId, type Listing, pageOf } from "../manage-users.ts";
import { outcomeOf, type RowOutcome } from "./row-outcomes.ts";
import { type RunReport, reportOf } from "./run-file.ts";

export const RUN_STATES = ["running", "interrupted", "finished", "undone"] as const;
export const ROW_STATES = ["started", "done", "failed", "undone", "kept"] as const;

export type ListedRun = Omit<BulkRun, "options" | "inputDigest"> & { actorEmail: string };

/** A row of a run's journal. */
export type ListedRow = RowOutcome & { line: number; subjectKind: string | null };

type ReadDeps = Pick<Deps, "bulkRuns" | "lookup">;

/** Runs, newest first: everybody's for operators, one's own for others. The page token is the last id. */
export async function listRuns(
  want: {
    actor: Actor;
    limit: number;
    pageToken?: string | undefined;
    state?: string | undefined;
  },
  { bulkRuns }: Pick<Deps, "bulkRuns">,
): Promise<Listing<ListedRun>> {
  const { actor, limit, pageToken, state } = want;
  const all = isStaff(actor, "operator") && actor.operatorId === null;
  const after = afterId(pageToken);
  const actorId = all ? undefined : actor.userId;
  const runs = await bulkRuns.list({ limit: limit + 1, after, actorId, state });
  return pageOf(
    runs.map(({ options, inputDigest, ...run }) => run),
    limit,
  );
}

/** A run that this actor may see: their own, or any for operators. */
export async function readableRun(actor: Actor, text: string, deps: ReadDeps): Promise<BulkRun> {
  const id = await deps.lookup.resolve("bulk_run", text);
  const run = await deps.bulkRuns.find(id);
  if (!run) throw new MktError("not_found", `there is no bulk run ${text}`);
  requireOneOf(actor, [run.actorId], `bulk run ${id}`, "operator");
  return run;
}

export interface ShownRun extends RunReport {
  actorId: string;
  inputName: string;
  createdAt: string;
  changedAt: string;
  /** The first rows that failed. */
  failures: ListedRow[];
}

const FAILURES = 20;

/** A run, how its rows came out, and the first that failed. */
export async function showRun(
  { actor, run: text }: { actor: Actor; run: string },
  deps: ReadDeps,
): Promise<ShownRun> {
  const run = await readableRun(actor, text, deps);
  const { actorId, inputName, createdAt, changedAt } = run;
  const rows = await deps.bulkRuns.rows({ runId: run.id, limit: FAILURES, states: ["failed"] });
  const report = await reportOf(run, deps);
  return { ...report, actorId, inputName, createdAt, changedAt, failures: rows.map(listed) };
}

/** The rows of a run, in the order of their lines. The page token is the last line. */
export async function listRunRows(
  want: {
    actor: Actor;
    run: string;
    limit: number;
    pageToken?: string | undefined;
    state?: BulkRowState | undefined;
  },
  deps: ReadDeps,
): Promise<Listing<ListedRow>> {
  const { actor, limit, pageToken, state } = want;
  const { id: runId } = await readableRun(actor, want.run, deps);
  const beyond = pageToken === undefined ? undefined : lineOf(pageToken);
  const states = state && [state];
  const rows = await deps.bulkRuns.rows({ runId, limit: limit + 1, beyond, states });
  const items = rows.slice(0, limit).map(listed);
  const last = items.at(-1)?.line;
  return { items, nextPageToken: rows.length > limit ? String(last) : null };
}

function listed(row: BulkRow): ListedRow {
  const { line, subjectKind } = row;
  return { line: Number(line), subjectKind, ...outcomeOf(row) };
}

function lineOf(pageToken: string): number {
  if (/^\d{1,15}$/.test(pageToken)) return Number(pageToken);
  throw new MktError("invalid", "the page token does not belong to this list", {
    hint: "use the nextPageToken of the same list, unchanged",
  });
}
