import type { Deps } from "../deps.ts";
import { type Actor, requireStaff, STAFF_ROLES } from "../domain/actor.ts";
import type { RollupCheck } from "../stores/aurora/rollups.ts";

export type { DayDifference, DaySums } from "../stores/aurora/rollups.ts";

export interface VerifyRequest {
  actor: Actor;
  /** Makes the sums anew before they are compared. */
  rebuild: boolean;
  /** At most so many differences are given. */
  limit: number;
}

export interface Verified extends RollupCheck {
  /** The zone of the days. */
  timeZone: string;
  rebuilt: boolean;
}

/**
 * Lets the sums that reports read follow the log, and compares all of them with the orders, as both are at one
 * moment; days of orders that are changed meanwhile are left out, as reports leave them out. For staff; making them
 * anew is for operators.
 */
export async function verifyRollups(
  { actor, rebuild, limit }: VerifyRequest,
  { rollups, events, profile, now }: Pick<Deps, "rollups" | "events" | "profile" | "now">,
): Promise<Verified> {
  requireStaff(actor, ...(rebuild ? (["operator"] as const) : STAFF_ROLES));
  const { timeZone } = profile;
  await events.sequence();
  if (rebuild) await rollups.rebuild(timeZone, now());
  else await rollups.catchUp(timeZone, now(), { waits: true });
  return { ...(await rollups.compare(limit)), timeZone, rebuilt: rebuild };
}
