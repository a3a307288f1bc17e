import type { Deps } from "../deps.ts";

type KeepDeps = Pick<Deps, "rollups" | "events" | "profile" | "now">;

/** It rests so many times as long as it worked: under a flood of events a tenth of the time goes to it at most. */
const REST_FACTOR = 10;
/** So much comes only of a history that is being written: its sums are made once, when it is there. */
const FLOOD_PER_S = 2_000;

/**
 * What the worker does again and again for the sums that reports read: they follow the event log. Reports are right
 * meanwhile, since they look at what is later themselves. Gives how many days were computed anew.
 */
export function rollupKeeper(deps: KeepDeps): () => Promise<number> {
  const isFlood = floodWatch();
  let restsUntilMs = 0;
  return async () => {
    const beganMs = performance.now();
    if (beganMs < restsUntilMs) return 0;
    if (isFlood(await deps.events.lastPosition(), beganMs)) return 0;
    const days = await keepRollups(deps);
    const endedMs = performance.now();
    restsUntilMs = endedMs + REST_FACTOR * (endedMs - beganMs);
    return days;
  };
}

/** Whether the log grew faster since the last look than by what people do. */
function floodWatch(): (position: number, atMs: number) => boolean {
  let last: { position: number; atMs: number } | undefined;
  return (position, atMs) => {
    const before = last;
    last = { position, atMs };
    if (!before) return false;
    return position - before.position > (FLOOD_PER_S * (atMs - before.atMs)) / 1_000;
  };
}

/** Lets the sums follow the log up to its last position, unless somebody else is at it. */
export async function keepRollups({ rollups, events, profile, now }: KeepDeps): Promise<number> {
  const { timeZone } = profile;
  await events.sequence();
  const state = await rollups.state();
  if (state.position === state.lastPosition && state.timeZone === timeZone) return 0;
  return (await rollups.catchUp(timeZone, now()))?.days ?? 0;
}
