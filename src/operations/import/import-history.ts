import type { Deps } from "../../deps.ts";
import { type Actor, actorName, requireStaff } from "../../domain/actor.ts";
import {
  type HistoryMapping,
  TABLES,
  type TableName,
  tableFile,
} from "../../domain/mapping/history.ts";
import { noRows } from "../../domain/past/rows.ts";
import { MktError } from "../../errors.ts";
import type { HistoryWriter } from "../../stores/aurora/history.ts";
import type {
  ImportStaging,
  JoinedCounts,
  PersonKind,
} from "../../stores/aurora/import-staging.ts";
import { awaitRelay } from "../await-relay.ts";
import type { RelayDeps } from "../relay.ts";
import { importSums, type Sums } from "./import-sums.ts";
import {
  addPeople,
  addPublications,
  type ImportContext,
  neededPeople,
  neededThings,
} from "./needed-things.ts";
import { PLACES, readSource } from "./read-source.ts";
import { FLAG_MEANINGS } from "./tell-order.ts";
import { type ToldPurchase, tellPurchase } from "./write-purchases.ts";

/** A row of a file that is not imported. */
export interface RejectedRow {
  file: string;
  line: number;
  reason: string;
}

/** An order in which the source contradicts itself or lacks something. */
export interface FlaggedOrder {
  externalId: string;
  orderId: string;
  flags: string;
  reason: string;
}

export type ImportPhase = "reading" | "checking" | "importing" | "indexing";

export interface ImportRequest {
  actor: Actor;
  directory: string;
  mapping: HistoryMapping;
  /** Only says what an import would do. */
  dryRun: boolean;
  /** Waits until the pages are there. */
  wait: boolean;
  /** How many purchases one transaction writes. */
  batch?: number;
  /** Stops after the batch that is under way. */
  stopping: AbortSignal;
  /** `total` is 0 where nobody knows it. */
  progress: (phase: ImportPhase, done: number, total: number) => void;
  /** Given all rejected rows, by file and line, some at a time. */
  onRejected: (rows: readonly RejectedRow[]) => Promise<void>;
  /** Given the flagged orders, in the order of time, some at a time. */
  onFlagged: (orders: readonly FlaggedOrder[]) => Promise<void>;
}

/** How many things an import made, or a dry run would make. */
export interface MadeCounts {
  users: number;
  categories: number;
  publications: number;
  purchases: number;
  orders: number;
}

export interface ImportReport extends Sums {
  source: string;
  dryRun: boolean;
  /** How many rows each table's file has. */
  rows: Record<TableName, number>;
  rejected: number;
  /** Rows that say again what another said. */
  merged: number;
  /** What the files tell of, whether it was there already or not. */
  users: { buyers: number; sellers: number };
  publications: number;
  categories: number;
  unsoldProducts: number;
  made: MadeCounts;
  /** Purchases that were there already. */
  alreadyThere: number;
}

type ImportDeps = RelayDeps & Pick<Deps, "history" | "imports" | "profile" | "categories">;

const BATCH = 100;

/**
 * Imports a marketplace's history from the files of a directory. All rows are read and joined first, so broken
 * files change nothing; then batches of purchases are written, each in one transaction with all that it needs.
 * Ids follow from the source, so what is there already is left alone: the same again changes nothing, and goes
 * on where it was cut off. Operators only.
 *
 * Throws `invalid` for files that cannot be read or lack columns, `conflict` while another process imports the
 * same source, `interrupted` when stopped.
 */
export async function importHistory(
  request: ImportRequest,
  deps: ImportDeps,
): Promise<ImportReport> {
  const { actor, mapping, dryRun, stopping, progress } = request;
  requireStaff(actor, "operator");
  const staging = await deps.imports.stage();
  try {
    const rows = await readSource(
      { ...request, progress: (done) => progress("reading", done, 0) },
      staging,
    );
    progress("checking", 0, 0);
    const joined = await staging.join(joinOptions(mapping));
    const rejected = await tellRejected(request, staging);
    const told = dryRun
      ? await walk({ request, joined, staging, writer: undefined }, deps)
      : await writing({ request, joined, staging }, deps);
    if (!dryRun && request.wait && hasMade(told.made))
      await awaitRelay(
        { stopping, progress: (done, total) => progress("indexing", done, total) },
        deps,
      );
    const { buyers, sellers, publications, categories, merged, unsoldProducts } = joined;
    return {
      source: mapping.source,
      dryRun,
      rows,
      rejected,
      merged,
      users: { buyers, sellers },
      publications,
      categories,
      unsoldProducts,
      ...told,
    };
  } finally {
    await staging.close();
  }
}

function joinOptions(mapping: HistoryMapping) {
  const { buyers, sellers, products, missing } = mapping;
  return {
    has: {
      buyers: buyers !== undefined,
      sellers: sellers !== undefined,
      products: products !== undefined,
    },
    rejects: {
      buyer: missing.buyer === "reject",
      seller: missing.seller === "reject",
      product: missing.product === "reject",
    },
    places: PLACES,
  };
}

const REJECTS_AT_ONCE = 1_000;

