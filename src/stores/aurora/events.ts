import { setTimeout as pause } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { type Aurora, query, transact } from "./client.ts";
import { LAST_POSITION, sequenceAlone } from "./log.ts";

/** One event as the log keeps it. `position` is null until the sequencer has seen it. */
export interface LogEvent {
  id: number;
  position: number | null;
  type: string;
  subjectKind: string;
  subjectId: string;
  revision: number;
  actor: string;
  occurredAt: string;
  data: Record<string, unknown>;
  personal: Record<string, unknown> | null;
  /** It happened elsewhere, or before. */
  imported: boolean;
}

/**
 * Which events a follower wants: those that happened here; those that the relay has something to do for,
 * imported publications and categories among them; or all.
 */
export type Followed = "live" | "to_apply" | "all";

/** A thing whose event could not be applied, and since when its events wait. */
export interface SetAside {
  subjectId: string;
  eventId: number;
  type: string;
  error: string;
  attempts: number;
  since: string;
}

export interface CopiedEvent {
  sourceKey: string;
  type: string;
  subjectKind: string;
  subjectId: string;
  revision: number;
  actor: string;
  occurredAt: string;
  data: Record<string, unknown>;
  personal: Record<string, unknown> | null;
}

export type EventStore = ReturnType<typeof eventStore>;

const columns = [
  "event.id",
  "event.position",
  "event.type",
  "event.subjectKind",
  "event.subjectId",
  "event.revision",
  "event.actor",
  "event.occurredAt",
  "event.data",
  "event.personal",
  "event.imported",
] as const;

const RELAY_LOCK = 726_115_003;
const TURN_MS = 50;

/** Written as the index `event_to_apply` has it. */
const wanted: Readonly<Record<Followed, RawBuilder<boolean>>> = {
  live: sql`not imported`,
  to_apply: sql`(not imported or subject_kind in ('publication', 'category'))`,
  all: sql`true`,
};

