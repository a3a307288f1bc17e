import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import { type RelayDeps, relay } from "./relay.ts";

const LOOK_MS = 500;

type AwaitDeps = RelayDeps & Pick<Deps, "notice">;

interface Awaited {
  progress: (done: number, total: number) => void;
  stopping: AbortSignal;
}

/**
 * Writes much, then brings its pages: relays by itself, while the worker, which also runs the local DynamoDB,
 * stands back from the first row on. Where DynamoDB is away the worker brings them later. Undefined: it was
 * stopped before its turn came.
 */
export function writeAndRelay<T>(
  write: () => Promise<T>,
  request: Awaited,
  deps: AwaitDeps,
): Promise<T | undefined> {
  return deps.events.relayingAlone(async () => {
    const written = await write();
    await relayAll(request, deps);
    return written;
  }, request.stopping);
}

/** The same for what is written already. */
export async function awaitRelay(request: Awaited, deps: AwaitDeps): Promise<void> {
  await deps.events.relayingAlone(() => relayAll(request, deps), request.stopping);
}

async function relayAll({ progress, stopping }: Awaited, deps: AwaitDeps): Promise<void> {
  await deps.events.sequence();
  const goal = await deps.events.lastPosition();
  const { position: start } = await deps.events.cursor("relay");
  const show = (position: number) => progress(Math.max(0, position - start), goal - start);
  if (start >= goal || stopping.aborted) return;
  show(start);
  // A batch may take a while.
  const looking = setInterval(() => {
    void deps.events.cursor("relay").then(
      ({ position }) => show(position),
      () => undefined,
    );
  }, LOOK_MS);
  try {
    await relay(deps, ({ position }) => show(position), { stopping });
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    const why = error instanceof Error ? error.message : String(error);
    deps.notice(`all is saved; the pages will follow: ${why}`);
  } finally {
    clearInterval(looking);
  }
}
