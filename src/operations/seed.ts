import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import pMap from "p-map";
import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { pastCategory, pastUser } from "../domain/past/past-things.ts";
import { noRows } from "../domain/past/rows.ts";
import { isoOf } from "../domain/seed/calendar.ts";
import { type GroupHistory, tellGroup } from "../domain/seed/group.ts";
import type { SeedParameters } from "../domain/seed/parameters.ts";
import type { PlantedTruth } from "../domain/seed/plants.ts";
import type { SeedGroup } from "../domain/seed/shares.ts";
import { type World, worldOf } from "../domain/seed/world.ts";
import { MktError } from "../errors.ts";
import type { HistoryWriter } from "../stores/aurora/history.ts";
import { awaitRelay } from "./await-relay.ts";
import { eventsOf } from "./copy-questions.ts";
import { foldName } from "./manage-categories.ts";
import type { RelayDeps } from "./relay.ts";

export interface SeedRequest {
  actor: Actor;
  parameters: SeedParameters;
  /** Rows of Aurora only: pages follow by the relay, nothing is asked. */
  direct: boolean;
  dryRun: boolean;
  signal: AbortSignal;
  /** `phase` is what is being done. */
  progress: (done: number, total: number, phase: string) => void;
}

export interface Seeded {
  run: string;
  /** `there`: all of it was there already; `planned`: nothing was changed. */
  outcome: "made" | "there" | "planned";
  users: number;
  categories: number;
  publications: number;
  orders: number;
  questions: number;
  /** What was written this time, of so many groups of publications with their orders. */
  groups: { all: number; written: number };
  planted: PlantedTruth[];
}

type SeedDeps = RelayDeps & Pick<Deps, "history" | "seedRuns" | "profile" | "notice">;

const USERS_AT_ONCE = 2_000;
const QUESTIONS_AT_ONCE = 16;

/**
 * Makes a world that follows from its parameters alone. Users and categories come first, then one group of
 * publications after the other with all their orders, each in one transaction: whatever is there already is
 * passed over, so that the same again goes on where it was stopped, or changes nothing. Waits for the pages
 * unless `direct`. For operators; refused with `not_allowed` where real money moves. Throws `interrupted` when
 * it is stopped.
 */
export async function seed(request: SeedRequest, deps: SeedDeps): Promise<Seeded> {
  const { actor, parameters, dryRun, direct, signal } = request;
  requireStaff(actor, "operator");
  if (deps.profile.live)
    throw new MktError(
      "not_allowed",
      `profile ${deps.profile.name} is live: no world is seeded there`,
    );
  const world = worldOf(parameters);
  const seeded = planOf(world);
  if (dryRun) return seeded;

  keepHeapSmall();
  const open = () => deps.history.open({ durable: false, trusted: direct });
  const writer = await open();
  const writers = direct ? [writer, await open()] : [writer];
  try {
    const write = () =>
      writer.alone(world.source, async () => {
        await begin(world, request, deps);
        const categories = await writeCategories(world, writer, deps);
        await writeUsers(world, writer, request);
        await writeGroups(world, categories, writers, request, seeded, deps);
        await deps.seedRuns.finish(world.run, deps.now());
      });
    // Pages made one by one meanwhile would cost several times of what all at once do.
    if (!direct) await write();
    else await deps.events.relayingAlone(write, signal);
  } finally {
    await Promise.all(writers.map((one) => one.close()));
  }
  seeded.outcome = seeded.groups.written === 0 ? "there" : "made";
  const makingPages = (done: number, total: number) =>
    request.progress(done, total, "making pages");
  if (!direct) await awaitRelay({ progress: makingPages, stopping: signal }, deps);
  if (signal.aborted) throw interrupted("before all pages were there");
  return seeded;
}

/** By default the heap grows to several times of what is used before it is cleared. */
function keepHeapSmall(): void {
  setFlagsFromString("--heap-growing-percent=50");
}

function planOf(world: World): Seeded {
  const { users, publications, orders } = world.parameters;
  return {
    run: world.run,
    outcome: "planned",
    users,
    categories: world.categories.length,
    publications,
    orders,
    questions: 0,
    groups: { all: world.groups.length, written: 0 },
    planted: [],
  };
}

async function begin(
  { run, parameters }: World,
  { actor, direct }: SeedRequest,
  { seedRuns, now }: SeedDeps,
): Promise<void> {
  const { state } = await seedRuns.begin({
    run,
    parameters: { ...parameters, direct },
    actorId: actor.userId,
    createdAt: now(),
  });
  if (state !== "leaving") return;
  throw new MktError("conflict", `run ${run} is being taken away`, { hint: `mkt unseed ${run}` });
}

