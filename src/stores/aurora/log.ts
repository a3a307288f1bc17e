import { sql } from "kysely";
import { newId } from "../../domain/ids.ts";
import type { Machine, Transition } from "../../domain/transitions.ts";
import type { AuroraTransaction } from "./client.ts";

/** Something that happened to one thing: its absolute state after it, at a revision. */
export interface NewEvent {
  type: string;
  subjectKind: string;
  subjectId: string;
  revision: number;
  actor: string;
  at: string;
  data: Record<string, unknown>;
  /** Text that people typed and what says who they are, apart so that it can be erased. */
  personal?: Record<string, unknown>;
}

/** Adds to the event log. Call it after locking the row of the thing: its ids are then in commit order. */
export async function record(tx: AuroraTransaction, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ at, data, personal, ...event }) => ({
    ...event,
    occurredAt: at,
    data: JSON.stringify(data),
    personal: personal ? JSON.stringify(personal) : null,
  }));
  await tx.insertInto("event").values(rows).execute();
}

/** Adds one row to a thing's history of states. */
export async function recordTransition(
  tx: AuroraTransaction,
  step: Pick<Transition, "machine" | "event" | "from" | "to">,
  subjectId: string,
  actor: string,
  at: string,
): Promise<void> {
  await recordTransitions(tx, step, [{ subjectId, at }], actor);
}

/** Adds the same step to the histories of several things. */
export async function recordTransitions(
  tx: AuroraTransaction,
  step: Pick<Transition, "machine" | "event" | "from" | "to">,
  taken: readonly { subjectId: string; at: string }[],
  actor: string,
): Promise<void> {
  const rows = taken.map(({ subjectId, at }) => ({
    id: newId(),
    machine: step.machine satisfies Machine,
    subjectId,
    event: step.event,
    fromState: step.from,
    toState: step.to,
    actor,
    at,
  }));
  await tx.insertInto("transition").values(rows).execute();
}

export interface AuditEntry {
  actorId: string | null;
  onBehalfOf?: string | null;
  action: string;
  subjectKind?: string;
  subjectId?: string;
  detail?: Record<string, unknown>;
  at: string;
}

/** Adds one row to the audit log. */
export async function recordAudit(tx: AuroraTransaction, entry: AuditEntry): Promise<void> {
  const row = {
    id: newId(),
    actorId: entry.actorId,
    onBehalfOf: entry.onBehalfOf ?? null,
    action: entry.action,
    subjectKind: entry.subjectKind ?? null,
    subjectId: entry.subjectId ?? null,
    detail: JSON.stringify(entry.detail ?? {}),
    at: entry.at,
  };
  await tx.insertInto("audit").values(row).execute();
}

/** The last position that was ever given: some of the last events may have been taken away with a seeded world. */
export const LAST_POSITION =
  "greatest((select coalesce(max(position), 0) from event), (select coalesce(max(last_position), 0) from event_gap))";

/** The sequencer's statements: nobody else gives positions from the first until the transaction ends. */
export const SEQUENCE = {
  lock: "select pg_advisory_xact_lock(726115002)",
  place: `update event set position = placed.position
    from (
      select id, ${LAST_POSITION} + row_number() over (order by id) as position
      from event where position is null
    ) as placed
    where event.id = placed.id`,
} as const;

/** Gives every committed event without a position the next one; nobody else does until the transaction ends. */
export async function sequenceAlone(tx: AuroraTransaction): Promise<number> {
  await sql.raw(SEQUENCE.lock).execute(tx);
  const { numAffectedRows } = await sql.raw(SEQUENCE.place).execute(tx);
  return Number(numAffectedRows ?? 0);
}
