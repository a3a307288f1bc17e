import { setTimeout as pause } from "node:timers/promises";
import { hasCode } from "../../errors.ts";

const TRIES = 6;
const FIRST_PAUSE_MS = 100;

/** Does something again while a store or provider is away, for some seconds at most. */
export async function patiently<T>(
  work: (attempt: number) => Promise<T>,
  stopping: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!hasCode(error, "unavailable") || attempt >= TRIES || stopping.aborted) throw error;
      const wait = pause(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal: stopping });
      await wait.catch(() => undefined);
    }
  }
}
