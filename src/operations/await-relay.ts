import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import { type RelayDeps, relay } from "./relay.ts";

const LOOK_MS = 500;
const WRITING_LOOK_MS = 50;
/** Fewer are worth no pass while more are written: their words would be counted once more. */
const MANY = 500;

type AwaitDeps = RelayDeps & Pick<Deps, "notice">;

interface Awaited {
  progress: (done: number, total: number) => void;
  stopping: AbortSignal;
}

/**
 * Writes much and brings its pages meanwhile: relays by itself, while the worker, which also runs the local
 * DynamoDB, stands back from the first row on. Where DynamoDB is away the worker brings them later. Undefined: it
 * was stopped before its turn came.
 */
export function writeAndRelay<T>(
  write: () => Promise<T>,
  request: Awaited,
  deps: AwaitDeps,
): Promise<T | undefined> {
  return deps.events.relayingAlone(async () => {
    const ended = new AbortController();
    const relaying = relayUntil(AbortSignal.any([ended.signal, request.stopping]), deps);
    const written = await write().finally(() => {
      ended.abort();
      return relaying;
    });
    await relayAll(request, deps);
    return written;
  }, request.stopping);
}

/** The same for what is written already. */
export async function awaitRelay(request: Awaited, deps: AwaitDeps): Promise<void> {
  await deps.events.relayingAlone(() => relayAll(request, deps), request.stopping);
}

/** Relays whenever much has come. What goes wrong is left to whoever relays the rest. */
async function relayUntil(stopping: AbortSignal, deps: AwaitDeps): Promise<void> {
  try {
    while (!stopping.aborted) {
      await deps.events.sequence();
      const { position } = await deps.events.cursor("relay");
      const pending = (await deps.events.lastPosition()) - position;
      if (pending >= MANY) await relay(deps, undefined, { stopping });
      else await pause(WRITING_LOOK_MS);
    }
  } catch {
    // It comes again there.
  }
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