async function tellRejected(
  { mapping, onRejected }: ImportRequest,
  staging: ImportStaging,
): Promise<number> {
  let rejected = 0;
  let last = { place: -1, line: 0 };
  for (;;) {
    const rows = await staging.rejects(last, REJECTS_AT_ONCE);
    const next = rows.at(-1);
    if (!next) return rejected;
    last = next;
    rejected += rows.length;
    await onRejected(
      rows.map(({ place, line, reason }) => {
        const table = TABLES[place];
        return { file: (table && tableFile(mapping, table)?.name) ?? "", line, reason };
      }),
    );
  }
}

interface Walk {
  request: ImportRequest;
  joined: JoinedCounts;
  staging: ImportStaging;
  /** Undefined: nothing is written. */
  writer: HistoryWriter | undefined;
}

type Told = Sums & Pick<ImportReport, "made" | "alreadyThere">;

async function writing(walked: Omit<Walk, "writer">, deps: ImportDeps): Promise<Told> {
  const writer = await deps.history.open();
  try {
    const { source } = walked.request.mapping;
    return await writer.alone(source, () => walk({ ...walked, writer }, deps));
  } finally {
    await writer.close();
  }
}

/** Goes through all purchases in the order of time, then through the people whom none of them needs. */
async function walk({ request, joined, staging, writer }: Walk, deps: ImportDeps): Promise<Told> {
  const { actor, mapping, stopping, progress, onFlagged, batch = BATCH } = request;
  const context: ImportContext & Pick<HistoryMapping, "statuses"> = {
    ...mapping,
    language: mapping.publication.language ?? deps.profile.language,
    staff: actorName(actor),
    now: deps.now(),
  };
  const made: MadeCounts = { users: 0, categories: 0, publications: 0, purchases: 0, orders: 0 };
  const sums = importSums();
  let alreadyThere = 0;
  let isAnnounced = false;
  const write = async (rows: ReturnType<typeof noRows>) => {
    if (!writer || Object.values(rows).every(({ length }) => length === 0)) return;
    if (!isAnnounced) {
      const { directory } = request;
      const { source } = mapping;
      await deps.imports.recordImport(actor, { source, directory, ...joined }, deps.now());
      isAnnounced = true;
    }
    await writer.write(rows);
  };
  const checkStopped = (done: number) => {
    if (!stopping.aborted) return;
    throw new MktError("interrupted", `stopped after ${done} of ${joined.purchases} purchases`, {
      hint: "the same command again goes on from there, without doubles",
    });
  };

  let done = 0;
  while (done < joined.purchases) {
    checkStopped(done);
    const purchases = await staging.purchases(done, batch);
    const from = done + 1;
    const to = purchases.at(-1)?.seq ?? joined.purchases;
    const lines = await staging.lines(from, to);
    const things = await neededThings(purchases, lines, context, staging, deps);
    const known = await deps.imports.known(
      "purchase",
      context.source,
      purchases.map(({ id }) => id),
    );
    const there = new Set(known.map(({ externalId }) => externalId));
    // Of what a dry run did not make, only the first that needs it counts.
    const isFirst = ({ firstSeq }: { firstSeq: number | null }) => (firstSeq ?? 0) >= from;
    const toMake = <T extends { firstSeq: number | null }>(
      needed: ReadonlyMap<string, { make: T | undefined }>,
    ) => [...needed.values()].filter(({ make }) => make && (writer || isFirst(make))).length;
    made.users += toMake(things.buyers) + toMake(things.sellers);
    made.categories += toMake(things.categories);
    made.publications += toMake(things.publications);

    const rows = noRows();
    await addPeople(
      [...things.buyers.values(), ...things.sellers.values()],
      context.source,
      rows,
      deps,
    );
    addPublications(things, context, rows);
    const ofPurchase = new Map<number, typeof lines>();
    for (const line of lines) ofPurchase.set(line.seq, [...(ofPurchase.get(line.seq) ?? []), line]);
    const told: ToldPurchase[] = [];
    for (const purchase of purchases) {
      const isThere = there.has(purchase.id);
      const own = ofPurchase.get(purchase.seq) ?? [];
      const each = tellPurchase(purchase, own, things, context, isThere ? noRows() : rows);
      told.push(each);
      sums.add(each);
      if (isThere) alreadyThere += 1;
      else {
        made.purchases += 1;
        made.orders += each.orders.length;
      }
    }
    await write(rows);
    await onFlagged(told.flatMap(flaggedOrders));
    done = to;
    progress("importing", done, joined.purchases);
  }
  for (const kind of ["buyer", "seller"] as const)
    for await (const rows of idlePeople(kind, context.source, staging, deps)) {
      checkStopped(done);
      made.users += rows.user.length;
      await write(rows);
    }
  return { ...sums.result(), made, alreadyThere };
}

function flaggedOrders({ purchase, orders }: ToldPurchase): FlaggedOrder[] {
  return orders.flatMap(({ order }) => {
    const flags = order.flags.filter((flag) => flag in FLAG_MEANINGS);
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
  deps: ImportDeps,
) {
  let after = "";
  for (;;) {
    const people = await staging.idlePeople(kind, after, BATCH);
    const last = people.at(-1);
    if (!last) return;
    after = last.id;
    const rows = noRows();
    const needed = await neededPeople(source, people, deps);
    await addPeople(needed.values(), source, rows, deps);
    yield rows;
  }
}

const hasMade = (made: MadeCounts) => Object.values(made).some((count) => count > 0);
