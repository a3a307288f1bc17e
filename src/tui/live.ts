import { setTimeout as pause } from "node:timers/promises";
import { MktError } from "../errors.ts";
import type { Reach } from "./screen.ts";

/** What the log told since the last time. */
export interface LogNews {
  /** Ids of all things that events speak of. */
  subjects: ReadonlySet<string>;
  position: number;
}

export interface LogFollower {
  onNews: (news: LogNews) => void;
  /** Told once when the log cannot be read any more, and once when it can again. */
  onLost: (reason: string) => void;
  onFound: () => void;
}

const POLL_MS = 200;
const LOST_POLL_MS = 1_000;
const BATCH = 500;

/**
 * Follows the event log from now on, until the signal aborts. A log that cannot be read is asked again every second,
 * from where it was: nothing is passed over.
 */
export async function followLog(
  { deps: { events } }: Reach,
  { onNews, onLost, onFound }: LogFollower,
  stop: AbortSignal,
): Promise<void> {
  let position: number | undefined;
  let isLost = false;
  while (!stop.aborted) {
    let more = false;
    try {
      await events.sequence();
      position ??= await events.lastPosition();
      const found = await events.after(position, BATCH);
      if (isLost) onFound();
      isLost = false;
      more = found.length === BATCH;
      const last = found.at(-1)?.position;
      if (last) {
        position = last;
        onNews({ position, subjects: new Set(found.flatMap(subjectsOf)) });
      }
    } catch (error) {
      // Who leaves closes the stores under what is under way.
      if (stop.aborted) return;
      if (!(error instanceof MktError)) throw error;
      if (!isLost) onLost(error.message);
      isLost = true;
    }
    if (more) continue;
    const wait = isLost ? LOST_POLL_MS : POLL_MS;
    await pause(wait, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** The thing itself, and whatever its data names by an id. */
function subjectsOf({
  subjectId,
  data,
}: {
  subjectId: string;
  data: Record<string, unknown>;
}): string[] {
  const named = Object.values(data).filter((value) => typeof value === "string");
  return [subjectId, ...named];
}
