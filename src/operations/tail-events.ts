import type { Deps } from "../deps.ts";
import { type Actor, isStaff, requireStaff } from "../domain/actor.ts";
import type { LogEvent } from "../stores/aurora/events.ts";

export interface TailRequest {
  actor: Actor;
  /** Events after this position. */
  after: number;
  types: readonly string[];
  /** Also what was imported. */
  imported: boolean;
  limit: number;
}

/**
 * Reads the event log after a position, for staff; run the sequencer first, so that what was committed has a
 * position. Analysts see no personal data.
 */
export async function tailEvents(
  { actor, after, types, imported, limit }: TailRequest,
  { events }: Pick<Deps, "events">,
): Promise<LogEvent[]> {
  requireStaff(actor, "operator", "support", "analyst");
  await events.sequence();
  const found = await events.after(after, limit, {
    types,
    which: imported ? "all" : "live",
  });
  if (isStaff(actor, "operator", "support")) return found;
  return found.map((event) => ({ ...event, personal: null }));
}

/** The position from which the last `count` events follow. */
export async function positionBeforeLast(
  { count, types, imported }: Pick<TailRequest, "types" | "imported"> & { count: number },
  { events }: Pick<Deps, "events">,
): Promise<number> {
  await events.sequence();
  return events.positionBeforeLast(count, { types, which: imported ? "all" : "live" });
}
