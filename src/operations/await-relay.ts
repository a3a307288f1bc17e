import { setTimeout as pause } from "node:timers/promises";
import { type RelayDeps, relay } from "./relay.ts";

const WORKER_PATIENCE_MS = 1_500;

/** Waits until the worker has brought the pages; where none is at work, relays itself. */
export async function awaitRelay(
  {
    progress,
    stopping,
  }: { progress: (done: number, total: number) => void; stopping: AbortSignal },
  deps: RelayDeps,
): Promise<void> {
  await deps.events.sequence();
  const goal = await deps.events.lastPosition();
  const { position: start } = await deps.events.cursor("relay");
  let position = start;
  let movedAt = performance.now();
  while (position < goal && !stopping.aborted) {
    const now = (await deps.events.cursor("relay")).position;
    if (now > position) movedAt = performance.now();
    position = now;
    progress(Math.max(0, position - start), goal - start);
    if (performance.now() - movedAt > WORKER_PATIENCE_MS) await relay(deps, () => undefined);
    else if (position < goal) await pause(100);
  }
}
