import { type Selectable, sql } from "kysely";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import type { Database } from "./schema.ts";

export type BulkRunStore = ReturnType<typeof bulkRunStore>;

export type BulkRun = Selectable<Database["bulkRun"]>;
export type BulkRow = Selectable<Database["bulkRow"]>;
export type BulkRowState = BulkRow["state"];

/** What became of a line, to be kept. */
export type RowRecord = Omit<BulkRow, "runId" | "changedAt">;

/** How many rows of a run are in a state; `already`: nothing was left to do for them. */
export interface RowSum {
  state: BulkRowState;
  code: string | null;
  already: boolean;
  rows: number;
}

/** Locks of runs are a space of their own: the other half is the hash of what the run is known by. */
const LOCKS = 726_115;

/** Runs over the rows of a file, and what became of each row. */
export const bulkRunStore = (db: Aurora) => ({
  /** Does something while nobody else works on runs of this digest. Throws `conflict` when somebody does. */
  alone: <T>(digest: string, work: () => Promise<T>): Promise<T> =>
    query(() =>
      db.connection().execute(async (connection) => {
        const lock = sql`${LOCKS}::int, hashtext(${digest})`;
        const { rows } = await sql<{ mine: boolean }>`
          select pg_try_advisory_lock(${lock}) as mine`.execute(connection);
        if (!rows[0]?.mine) throw goingOn();
        try {
          return await work();
        } finally {
          await sql`select pg_advisory_unlock(${lock})`.execute(connection);
        }
      }),
    ),

  insert: (run: {
    id: string;
    command: string;
    actorId: string;
    inputName: string;
    inputDigest: string;
    options: Record<string, unknown>;
    total: number;
    createdAt: string;
  }): Promise<BulkRun> =>
    query(() =>
      db
        .insertInto("bulkRun")
        .values({
          ...run,
          options: JSON.stringify(run.options),
          state: "running",
          changedAt: run.createdAt,
        })
        .returningAll()
        .executeTakeFirstOrThrow(),
    ),

  find: (id: string): Promise<BulkRun | undefined> =>
    query(() => db.selectFrom("bulkRun").selectAll().where("id", "=", id).executeTakeFirst()),

  /** The newest run of this digest that was not undone. */
  newestOf: (digest: string): Promise<BulkRun | undefined> =>
    query(() =>
      db
        .selectFrom("bulkRun")
        .selectAll()
        .where("inputDigest", "=", digest)
        .where("state", "!=", "undone")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst(),
    ),

  /** Runs, newest first, before an id; of one actor or of all. */
  list: ({
    limit,
    after,
    actorId,
    state,
  }: {
    limit: number;
    after: string | undefined;
    actorId: string | undefined;
    state: string | undefined;
  }): Promise<(BulkRun & { actorEmail: string })[]> =>
    query(() => {
      let runs = db
        .selectFrom("bulkRun")
        .innerJoin("user", "user.id", "bulkRun.actorId")
        .selectAll("bulkRun")
        .select("user.email as actorEmail")
        .orderBy("bulkRun.id", "desc")
        .limit(limit);
      if (after) runs = runs.where("bulkRun.id", "<", after);
      if (actorId) runs = runs.where("bulkRun.actorId", "=", actorId);
      if (state) runs = runs.where("bulkRun.state", "=", state as BulkRun["state"]);
      return runs.execute();
    }),

  setState: (
    id: string,
    change: { state: BulkRun["state"]; done?: number; failed?: number },
    at: string,
  ): Promise<void> =>
    query(async () => {
      await db
        .updateTable("bulkRun")
        .set({ ...change, changedAt: at })
        .where("id", "=", id)
        .execute();
    }),

  /** What is known of these lines. */
  rowsAt: (
    runId: string,
    lines: readonly number[],
  ): Promise<Pick<BulkRow, "line" | "state" | "undo">[]> =>
    query(() =>
      db
        .selectFrom("bulkRow")
        .select(["line", "state", "undo"])
        .where("runId", "=", runId)
        .where("line", "=", sql<number>`any(${[...lines]}::bigint[])`)
        .execute(),
    ),

  /** Says that these lines are about to be done, with what undoing them would need. */
  begin: (
    runId: string,
    rows: readonly { line: number; undo: Record<string, unknown> | null }[],
    at: string,
  ): Promise<void> =>
    transact(db, (tx) =>
      write(
        tx,
        runId,
        rows.map(({ line, undo }) => ({ ...NOTHING_YET, line, undo })),
        at,
      ),
    ),

  /** Takes rows back that were begun, and that nobody has touched. */
  putBack: (runId: string, lines: readonly number[]): Promise<void> =>
    query(async () => {
      await db
        .deleteFrom("bulkRow")
        .where("runId", "=", runId)
        .where("line", "=", sql<number>`any(${[...lines]}::bigint[])`)
        .where("state", "=", "started")
        .execute();
    }),

  /** Keeps what became of rows, and how far the run is. */
  record: (
    runId: string,
    rows: readonly RowRecord[],
    counts: { done: number; failed: number },
    at: string,
  ): Promise<void> =>
    transact(db, async (tx) => {
      await write(tx, runId, rows, at);
      await count(tx, runId, counts, at);
    }),

  /** Keeps what became of rows of a run while they were undone, and how far the run is that undoes them. */
  recordUndone: (
    runId: string,
    rows: readonly RowRecord[],
    undoing: { runId: string; done: number; failed: number },
    at: string,
  ): Promise<void> =>
    transact(db, async (tx) => {
      await write(tx, runId, rows, at);
      const { runId: undoingId, ...counts } = undoing;
      await count(tx, undoingId, counts, at);
    }),

  /** Rows in the order of their lines, or the other way round, beyond a line; of some states or of all. */
  rows: ({
    runId,
    limit,
    beyond,
    states,
    newestFirst = false,
  }: {
    runId: string;
    limit: number;
    beyond?: number | undefined;
    states?: readonly BulkRowState[] | undefined;
    newestFirst?: boolean;
  }): Promise<BulkRow[]> =>
    query(() => {
      let rows = db
        .selectFrom("bulkRow")
        .selectAll()
        .where("runId", "=", runId)
        .orderBy("line", newestFirst ? "desc" : "asc")
        .limit(limit);
      if (beyond !== undefined) rows = rows.where("line", newestFirst ? "<" : ">", beyond);
      if (states) rows = rows.where("state", "in", states);
      return rows.execute();
    }),

  /** How many rows came to what. */
  sums: (runId: string): Promise<RowSum[]> =>
    query(() =>
      db
        .selectFrom("bulkRow")
        .select((eb) => [
          "state",
          "code",
          sql<boolean>`coalesce((result ->> 'already')::boolean, false)`.as("already"),
          eb.fn.countAll<number>().as("rows"),
        ])
        .where("runId", "=", runId)
        .groupBy(["state", "code", "already"])
        .orderBy("state")
        .orderBy("code")
        .execute(),
    ),
});

