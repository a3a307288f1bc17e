import type { Deps } from "../deps.ts";

type KeepDeps = Pick<Deps, "rollups" | "events" | "profile" | "now">;

/** It rests so many times as long as it worked: under a flood of events a tenth of the time goes to it at most. */
const REST_FACTOR = 10;

/**
 * What the worker does again and again for the sums that reports read: they follow the event log. Reports are right
 * meanwhile, since they look at what is later themselves. Gives how many days were computed anew.
 */
export function rollupKeeper(deps: KeepDeps): () => Promise<number> {
  let restsUntilMs = 0;
  return async () => {
    const beganMs = performance.now();
    if (beganMs < restsUntilMs) return 0;
    const days = await keepRollups(deps);
    const endedMs = performance.now();
    restsUntilMs = endedMs + REST_FACTOR * (endedMs - beganMs);
    return days;
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
