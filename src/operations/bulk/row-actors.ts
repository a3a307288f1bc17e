import type { Deps } from "../../deps.ts";
import type { Actor } from "../../domain/actor.ts";
import { actFor, requireActingFor } from "../act-for.ts";

/** Who stands behind the rows of a run. */
export interface Runner {
  /** Who runs the command, as `--as` has it. */
  actor: Actor;
  reason: string | undefined;
}

/** So many users are remembered: a file may name a million. */
const REMEMBERED = 1_000;

/** Whoever is behind `--as`, else the actor. */
export function behind(actor: Actor): Actor {
  const { operatorId } = actor;
  // Only operators can act for others: `authenticate` has checked it.
  return operatorId === null
    ? actor
    : { userId: operatorId, roles: ["operator"], operatorId: null };
}

/** Finds who acts in a row, by its column `as`; each user is looked up, and noted in the audit log, once. */
export function rowActors(
  { actor, reason }: Runner,
  action: string,
  deps: Deps,
): (as: string | undefined) => Promise<Actor> {
  const known = new Map<string, Promise<Actor>>();
  return (as) => {
    if (as === undefined) return Promise.resolve(actor);
    const found = known.get(as);
    if (found) return found;
    const [oldest] = known.keys();
    if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest);
    const asked = actFor(behind(actor), { user: as, reason, action }, deps);
    known.set(as, asked);
    // A user who was not found now may be found when the row is tried again.
    asked.catch(() => known.delete(as));
    return asked;
  };
}

/** Refuses a file that acts for others before any row of it is done. */
export function requireRowActors({ actor, reason }: Runner, deps: Deps): void {
  requireActingFor(behind(actor), reason, deps);
}
