import type { Deps } from "../../deps.ts";
import { actorName } from "../../domain/actor.ts";
import { type HistoryMapping, tableFile } from "../../domain/mapping/history.ts";
import { noRows, type PastRows } from "../../domain/past/rows.ts";
import { MktError } from "../../errors.ts";
import type { HistoryWriter } from "../../stores/aurora/history.ts";
import type {
  ImportStaging,
  JoinedCounts,
  PersonKind,
  SourceLine,
  SourcePurchase,
} from "../../stores/aurora/import-staging.ts";
import type { FlaggedOrder, ImportRequest } from "./import-request.ts";
import { importSums, type Sums } from "./import-sums.ts";
import {
  addPeople,
  addPublications,
  type ComingThings,
  comingThings,
  type ImportContext,
  type NeededThings,
  NOTHING_COMES,
  neededPeople,
  neededThings,
} from "./needed-things.ts";
import { FLAG_MEANINGS } from "./tell-order.ts";
import { type ToldPurchase, tellPurchase } from "./tell-purchase.ts";

/** How many things an import made, or a dry run would make. */
export interface MadeCounts {
  users: number;
  categories: number;
  publications: number;
  purchases: number;
  orders: number;
}

export interface Walk {
  request: ImportRequest;
  joined: JoinedCounts;
  staging: ImportStaging;
  /** Undefined: nothing is written. */
  writer: HistoryWriter | undefined;
}

export interface Walked extends Sums {
  made: MadeCounts;
  /** Purchases that were there already. */
  alreadyThere: number;
}

type WalkDeps = Pick<Deps, "imports" | "profile" | "categories" | "now">;

/** A transaction must not be large: its rows are in memory until they are written. */
const BATCH = 100;
const PEOPLE_AT_ONCE = 500;

/** Goes through all purchases in the order of time, then through the people whom none of them needs. */
export async function walkHistory(walk: Walk, deps: WalkDeps): Promise<Walked> {
  const { request, joined, staging } = walk;
  const { actor, mapping, stopping, progress, onFlagged, batch = BATCH } = request;
  const context = {
    ...mapping,
    timeZone: tableFile(mapping, "orders")?.timeZone ?? deps.profile.timeZone,
    language: mapping.publication.language ?? deps.profile.language,
    staff: actorName(actor),
    now: deps.now(),
  };
  const sums = importSums();
  const made: MadeCounts = { users: 0, categories: 0, publications: 0, purchases: 0, orders: 0 };
  let done = 0;
  const checkStopped = () => {
    if (!stopping.aborted) return;
    throw new MktError("interrupted", `stopped after ${done} of ${joined.purchases} purchases`, {
      hint: "the same command again goes on from there, without doubles",
    });
  };
  const written = writesBehind(walk, deps);
  try {
    while (done < joined.purchases) {
      checkStopped();
      const purchases = await staging.purchases(done, batch);
      const told = await tellBatch(purchases, { ...context, coming: written.coming() }, walk, deps);
      for (const each of told.purchases) sums.add(each);
      for (const name of Object.keys(made) as (keyof MadeCounts)[]) made[name] += told.made[name];
      await written.write(told.rows);
      await onFlagged(told.purchases.flatMap(flaggedOrders));
      done = purchases.at(-1)?.seq ?? joined.purchases;
      progress("importing", done, joined.purchases);
    }
    for (const kind of ["buyer", "seller"] as const)
      for await (const rows of idlePeople(kind, context.source, staging, deps)) {
        checkStopped();
        made.users += rows.user.length;
        await written.write(rows);
      }
  } finally {
    await written.settled();
  }
  const result = sums.result();
  return { ...result, made, alreadyThere: result.purchases - made.purchases };
}

