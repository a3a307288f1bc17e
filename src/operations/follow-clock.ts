import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";

type FollowDeps = Pick<Deps, "marketClock" | "simulators">;

const READ_EVERY_MS = 200;

export type ClockFollower = ReturnType<typeof clockFollower>;

/**
 * Keeps a process that runs on at the marketplace's time, and takes the simulators along: they may have been
 * away while a command moved the clock.
 */
export function clockFollower(
  { marketClock, simulators }: FollowDeps,
  readEveryMs = READ_EVERY_MS,
) {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let moving = false;
  /** They never stand before real time. */
  let toldMs = 0;
  let problem: unknown;

  async function read(): Promise<void> {
    ({ moving } = await marketClock.refresh());
    readAt = performance.now();
    const offsetMs = marketClock.offsetMs();
    // Whoever moves it takes the simulators along, and must be the first to hear what happens there.
    if (moving || offsetMs === toldMs) return;
    try {
      await setSimulators(offsetMs, simulators);
      toldMs = offsetMs;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
  }

  return {
    /** Reads how far the clock was moved, unless that was done so short a time ago, in milliseconds. */
    follow: (agoMs = readEveryMs): Promise<void> => {
      if (performance.now() - readAt < agoMs) return Promise.resolve();
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },

    /** Whether timers may act: not while a command moves the clock, which runs them itself. */
    mayAct: (): boolean => !moving,

    /** Throws what keeps the simulators behind: a timer must not ask them about a time they know nothing of. */
    requireSimulators: (): void => {
      if (problem !== undefined) throw problem;
    },
  };
}

/**
 * Puts the simulators' clocks forward, and gives the events by it that they tell. Nothing happens when they
 * are that far already. Throws `unavailable` when one is away.
 */
export async function setSimulators(
  offsetMs: number,
  simulators: Deps["simulators"],
): Promise<Record<"payments" | "shipping", string[]>> {
  try {
    const { payments, shipping } = await simulators.setClock(offsetMs);
    return { payments: toldIds(payments), shipping: toldIds(shipping) };
  } catch (error) {
    if (hasCode(error, "illegal_transition")) return { payments: [], shipping: [] };
    throw error;
  }
}

function toldIds({ eventIds, lostEventIds }: { eventIds: string[]; lostEventIds: string[] }) {
  const lost = new Set(lostEventIds);
  return eventIds.filter((id) => !lost.has(id));
}