const NOTHING_YET = {
  state: "started",
  subjectKind: null,
  subjectId: null,
  result: null,
  code: null,
  reason: null,
} as const;

async function count(
  tx: AuroraTransaction,
  runId: string,
  counts: { done: number; failed: number },
  at: string,
): Promise<void> {
  const run = tx.updateTable("bulkRun").set({ ...counts, changedAt: at });
  await run.where("id", "=", runId).execute();
}

async function write(
  tx: AuroraTransaction,
  runId: string,
  rows: readonly RowRecord[],
  at: string,
): Promise<void> {
  const values = rows.map(({ result, undo, ...row }) => ({
    ...row,
    runId,
    result: result && JSON.stringify(result),
    undo: undo && JSON.stringify(undo),
    changedAt: at,
  }));
  await tx
    .insertInto("bulkRow")
    .values(values)
    .onConflict((conflict) =>
      conflict.columns(["runId", "line"]).doUpdateSet((eb) => ({
        state: eb.ref("excluded.state"),
        subjectKind: eb.ref("excluded.subjectKind"),
        subjectId: eb.ref("excluded.subjectId"),
        result: eb.ref("excluded.result"),
        code: eb.ref("excluded.code"),
        reason: eb.ref("excluded.reason"),
        undo: eb.ref("excluded.undo"),
        changedAt: eb.ref("excluded.changedAt"),
      })),
    )
    .execute();
}

function goingOn(): MktError {
  return new MktError("conflict", "another process works on this run just now", {
    hint: "wait for it: mkt bulk list shows how far it is",
  });
}
