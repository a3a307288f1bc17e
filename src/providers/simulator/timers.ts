export interface Timers {
  /** Runs something when the clock reaches a moment; at once when that has passed. */
  at(moment: Date, run: () => void): void;
  close(): void;
}

/** Timers that can all be stopped together. */
export function timers(now: () => Date): Timers {
  const pending = new Set<NodeJS.Timeout>();
  return {
    at(moment, run) {
      const waitMs = Math.max(0, moment.getTime() - now().getTime());
      const timer = setTimeout(() => {
        pending.delete(timer);
        run();
      }, waitMs);
      pending.add(timer);
    },
    close() {
      for (const timer of pending) clearTimeout(timer);
      pending.clear();
    },
  };
}