/** Gives the id of each category: its own, or of one that bears the name already. */
async function writeCategories(
  world: World,
  writer: HistoryWriter,
  { categories }: SeedDeps,
): Promise<Map<string, string>> {
  const ids = new Map(world.categories.map(({ id }) => [id, id]));
  const there = await writer.known("category", [...ids.keys()]);
  const named = await categories.findByName(world.categories.map(({ name }) => foldName(name)));
  const taken = new Map(named.map(({ nameFolded, id }) => [nameFolded, id]));
  const rows = noRows();
  for (const { id, name, feeBps, createdMs } of world.categories) {
    if (there.has(id)) continue;
    const nameFolded = foldName(name);
    const other = taken.get(nameFolded);
    if (other !== undefined) ids.set(id, other);
    else
      pastCategory(
        { id, name, nameFolded, feeBps, createdAt: isoOf(createdMs), source: world.source },
        `user:${world.supportId}`,
        rows,
      );
  }
  if (rows.category.length > 0) await writer.write(rows);
  return ids;
}

async function writeUsers(
  world: World,
  writer: HistoryWriter,
  { signal, progress }: SeedRequest,
): Promise<void> {
  const { users } = world.parameters;
  for (let first = 0; first < users; first += USERS_AT_ONCE) {
    if (signal.aborted) throw interrupted(`after ${first} of ${users} users`);
    const end = Math.min(users, first + USERS_AT_ONCE);
    const there = await writer.known("user", [world.userId(first)]);
    if (there.size > 0) continue;
    const rows = noRows();
    for (let index = first; index < end; index++) {
      const { createdMs, ...user } = world.user(index);
      const about = { source: world.source, externalId: null, createdAt: isoOf(createdMs) };
      pastUser({ ...user, ...about }, rows);
    }
    await writer.write(rows);
    progress(end, users, "writing users");
    await turn();
  }
}

/** Tells one group while the ones before it are written. */
async function writeGroups(
  world: World,
  categories: ReadonlyMap<string, string>,
  writers: readonly HistoryWriter[],
  { direct, signal, progress }: SeedRequest,
  seeded: Seeded,
  deps: SeedDeps,
): Promise<void> {
  const firstOf = ({ first }: SeedGroup) => world.publication(first).id;
  const there = await writers[0]?.known("publication", world.groups.map(firstOf));
  const isThere = (group: SeedGroup) => there?.has(firstOf(group)) === true;
  let orders = 0;
  let before: Promise<void> = Promise.resolve();
  const under: Promise<void>[] = writers.map(() => Promise.resolve());
  const write = async (history: GroupHistory, writer: HistoryWriter, last: Promise<void>) => {
    await writer.write(history.rows, last);
    seeded.groups.written += 1;
    orders += history.rows.order.length;
    progress(orders, world.parameters.orders, "writing orders");
  };
  try {
    for (const [index, group] of world.groups.entries()) {
      if (isThere(group) && group.plants.length === 0) {
        orders += group.orders;
        continue;
      }
      if (signal.aborted) break;
      const history = await told(world, group, categories);
      seeded.planted.push(...history.truth);
      if (isThere(group)) {
        orders += history.rows.order.length;
        continue;
      }
      if (!direct) {
        await pMap(history.questions, deps.questions.restore, { concurrency: QUESTIONS_AT_ONCE });
        history.rows.event.push(...history.questions.flatMap(eventsOf));
        seeded.questions += history.questions.length;
      }
      const turnOf = index % writers.length;
      const writer = writers[turnOf];
      await under[turnOf];
      if (!writer || signal.aborted) break;
      before = write(history, writer, before);
      // Whoever waits for it hears of its failure.
      before.catch(() => undefined);
      under[turnOf] = before;
    }
  } finally {
    await Promise.allSettled(under);
  }
  await before;
  if (signal.aborted) throw interrupted(`after ${orders} of ${world.parameters.orders} orders`);
}

async function told(
  world: World,
  group: SeedGroup,
  categories: ReadonlyMap<string, string>,
): Promise<GroupHistory> {
  const telling = tellGroup(world, group, categories);
  for (;;) {
    const { done, value } = telling.next();
    if (done) return value;
    // The rows of the group before go out meanwhile.
    await turn();
  }
}

function interrupted(where: string): MktError {
  return new MktError("interrupted", `stopped ${where}`, {
    hint: "the same command goes on from there",
  });
}
