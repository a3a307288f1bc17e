import type { Deps } from "../../deps.ts";
import { requireStaff } from "../../domain/actor.ts";
import {
  type HistoryMapping,
  TABLES,
  type TableName,
  tableFile,
} from "../../domain/mapping/history.ts";
import type { ImportStaging } from "../../stores/aurora/import-staging.ts";
import { awaitRelay } from "../await-relay.ts";
import type { RelayDeps } from "../relay.ts";
import type { ImportRequest } from "./import-request.ts";
import { PLACES, readSource } from "./read-source.ts";
import { type MadeCounts, type Walk, type Walked, walkHistory } from "./walk-history.ts";

export interface ImportReport extends Walked {
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
}

type ImportDeps = RelayDeps &
  Pick<Deps, "history" | "imports" | "profile" | "categories" | "notice">;

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
      ? await walkHistory({ request, joined, staging, writer: undefined }, deps)
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

async function writing(walked: Omit<Walk, "writer">, deps: ImportDeps): Promise<Walked> {
  const writer = await deps.history.open();
  try {
    const { source } = walked.request.mapping;
    return await writer.alone(source, () => walkHistory({ ...walked, writer }, deps));
  } finally {
    await writer.close();
  }
}

const hasMade = (made: MadeCounts) => Object.values(made).some((count) => count > 0);
