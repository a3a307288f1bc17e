import pMap from "p-map";
import { isLeftOver, type Posting, postingsOf } from "../domain/postings.ts";
import type { PublicationPage } from "../domain/publication.ts";
import { type AnalysedText, analyse } from "../domain/text.ts";
import { MktError } from "../errors.ts";
import type { PageStore, StoredPage } from "../stores/dynamo/pages.ts";
import type { PostingStore } from "../stores/dynamo/postings.ts";
import type { Form, VocabularyStore } from "../stores/dynamo/vocabulary.ts";

export interface ProjectionStores {
  pages: PageStore;
  postings: PostingStore;
  vocabulary: VocabularyStore;
}
export interface Projected {
  written: number;
  /** A page at least as new stood there already. */
  stale: number;
}

const PUTS_AT_ONCE = 16;
const ATTEMPTS_MAX = 10;

/**
 * Brings pages and their postings to the given states, whatever else does so at the same time.
 * Pass many at once: word counts are summed over all of them. `rebuild` writes pages of the same
 * revision again, with their postings. `learned` remembers words from one call to the next: they are not
 * taught twice.
 *
 * Postings are named by the revision that made them, never used again: so whoever moved the page
 * on may delete the former ones without ever deleting those of a later state.
 */
export async function projectPublications(
  pages: readonly PublicationPage[],
  stores: ProjectionStores,
  { rebuild = false, learned = new Set() }: { rebuild?: boolean; learned?: Set<string> } = {},
): Promise<Projected> {
  let pending = latestOfEach(pages);
  let written = 0;
  const abandoned: Posting[] = [];
  for (let attempt = 1; pending.length > 0; attempt++) {
    if (attempt > ATTEMPTS_MAX) {
      throw new MktError("unavailable", `${pending.length} pages are being changed by others`, {
        hint: "mkt relay",
      });
    }
    const before = await readPages(pending, stores);
    const changes = pending.flatMap((page) => changeOf(page, before.get(page.id), rebuild) ?? []);
    const failed = await applyChanges(changes, learned, stores);
    written += changes.length - failed.length;
    abandoned.push(...failed.flatMap(({ added }) => added));
    pending = failed.map(({ page }) => page);
  }
  if (abandoned.length > 0) await removeLeftOver(abandoned, stores);
  return { written, stale: pages.length - written };
}

function latestOfEach(pages: readonly PublicationPage[]): PublicationPage[] {
  const latest = new Map<string, PublicationPage>();
  for (const page of pages) {
    const known = latest.get(page.id);
    if (!known || page.revision > known.revision) latest.set(page.id, page);
  }
  return [...latest.values()];
}

const readPages = (pages: readonly PublicationPage[], stores: ProjectionStores) =>
  stores.pages.getMany(
    pages.map(({ id }) => id),
    { consistent: true },
  );

/** A page's step from the state that was read to the next one. */
interface Change {
  page: PublicationPage;
  before: StoredPage | undefined;
  indexedRevision: number | null;
  /** What is indexed anew, and what was until now; both empty while the index stays as it is. */
  added: Posting[];
  former: Posting[];
  /** The words of what is indexed anew. */
  forms: Form[];
}

function changeOf(
  page: PublicationPage,
  before: StoredPage | undefined,
  rebuild: boolean,
): Change | undefined {
  const again = rebuild && page.revision === before?.revision;
  if (before && page.revision <= before.revision && !again) return undefined;
  const until = before?.indexedRevision ?? null;
  const indexed = page.state === "active";
  if (indexed && until !== null && page.version === before?.version && !rebuild) {
    return { page, before, indexedRevision: until, added: [], former: [], forms: [] };
  }
  const former = before && until !== null ? postingsOf(before, until) : [];
  if (!indexed) return { page, before, indexedRevision: null, added: [], former, forms: [] };
  const text = analyse(page);
  const added = postingsOf(page, page.revision, text);
  return {
    page,
    before,
    indexedRevision: page.revision,
    added,
    former,
    forms: formsOf(page, text),
  };
}

const formsOf = ({ language }: PublicationPage, { forms }: AnalysedText): Form[] =>
  [...forms].map(([form, stem]) => ({ form, language, stem }));

/** Postings first, then the page that makes them count, then the former ones go. Returns what failed. */
async function applyChanges(
  changes: Change[],
  learned: Set<string>,
  stores: ProjectionStores,
): Promise<Change[]> {
  const { pages, postings, vocabulary } = stores;
  await learn(changes, learned, vocabulary);
  await vocabulary.count(countOf(changes.map(growth)));
  await postings.write(changes.flatMap(({ added }) => added));
  const put = async (change: Change) => {
    const { page, before, indexedRevision } = change;
    return { change, done: await pages.replace({ ...page, indexedRevision }, before) };
  };
  const results = await pMap(changes, put, { concurrency: PUTS_AT_ONCE });
  const done = results.filter(({ done }) => done).map(({ change }) => change);
  const failed = results.filter(({ done }) => !done).map(({ change }) => change);
  await postings.remove(done.flatMap(removed));
  await vocabulary.count(countOf([...done.map(shrinkage), ...failed.map(undone)]));
  return failed;
}

/** Deletes what was written for pages that others put meanwhile; what counts, stays. */
async function removeLeftOver(written: Posting[], { pages, postings }: ProjectionStores) {
  const ids = written.map(({ publicationId }) => publicationId);
  const now = await pages.getMany(ids, { consistent: true });
  await postings.remove(
    written.filter((posting) => isLeftOver(posting, now.get(posting.publicationId))),
  );
}

/** A pass over a whole catalogue remembers no more than so many. */
const LEARNED_MAX = 100_000;

async function learn(
  changes: readonly Change[],
  learned: Set<string>,
  vocabulary: VocabularyStore,
): Promise<void> {
  const fresh = new Map<string, Form>();
  for (const form of changes.flatMap(({ forms }) => forms)) {
    const key = `${form.form}#${form.language}`;
    if (!learned.has(key)) fresh.set(key, form);
  }
  await vocabulary.learn(fresh.values());
  if (learned.size > LEARNED_MAX) learned.clear();
  for (const key of fresh.keys()) learned.add(key);
}

/** The former postings, unless a rebuild has just written them again. */
const removed = ({ former, indexedRevision }: Change): Posting[] =>
  former.filter((posting) => posting.indexedRevision !== indexedRevision);

type Counts = ReadonlyMap<string, number>;

const growth = ({ added, former }: Change) => difference(added, former, 1);
const shrinkage = ({ added, former }: Change) => difference(former, added, -1);
const undone = ({ added, former }: Change) => difference(added, former, -1);

/** `by` for each list that `postings` stand in and `others` do not. */
function difference(postings: readonly Posting[], others: readonly Posting[], by: 1 | -1): Counts {
  const changes = new Map(postings.map(({ list }) => [list, by]));
  for (const { list } of others) changes.delete(list);
  return changes;
}

function countOf(counts: readonly Counts[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [list, by] of counts.flatMap((each) => [...each])) {
    sums.set(list, (sums.get(list) ?? 0) + by);
  }
  return sums;
}
