export interface Timers {
  /** Runs something when the clock reaches a moment; soon when that has passed. */
  at(moment: Date, run: () => void): void;
  close(): void;
}

/** A simulator's time: real time, and by how much it was put forward. */
export interface Clock extends Timers {
  /** While a timer runs this is the moment for which it was set, however late it runs. Never goes back. */
  now(): Date;
  offsetMs(): number;
  /** Puts the clock forward to this offset and runs everything that becomes due, in the order of time. */
  advance(offsetMs: number): void;
}

/** Node's timers take no longer time, and run at once when given one. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

interface Entry {
  dueMs: number;
  run: () => void;
}

/** A clock with timers that can all be stopped together. */
export function startClock(realNow: () => Date, initialOffsetMs: number): Clock {
  let offsetMs = initialOffsetMs;
  let toldMs = Number.NEGATIVE_INFINITY;
  let runningMs: number | undefined;
  let wakeUp: NodeJS.Timeout | undefined;
  let closed = false;
  /** The next one stands last; among equals the one that was set first. */
  const queue: Entry[] = [];

  const currentMs = () => realNow().getTime() + offsetMs;

  function arm(): void {
    clearTimeout(wakeUp);
    const next = queue.at(-1);
    if (!next || closed) return;
    const waitMs = Math.min(Math.max(0, next.dueMs - currentMs()), LONGEST_WAIT_MS);
    wakeUp = setTimeout(() => runDue(currentMs()), waitMs);
  }

  function runDue(untilMs: number): void {
    for (let next = queue.at(-1); next && next.dueMs <= untilMs; next = queue.at(-1)) {
      queue.pop();
      runningMs = next.dueMs;
      try {
        next.run();
      } finally {
        runningMs = undefined;
      }
    }
    arm();
  }

  return {
    now() {
      toldMs = Math.max(toldMs, runningMs ?? currentMs());
      return new Date(toldMs);
    },
    offsetMs: () => offsetMs,
    advance(newOffsetMs) {
      offsetMs = newOffsetMs;
      runDue(currentMs());
    },
    at(moment, run) {
      const dueMs = moment.getTime();
      queue.splice(placeOf(queue, dueMs), 0, { dueMs, run });
      if (runningMs === undefined) arm();
    },
    close() {
      closed = true;
      clearTimeout(wakeUp);
      queue.length = 0;
    },
  };
}

/** The place of the first entry that is not due later. */
function placeOf(queue: readonly Entry[], dueMs: number): number {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((queue[middle]?.dueMs ?? 0) > dueMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