/** The event log, its sequencer, and how far its followers have come. */
export const eventStore = (db: Aurora) => ({
  /**
   * The sequencer: gives every committed event that has none the next dense position, in id order. One at
   * a time does it; whoever finds it being done waits its turn. Gives how many it placed.
   */
  sequence: (): Promise<number> =>
    transact(db, async (tx) => {
      const waiting = await tx
        .selectFrom("event")
        .select("id")
        .where("position", "is", null)
        .limit(1)
        .executeTakeFirst();
      if (!waiting) return 0;
      return sequenceAlone(tx);
    }),

  /** Events after a position, in order. */
  after: (
    position: number,
    limit: number,
    { types = [], which = "all" }: { types?: readonly string[]; which?: Followed } = {},
  ): Promise<LogEvent[]> =>
    query(() => {
      const rows = db
        .selectFrom("event")
        .select(columns)
        .where("position", ">", position)
        .where(wanted[which])
        .orderBy("position")
        .limit(limit);
      return (types.length > 0 ? rows.where("type", "in", types) : rows).execute();
    }),

  /** The position after which the last so many events follow. */
  positionBeforeLast: (
    count: number,
    { types, which }: { types: readonly string[]; which: Followed },
  ): Promise<number> =>
    query(async () => {
      if (count === 0) return lastPosition(db);
      const rows = db
        .selectFrom("event")
        .select("position")
        .where("position", "is not", null)
        .where(wanted[which])
        .orderBy("position", "desc")
        .limit(count);
      const last = await (types.length > 0 ? rows.where("type", "in", types) : rows).execute();
      const first = last.at(-1)?.position;
      return first ? first - 1 : 0;
    }),

  /** The events of one thing after one of them, oldest first. */
  ofSubject: (subjectId: string, afterId = 0, limit = 1000): Promise<LogEvent[]> =>
    query(() =>
      db
        .selectFrom("event")
        .select(columns)
        .where("subjectId", "=", subjectId)
        .where("id", ">", afterId)
        .orderBy("id")
        .limit(limit)
        .execute(),
    ),

  /** The last position given; 0 when there is none. */
  lastPosition: (): Promise<number> => query(() => lastPosition(db)),

  /** The position after which the events from a time on follow. */
  positionBefore: (at: string): Promise<number> =>
    query(async () => {
      const row = await db
        .selectFrom("event")
        .select((eb) => eb.fn.min("position").as("first"))
        .where("occurredAt", ">=", at)
        .executeTakeFirst();
      return row?.first ? row.first - 1 : await lastPosition(db);
    }),

  cursor: (name: string): Promise<{ position: number; note: Record<string, unknown> }> =>
    query(async () => {
      const row = await db
        .selectFrom("cursor")
        .select(["position", "note"])
        .where("name", "=", name)
        .executeTakeFirst();
      return row ?? { position: 0, note: {} };
    }),

  /** Moves a follower on; never back. */
  advance: (
    name: string,
    position: number,
    at: string,
    note: Record<string, unknown> = {},
  ): Promise<void> =>
    query(async () => {
      const text = JSON.stringify(note);
      await db
        .insertInto("cursor")
        .values({ name, position, note: text, changedAt: at })
        .onConflict((conflict) =>
          conflict
            .column("name")
            .doUpdateSet({ position, note: text, changedAt: at })
            .where("cursor.position", "<=", position),
        )
        .execute();
    }),

  /**
   * Relays while nobody else of those who ask so does; undefined, and nothing done, when somebody does. With
   * `until` it waits for its turn, until that is aborted.
   */
  relayingAlone: <T>(work: () => Promise<T>, until?: AbortSignal): Promise<T | undefined> =>
    query(() =>
      db.connection().execute(async (connection) => {
        const isMine = async () => {
          const { rows } = await sql<{ mine: boolean }>`
            select pg_try_advisory_lock(${RELAY_LOCK}) as mine`.execute(connection);
          return rows[0]?.mine === true;
        };
        while (!(await isMine())) {
          if (!until || until.aborted) return undefined;
          await pause(TURN_MS);
        }
        try {
          return await work();
        } finally {
          await sql`select pg_advisory_unlock(${RELAY_LOCK})`.execute(connection);
        }
      }),
    ),

  /** Copies facts of another store into the log, each once. */
  copy: (events: readonly CopiedEvent[]): Promise<void> =>
    query(async () => {
      if (events.length === 0) return;
      const rows = events.map(({ data, personal, ...event }) => ({
        ...event,
        data: JSON.stringify(data),
        personal: personal && JSON.stringify(personal),
      }));
      await db
        .insertInto("event")
        .values(rows)
        .onConflict((conflict) => conflict.column("sourceKey").doNothing())
        .execute();
    }),

  setAside: (subjectId: string, eventId: number, error: string, at: string): Promise<void> =>
    query(async () => {
      await db
        .insertInto("setAside")
        .values({ subjectId, eventId, error, since: at })
        .onConflict((conflict) =>
          conflict
            .column("subjectId")
            .doUpdateSet((eb) => ({ eventId, error, attempts: eb("setAside.attempts", "+", 1) })),
        )
        .execute();
    }),

  listSetAside: (limit = 1000): Promise<SetAside[]> =>
    query(() =>
      db
        .selectFrom("setAside")
        .innerJoin("event", "event.id", "setAside.eventId")
        .select(["setAside.subjectId", "eventId", "event.type", "error", "attempts", "since"])
        .orderBy("eventId")
        .limit(limit)
        .execute(),
    ),

  /** Things set aside among these: their events wait. */
  waiting: (subjectIds: readonly string[]): Promise<Set<string>> =>
    query(async () => {
      if (subjectIds.length === 0) return new Set<string>();
      const rows = await db
        .selectFrom("setAside")
        .select("subjectId")
        .where("subjectId", "in", subjectIds)
        .execute();
      return new Set(rows.map(({ subjectId }) => subjectId));
    }),

  /** Takes a thing off the list; its events are applied again. */
  takeBack: (subjectId: string): Promise<void> =>
    query(async () => {
      await db.deleteFrom("setAside").where("subjectId", "=", subjectId).execute();
    }),
});

async function lastPosition(db: Aurora): Promise<number> {
  const { rows } = await sql<{ last: number }>`select ${sql.raw(LAST_POSITION)} as last`.execute(
    db,
  );
  return rows[0]?.last ?? 0;
}
