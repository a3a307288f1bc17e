import type { Deps } from "../deps.ts";
import type { RunningTimer, Timer } from "../domain/timers.ts";

const BATCH = 100;

/**
 * Lets a timer act on everything for which it is due; `act` says whether it did. What cannot be acted on
 * now holds up no other: its error, the first of them, is thrown after they had their turn.
 */
export async function runTimer(
  timer: Timer,
  { orderTimers, now }: Pick<Deps, "orderTimers" | "now">,
  act: (due: RunningTimer, at: string) => Promise<boolean>,
): Promise<RunningTimer[]> {
  // One moment for all: a clock that is moved meanwhile must not make more of them due half-way.
  const at = now();
  const acted: RunningTimer[] = [];
  let skipped = 0;
  let problem: unknown;
  let due: RunningTimer[];
  do {
    due = await orderTimers.due(timer, at, BATCH, skipped);
    for (const one of due) {
      try {
        if (await act(one, at)) acted.push(one);
        else skipped += 1;
      } catch (error) {
        problem ??= error;
        skipped += 1;
      }
    }
  } while (due.length === BATCH);
  if (problem) throw problem;
  return acted;
}
