import { sql } from "kysely";
import { MktError } from "../../errors.ts";
import { type Aurora, query, transact } from "./client.ts";
import { recordAudit } from "./log.ts";

export type ClockStore = ReturnType<typeof clockStore>;

const CLOCK_LOCK = 726_115_003;
/** The marketplace's time stays within years of four digits. */
const LONGEST_OFFSET_MS = 100 * 366 * 86_400_000;

/** How far the marketplace's time runs ahead of real time, in milliseconds. */
export const clockStore = (db: Aurora) => ({
  /** The offset, and whether a command is moving it just now. */
  read: (): Promise<{ offsetMs: number; moving: boolean }> =>
    query(async () => {
      const { rows } = await sql<{ offsetMs: number; moving: boolean }>`
        select coalesce((select offset_ms from clock), 0) as "offsetMs",
          exists (
            select from pg_locks
            where locktype = 'advisory' and objid = ${CLOCK_LOCK} and granted
              and database = (select oid from pg_database where datname = current_database())
          ) as moving`.execute(db);
      return rows[0] ?? { offsetMs: 0, moving: false };
    }),

  /** Does something while nobody else moves the clock; waits for whoever does. */
  alone: <T>(work: () => Promise<T>): Promise<T> =>
    query(() =>
      db.connection().execute(async (connection) => {
        await sql`select pg_advisory_lock(${CLOCK_LOCK})`.execute(connection);
        try {
          return await work();
        } finally {
          await sql`select pg_advisory_unlock(${CLOCK_LOCK})`.execute(connection);
        }
      }),
    ),

  /** Leaves an audit row that somebody moves the clock by so much. Throws `invalid` when that is too far. */
  announce: (byMs: number, actorId: string, at: string): Promise<void> =>
    transact(db, async (tx) => {
      const before = await tx.selectFrom("clock").select("offsetMs").executeTakeFirst();
      const fromOffsetMs = before?.offsetMs ?? 0;
      if (fromOffsetMs + byMs > LONGEST_OFFSET_MS) {
        throw new MktError("invalid", "the marketplace's clock runs at most 100 years ahead", {
          hint: "mkt clock show",
        });
      }
      const detail = { fromOffsetMs, byMs };
      await recordAudit(tx, { actorId, action: "clock.advance", detail, at });
    }),

  /** Puts the clock forward, whoever else does so too; gives the new offset. */
  advance: (byMs: number, realAt: string): Promise<number> =>
    transact(db, async (tx) => {
      const { offsetMs } = await tx
        .insertInto("clock")
        .values({ offsetMs: byMs, changedAt: realAt })
        .onConflict((conflict) =>
          conflict.column("onlyOne").doUpdateSet((eb) => ({
            offsetMs: eb("clock.offsetMs", "+", byMs),
            changedAt: realAt,
          })),
        )
        .returning("offsetMs")
        .executeTakeFirstOrThrow();
      return offsetMs;
    }),
});
