import { setTimeout as pause } from "node:timers/promises";
import type { Deps, StoreName } from "../../deps.ts";
import { type Actor, requireStaff } from "../../domain/actor.ts";
import { MktError } from "../../errors.ts";
import type { UsedCapacity } from "../../stores/dynamo/capacity.ts";
import { STORES } from "../drive-stack.ts";
import { kept } from "./kept.ts";

/** How a store answered a small real request. */
export interface StoreHealth {
  store: StoreName;
  answers: boolean;
  /** How long the answer took; null: none came. */
  latencyMs: number | null;
  problem: string | null;
  /** What it holds, where it can say so cheaply. */
  bytes: number | null;
  things: { name: string; count: number; orMore: boolean }[];
}

export interface RelayHealth {
  position: number;
  lastPosition: number;
  /** Events that are not applied yet. */
  pending: number;
  /** For how long the oldest of them waits, by the marketplace's clock; null: it came with a history. */
  lagSeconds: number | null;
  /** Things whose events wait for a repair. */
  setAside: number;
}

export interface StoresHealth {
  stores: StoreHealth[];
  /** Null while Aurora cannot be asked. */
  relay: RelayHealth | null;
  /** Of this process's own calls: no engine tells of others' here. Null while DynamoDB cannot be asked. */
  capacity: UsedCapacity | null;
  /** The last whole dump of the graph; null: none was made. */
  graphDump: { position: number; vertices: number; edges: number; createdAt: string } | null;
}

type HealthDeps = Pick<
  Deps,
  | "board"
  | "events"
  | "graphSource"
  | "capacity"
  | "objects"
  | "graph"
  | "paymentProvider"
  | "shippingProvider"
  | "stack"
  | "now"
>;
type Told = Pick<StoreHealth, "bytes" | "things">;

/** A store that has not answered by then counts as away. */
const LIMIT_MS = 2_000;
const SIZE_KEPT_MS = 10_000;
const HEALTH_KEPT_MS = 1_000;
const OBJECTS_MAX = 1_000;
const NOTHING: Told = { bytes: null, things: [] };

/** How the stores, the relay and the graph stand, for staff. All are asked at once; none keeps the others waiting. */
export async function storesHealth(
  { actor }: { actor: Actor },
  deps: HealthDeps,
): Promise<StoresHealth> {
  requireStaff(actor, "operator", "support");
  const { value } = await kept(deps.board, "stores", HEALTH_KEPT_MS, async () => {
    const [stores, relay, capacity, graphDump] = await Promise.all([
      Promise.all(STORES.map((store) => healthOf(store, deps))),
      known(relayHealth(deps)),
      known(deps.capacity.used()),
      known(deps.graphSource.lastDump()),
    ]);
    return { stores, relay, capacity, graphDump: dumpOf(graphDump) };
  });
  return value;
}

async function healthOf(store: StoreName, deps: HealthDeps): Promise<StoreHealth> {
  const startMs = performance.now();
  try {
    await inTime(ping(store, deps));
    const latencyMs = performance.now() - startMs;
    const size = kept(deps.board, `size of ${store}`, SIZE_KEPT_MS, () => sizeOf(store, deps));
    const told = (await known(size))?.value ?? NOTHING;
    return { store, answers: true, latencyMs, problem: null, ...told };
  } catch (error) {
    if (!(error instanceof MktError)) throw error;
    return { store, answers: false, latencyMs: null, problem: error.message, ...NOTHING };
  }
}

/** The cheapest request that the store itself has to answer. */
async function ping(store: StoreName, deps: HealthDeps): Promise<unknown> {
  switch (store) {
    case "aurora":
      return deps.events.lastPosition();
    case "dynamo":
      return deps.capacity.ping();
    case "s3":
      return deps.objects.headObject("ping");
    case "neptune":
      return deps.graph.ask(async (g) => (await g.inject(1).next()).value);
    case "payments":
      return deps.paymentProvider.listEvents({ since: deps.now(), limit: 1 });
    case "shipping":
      return deps.shippingProvider.listEvents({ since: deps.now(), limit: 1 });
  }
}

/** What the store says itself; of the local stack, what its directory takes where the store says nothing. */
async function sizeOf(store: StoreName, deps: HealthDeps): Promise<Told> {
  const told = await toldSize(store, deps);
  if (told.bytes || !deps.stack.isHere) return told;
  const { stores } = await deps.stack.status();
  const bytes = stores.find((one) => one.store === store)?.dataBytes;
  return { ...told, bytes: bytes || told.bytes };
}

async function toldSize(store: StoreName, deps: HealthDeps): Promise<Told> {
  switch (store) {
    case "aurora": {
      const { bytes } = await deps.board.size();
      return { bytes, things: [] };
    }
    case "dynamo": {
      const table = await deps.capacity.describe();
      if (!table) return NOTHING;
      return {
        bytes: table.bytes,
        // The embedded engine counts none.
        things: table.items > 0 ? [{ name: "items", count: table.items, orMore: false }] : [],
      };
    }
    case "s3": {
      const objects = await deps.objects.listObjects("", { limit: OBJECTS_MAX });
      const orMore = objects.length === OBJECTS_MAX;
      const bytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return {
        bytes: orMore ? null : bytes,
        things: [{ name: "objects", count: objects.length, orMore }],
      };
    }
    default:
      return NOTHING;
  }
}

async function relayHealth({ events, now }: HealthDeps): Promise<RelayHealth> {
  await events.sequence();
  const [{ position }, lastPosition, setAside] = await Promise.all([
    events.cursor("relay"),
    events.lastPosition(),
    events.listSetAside(),
  ]);
  const [oldest] = await events.after(position, 1, { which: "to_apply" });
  const lagMs = oldest ? Date.parse(now()) - Date.parse(oldest.occurredAt) : 0;
  return {
    position,
    lastPosition,
    pending: oldest ? lastPosition - position : 0,
    lagSeconds: oldest?.imported ? null : Math.max(0, lagMs / 1_000),
    setAside: setAside.length,
  };
}

function dumpOf(
  dump: Awaited<ReturnType<Deps["graphSource"]["lastDump"]>> | null,
): StoresHealth["graphDump"] {
  if (!dump) return null;
  const { position, vertices, edges, createdAt } = dump;
  return { position, vertices, edges, createdAt };
}

/** What can be known in time; null: the store that knows it is away. */
async function known<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await inTime(asking);
  } catch (error) {
    if (error instanceof MktError) return null;
    throw error;
  }
}

async function inTime<T>(asking: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = pause(LIMIT_MS, undefined, { signal: ended.signal }).then(() => {
    throw new MktError("unavailable", `no answer within ${LIMIT_MS / 1_000} s`);
  });
  try {
    return await Promise.race([asking, late]);
  } finally {
    ended.abort();
    late.catch(() => undefined);
    asking.catch(() => undefined);
  }
}
