import { createHash } from "node:crypto";
import type { Deps } from "../deps.ts";
import { type Actor, actorName } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { fieldText, type Row } from "../domain/mapping/field.ts";
import { checkColumns, type Mapping } from "../domain/mapping.ts";
import { parseMoney } from "../domain/money.ts";
import { hasCode, MktError } from "../errors.ts";
import type { InputRow } from "../input/input-row.ts";
import { openInput } from "../input/open-input.ts";
import type { NewPublication } from "../stores/aurora/publication-rows.ts";
import { writeAndRelay } from "./await-relay.ts";
import { categoriesNamed, foldName } from "./manage-categories.ts";
import { checkDraft, type Draft, type PublishDeps } from "./publish.ts";
import { publishJournal } from "./publish-journal.ts";
import type { RelayDeps } from "./relay.ts";

/** A row that was not published, and why. */
export interface Reject {
  line: number;
  reason: string;
  values: InputRow["values"];
}

/** What became of a file: `rows` = created + alreadyThere + merged + rejects. */
export interface FileReport {
  rows: number;
  created: number;
  alreadyThere: number;
  /** Rows that only added a category to a publication of another row. */
  merged: number;
  columns: string[];
  rejects: Reject[];
  /** Under which it can be undone; null when nothing was published. */
  runId: string | null;
}

export interface FileRequest {
  actor: Actor;
  path: string;
  mapping: Mapping;
  createCategories: boolean;
  /** Only says what it would do. */
  dryRun: boolean;
  /** Stops before the next row; what was begun is finished. */
  stopping: AbortSignal;
  progress: (
    phase: "publishing" | "indexing",
    done: number,
    total: number,
    failures: number,
  ) => void;
}

type FileDeps = PublishDeps & RelayDeps & Pick<Deps, "bulkRuns">;

const FILE_LIMIT_BYTES = 512 * 1024 * 1024;
const CHUNK = 500;

/** One publication as a file describes it, on one row or several. */
interface Group {
  draft: Draft;
  rows: InputRow[];
}

/**
 * Publishes every row of a file. Rows are checked first, so a broken file changes nothing; each
 * publication then commits for itself under its external id, so the same command again goes on where it
 * was cut off, without doubles.
 */
export async function publishFile(request: FileRequest, deps: FileDeps): Promise<FileReport> {
  const { actor, path, mapping, createCategories: create } = request;
  const { columns, rows, digest } = await wholeFile(path, mapping.file);
  checkColumns(mapping, columns, path);
  const report: FileReport = {
    rows: rows.length,
    created: 0,
    alreadyThere: 0,
    merged: 0,
    columns,
    rejects: [],
    runId: null,
  };
  const groups = groupRows(rows, mapping, report, deps.profile.language);
  if (request.dryRun) return rehearse(groups, report, request, deps);
  const names = new Set(groups.flatMap(({ draft }) => draft.categories));
  const categories = await categoriesNamed([...names], { create, actor }, deps);
  const categoryIds = new Map(categories.map(({ id, name }) => [foldName(name), id]));

  const journal = publishJournal({ actor, path, digest }, deps);
  const { progress, stopping } = request;
  const publishAll = async () => {
    for (let start = 0; start < groups.length && !stopping.aborted; start += CHUNK) {
      const chunk = groups.slice(start, start + CHUNK);
      const published = await publishChunk(chunk, categoryIds, request, report, deps);
      await journal.keep(published, groups.length);
      const done = Math.min(start + CHUNK, groups.length);
      progress("publishing", done, groups.length, report.rejects.length);
    }
    await journal.end(stopping.aborted ? "interrupted" : "finished", report.rejects.length);
    report.runId = journal.runId;
  };
  const indexing = (done: number, total: number) => progress("indexing", done, total, 0);
  await writeAndRelay(publishAll, { stopping, progress: indexing }, deps);
  if (stopping.aborted) {
    throw new MktError(
      "interrupted",
      `stopped after ${report.created} publications of ${groups.length}`,
      {
        hint: "the same command again publishes the rest, without doubles",
      },
    );
  }
  report.rejects.sort((a, b) => a.line - b.line);
  return report;
}

/** What publishing would make of the groups, changing nothing. */
async function rehearse(
  groups: readonly Group[],
  report: FileReport,
  { actor, createCategories: create }: FileRequest,
  deps: FileDeps,
): Promise<FileReport> {
  const names = [...new Set(groups.flatMap(({ draft }) => draft.categories))];
  if (!create) await categoriesNamed(names, { create, actor }, deps);
  for (let start = 0; start < groups.length; start += CHUNK) {
    const ids = groups.slice(start, start + CHUNK).flatMap(({ draft }) => draft.externalId ?? []);
    report.alreadyThere += (await deps.publications.findByExternalId(actor.userId, ids)).length;
  }
  report.created = groups.length - report.alreadyThere;
  report.merged = groups.reduce((sum, { rows }) => sum + rows.length - 1, 0);
  report.rejects.sort((a, b) => a.line - b.line);
  return report;
}

