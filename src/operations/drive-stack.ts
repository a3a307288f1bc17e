import type { Deps, StoreName } from "../deps.ts";
import { MktError } from "../errors.ts";
import type { SetAside } from "../stores/aurora/events.ts";
import { ensureOperator, prepareStack } from "./prepare-stack.ts";

/** What can be started and stopped for itself. */
export const STORES: readonly StoreName[] = [
  "aurora",
  "dynamo",
  "s3",
  "neptune",
  "payments",
  "shipping",
];

type StackDeps = Pick<
  Deps,
  | "stack"
  | "schema"
  | "users"
  | "sessions"
  | "sessionFile"
  | "events"
  | "notice"
  | "now"
  | "realNow"
>;

export interface MarketplaceStatus {
  supervisor: { pid: number; since: string } | null;
  stores: {
    store: string;
    state: string;
    pid: number | null;
    since: string | null;
    reason: string | null;
    dataBytes: number;
  }[];
  /** Null while Aurora cannot be asked. */
  relay: { position: number; lastPosition: number; pending: number; setAside: SetAside[] } | null;
}

/** Starts the local stack, or one store that was down; resolves when it is healthy and ready for use. */
export async function up(
  { store, timeoutMs }: { store: StoreName | undefined; timeoutMs: number },
  deps: StackDeps,
): Promise<MarketplaceStatus> {
  requireLocal(deps);
  await deps.stack.up(store, { timeoutMs, notice: deps.notice });
  if (!store) {
    await prepareStack(null, deps);
    const session = await ensureOperator(deps);
    if (session) deps.notice(`logged in as ${session.email}`);
  }
  return stackStatus(deps);
}

/** Takes down one store until it is taken up again, or everything until the next command. */
export async function down(
  { store, timeoutMs }: { store: StoreName | undefined; timeoutMs: number },
  deps: StackDeps,
): Promise<void> {
  requireLocal(deps);
  const options = { timeoutMs, notice: deps.notice };
  await (store ? deps.stack.downStore(store, options) : deps.stack.down(options));
}

/** Deletes the local marketplace: everything but configuration. */
export async function reset({ timeoutMs }: { timeoutMs: number }, deps: StackDeps): Promise<void> {
  requireLocal(deps);
  await deps.stack.reset({ timeoutMs, notice: deps.notice });
  await deps.sessionFile.clear();
}

/** How the stores and the relay stand; starts nothing. */
export async function stackStatus(deps: StackDeps): Promise<MarketplaceStatus> {
  const status = deps.stack.isHere ? await deps.stack.status() : { supervisor: null, stores: [] };
  const aurora = status.stores.find(({ store }) => store === "aurora");
  const answers = !deps.stack.isHere || (status.supervisor !== null && aurora?.state === "up");
  return { ...status, relay: answers ? await relayStatus(deps) : null };
}

/** The last lines of the local stack's logs, or of one store's; oldest first in each. */
export function stackLogs(
  wanted: { store: StoreName | undefined; lines: number },
  deps: Pick<Deps, "stack">,
): Promise<{ source: string; text: string }[]> {
  requireLocal(deps);
  return deps.stack.logs(wanted);
}

/** The lines that are written from now on, until the signal aborts. */
export function followStackLogs(
  wanted: { store: StoreName | undefined; signal: AbortSignal },
  deps: Pick<Deps, "stack">,
): AsyncIterable<{ source: string; text: string }> {
  requireLocal(deps);
  return deps.stack.followLogs(wanted);
}

async function relayStatus({ events }: StackDeps): Promise<MarketplaceStatus["relay"]> {
  try {
    await events.sequence();
    const [{ position }, lastPosition, setAside] = await Promise.all([
      events.cursor("relay"),
      events.lastPosition(),
      events.listSetAside(),
    ]);
    return { position, lastPosition, pending: lastPosition - position, setAside };
  } catch (error) {
    if (error instanceof MktError) return null;
    throw error;
  }
}

function requireLocal({ stack }: Pick<Deps, "stack">): void {
  if (stack.isHere) return;
  throw new MktError(
    "usage",
    "this profile's stores run elsewhere: mkt cannot start or stop them",
    {
      hint: "use --profile local for the embedded stack",
    },
  );
}
