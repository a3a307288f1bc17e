import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import { type RelayDeps, relay } from "./relay.ts";

const LOOK_MS = 500;

/**
 * Brings the pages of what was just written in bulk: relays by itself, while the worker, which also runs the
 * local DynamoDB, stands back. Where DynamoDB is away the worker brings them later.
 */
export async function awaitRelay(
  {
    progress,
    stopping,
  }: { progress: (done: number, total: number) => void; stopping: AbortSignal },
  deps: RelayDeps & Pick<Deps, "notice">,
): Promise<void> {
  await deps.events.sequence();
  const goal = await deps.events.lastPosition();
  const { position: start } = await deps.events.cursor("relay");
  const show = (position: number) => progress(Math.max(0, position - start), goal - start);
  if (start >= goal) return;
  show(start);
  // Until its turn comes the worker may come on.
  const looking = setInterval(() => {
    void deps.events.cursor("relay").then(
      ({ position }) => show(position),
      () => undefined,
    );
  }, LOOK_MS);
  try {
    await deps.events.relayingAlone(
      () => relay(deps, ({ position }) => show(position), { stopping }),
      stopping,
    );
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    const why = error instanceof Error ? error.message : String(error);
    deps.notice(`all is saved; the pages will follow: ${why}`);
  } finally {
    clearInterval(looking);
  }
}