/** While one batch is written, the next is told: what is on its way counts as there. */
function writesBehind({ request, joined, writer }: Walk, deps: WalkDeps) {
  let coming = NOTHING_COMES;
  let under: Promise<void> | undefined;
  let isAnnounced = false;
  return {
    coming: () => coming,
    write: async (rows: PastRows): Promise<void> => {
      await under;
      if (!writer || Object.values(rows).every(({ length }) => length === 0)) return;
      if (!isAnnounced) {
        const { actor, directory, mapping } = request;
        const detail = { source: mapping.source, directory, ...joined };
        await deps.imports.recordImport(actor, detail, deps.now());
        isAnnounced = true;
      }
      coming = comingThings(rows);
      under = writer.write(rows);
      // Whoever writes next, or waits for the end, hears of it.
      under.catch(() => undefined);
    },
    settled: async (): Promise<void> => under,
  };
}

interface ToldBatch {
  rows: PastRows;
  purchases: ToldPurchase[];
  made: MadeCounts;
}

/** The rows of purchases that are not there yet, with what they need. */
async function tellBatch(
  purchases: readonly SourcePurchase[],
  context: ImportContext & Pick<HistoryMapping, "statuses"> & { coming: ComingThings },
  { staging, writer }: Walk,
  deps: WalkDeps,
): Promise<ToldBatch> {
  const [from, to] = [purchases[0]?.seq ?? 0, purchases.at(-1)?.seq ?? 0];
  const lines = await staging.lines(from, to);
  const things = await neededThings(purchases, lines, context, staging, deps);
  const ids = purchases.map(({ id }) => id);
  const known = await deps.imports.known("purchase", context.source, ids);
  const there = new Set(known.map(({ externalId }) => externalId));

  const rows = noRows();
  await addPeople([...things.buyers.values(), ...things.sellers.values()], context, rows, deps);
  addPublications(things, context, rows);
  const linesOf = grouped(lines);
  const told = purchases.map((purchase) => {
    const own = linesOf.get(purchase.seq) ?? [];
    return tellPurchase(purchase, own, things, context, there.has(purchase.id) ? noRows() : rows);
  });
  // What a dry run did not make, only the first purchase that needs it makes.
  const fromSeq = writer ? 0 : from;
  const made = {
    ...madeThings(things, fromSeq),
    purchases: rows.purchase.length,
    orders: rows.order.length,
  };
  return { rows, purchases: told, made };
}

function madeThings(
  { buyers, sellers, categories, publications }: NeededThings,
  fromSeq: number,
): Pick<MadeCounts, "users" | "categories" | "publications"> {
  const count = (things: NeededThings[keyof NeededThings]) =>
    [...things.values()].filter(({ make }) => make && (make.firstSeq ?? 0) >= fromSeq).length;
  return {
    users: count(buyers) + count(sellers),
    categories: count(categories),
    publications: count(publications),
  };
}

function grouped(lines: readonly SourceLine[]): Map<number, SourceLine[]> {
  const groups = new Map<number, SourceLine[]>();
  for (const line of lines) {
    const group = groups.get(line.seq);
    if (group) group.push(line);
    else groups.set(line.seq, [line]);
  }
  return groups;
}

function flaggedOrders({ purchase, orders }: ToldPurchase): FlaggedOrder[] {
  return orders.flatMap(({ order }) => {
    const flags = order.flags.filter((flag) => Object.hasOwn(FLAG_MEANINGS, flag));
    if (flags.length === 0) return [];
    const reason = flags.map((flag) => FLAG_MEANINGS[flag]).join("; ");
    return [{ externalId: purchase.id, orderId: order.id, flags: flags.join(" "), reason }];
  });
}

/** The rows of people whom no purchase needs and who are not there yet, some at a time. */
async function* idlePeople(
  kind: PersonKind,
  source: string,
  staging: ImportStaging,
  deps: WalkDeps,
): AsyncGenerator<PastRows> {
  let after = "";
  for (;;) {
    const people = await staging.idlePeople(kind, after, PEOPLE_AT_ONCE);
    const last = people.at(-1);
    if (!last) return;
    after = last.id;
    const rows = noRows();
    const told = { source, coming: NOTHING_COMES };
    const needed = await neededPeople(told, people, deps);
    await addPeople(needed.values(), told, rows, deps);
    yield rows;
  }
}