/** All rows, since those of one publication may stand anywhere: hence the limit. */
async function wholeFile(
  path: string,
  { delimiter, encoding }: Mapping["file"],
): Promise<{ columns: string[]; rows: InputRow[]; digest: string }> {
  await using input = await openInput(path);
  if (input.sizeBytes > FILE_LIMIT_BYTES)
    throw new MktError("invalid", `${path} is larger than 512 MB: split it`);
  const { columns, rows: each } = await input.rows({ delimiter, encoding });
  const rows: InputRow[] = [];
  for await (const row of each) rows.push(row);
  return { columns: [...columns], rows, digest: await input.digest() };
}

/** Drafts by external id; what cannot be published goes to the rejects. */
function groupRows(
  rows: readonly InputRow[],
  mapping: Mapping,
  report: FileReport,
  language: Draft["language"],
): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    try {
      if (row.problem) throw new MktError("invalid", row.problem);
      const draft = toDraft(row, mapping, language);
      checkDraft(draft);
      const group = groups.get(draft.externalId ?? `line ${row.line}`);
      if (!group) {
        groups.set(draft.externalId ?? `line ${row.line}`, { draft, rows: [row] });
        continue;
      }
      requireSame(group.draft, draft);
      group.draft = {
        ...group.draft,
        categories: [...new Set([...group.draft.categories, ...draft.categories])],
      };
      group.rows.push(row);
    } catch (error) {
      report.rejects.push(rejectOf(row, error));
    }
  }
  return [...groups.values()];
}

function toDraft(
  { values }: InputRow,
  { file, publication }: Mapping,
  language: Draft["language"],
): Draft {
  const need = (name: string, text: string | undefined): string => {
    if (text === undefined) throw new MktError("invalid", `it has no ${name}`);
    return text;
  };
  const { currency } = publication;
  const price = need("price", fieldText(publication.price, values));
  const stock = need("stock", fieldText(publication.stock, values));
  if (!/^\d{1,9}$/.test(stock))
    throw new MktError("invalid", `${JSON.stringify(stock)} is not a stock`);
  return {
    title: need("title", fieldText(publication.title, values)),
    description: (publication.description && fieldText(publication.description, values)) ?? "",
    keywords: (publication.keywords && fieldText(publication.keywords, values)) ?? "",
    language: publication.language ?? language,
    priceMinor: parseMoney(price, currency, file.decimal),
    currency,
    stock: Number(stock),
    categories: publication.categories.flatMap((field) => fieldText(field, values) ?? []),
    images: [],
    externalId: publication.externalId
      ? need("external id", fieldText(publication.externalId, values))
      : contentId(values),
  };
}

/** A row without an id of its own is known by what it says, so that a second import finds it again. */
function contentId(values: Row): string {
  const digest = createHash("sha256").update(JSON.stringify(values)).digest("hex");
  return `row-${digest.slice(0, 32)}`;
}

/** A further row of a publication may add a category, never say something else. */
function requireSame(first: Draft, second: Draft): void {
  for (const field of ["title", "priceMinor", "currency", "stock"] as const) {
    if (first[field] === second[field]) continue;
    throw new MktError(
      "conflict",
      `another row of ${first.externalId} has another ${field === "priceMinor" ? "price" : field}`,
    );
  }
}

async function publishChunk(
  groups: readonly Group[],
  categoryIds: ReadonlyMap<string, string>,
  { actor }: FileRequest,
  report: FileReport,
  deps: FileDeps,
): Promise<{ line: number; publicationId: string }[]> {
  const offers = groups.map((group) => ({
    group,
    publication: toPublication(group.draft, actor, categoryIds, deps.now()),
  }));
  const publications = offers.map(({ publication }) => publication);
  try {
    const pages = await deps.publications.createMany(publications, actorName(actor));
    const made = new Set(pages.map(({ id }) => id));
    const published = offers.filter(({ publication }) => made.has(publication.id));
    report.merged += groups.reduce((sum, { rows }) => sum + rows.length - 1, 0);
    report.created += published.length;
    report.alreadyThere += offers.length - published.length;
    return published.map(({ group, publication }) => ({
      line: group.rows[0]?.line ?? 0,
      publicationId: publication.id,
    }));
  } catch (error) {
    if (hasCode(error, "unavailable") || !(error instanceof MktError)) throw error;
    // All are of one seller: what one is refused for, all are.
    report.rejects.push(...groups.flatMap(({ rows }) => rows.map((row) => rejectOf(row, error))));
    return [];
  }
}

function toPublication(
  draft: Draft,
  actor: Actor,
  categoryIds: ReadonlyMap<string, string>,
  createdAt: string,
): NewPublication {
  const { text, facts } = checkDraft(draft);
  return {
    id: newId(),
    sellerId: actor.userId,
    ...facts,
    categoryIds: draft.categories.flatMap((name) => categoryIds.get(foldName(name)) ?? []),
    document: { ...text, images: [] },
    createdAt,
  };
}

function rejectOf({ line, values }: InputRow, error: unknown): Reject {
  if (!(error instanceof MktError)) throw error;
  return { line, reason: error.message, values };
}
