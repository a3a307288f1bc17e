import { isCurrent, isLeftOver, type Posting } from "../domain/postings.ts";
import { cardOf, type PublicationCard, withCategoryNames } from "../domain/publication-card.ts";
import { allowance, match, readingOrder, sawEveryMatch } from "../domain/search-query.ts";
import { decodeSearchToken, encodeSearchToken, type SearchToken } from "../domain/search-token.ts";
import { MktError } from "../errors.ts";
import type { CategoryStore } from "../stores/dynamo/categories.ts";
import type { PageStore, StoredPage } from "../stores/dynamo/pages.ts";
import type { PostingStore } from "../stores/dynamo/postings.ts";
import type { VocabularyStore } from "../stores/dynamo/vocabulary.ts";
import {
  makePlan,
  type Plan,
  parseQuery,
  planOf,
  type Query,
  type SearchInput,
  tokenOf,
} from "./search-plan.ts";

export type { SearchInput } from "./search-plan.ts";

export interface SearchResult {
  items: PublicationCard[];
  /** Every publication with all the words and filters was seen; else these are the best of many. */
  complete: boolean;
  nextPageToken?: string;
}

export interface SearchStores {
  pages: PageStore;
  postings: PostingStore;
  vocabulary: VocabularyStore;
  categoryNames: CategoryStore;
}

const LIMIT_MAX = 100;
const TEXT_LENGTH_MAX = 500;

/**
 * Finds active publications. Costs the same whatever the catalogue: a bounded number of postings is
 * read, the rarest word's first. Documents with more of the words come first, then BM25; by price
 * or date only those with all the words count.
 */
export async function search(input: SearchInput, stores: SearchStores): Promise<SearchResult> {
  checkInput(input);
  const names = await stores.categoryNames.names();
  const query = parseQuery(input, names);
  const token =
    input.pageToken === undefined ? undefined : decodeSearchToken(input.pageToken, query.name);
  const plan = token ? planOf(query, token) : await makePlan(query, stores.vocabulary);
  const { postings, complete } = await readPostings(query, plan, stores.postings);
  const rows = rank(query, plan, postings).filter((row) => !token || isBehind(row, token.after));
  const { pages, last, more } = await currentPages(rows, input.limit, stores);
  const items = pages.map((page) => withCategoryNames(cardOf(page), names));
  if (!more || !last) return { items, complete };
  const after = { order: last.order, id: last.posting.publicationId };
  return { items, complete, nextPageToken: encodeSearchToken({ ...tokenOf(query, plan), after }) };
}

function checkInput({ words, limit, minPriceMinor, maxPriceMinor }: SearchInput): void {
  const isPrice = (price = 0) => Number.isSafeInteger(price) && price >= 0;
  if (words.length > TEXT_LENGTH_MAX) {
    throw new MktError("invalid", `a search is at most ${TEXT_LENGTH_MAX} characters long`);
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new MktError("invalid", `a page of results has 1 to ${LIMIT_MAX} rows`);
  }
  if (!isPrice(minPriceMinor) || !isPrice(maxPriceMinor)) {
    throw new MktError("invalid", "a price is zero or more");
  }
  if ((minPriceMinor ?? 0) > (maxPriceMinor ?? Number.POSITIVE_INFINITY)) {
    throw new MktError("invalid", "the lowest price is above the highest");
  }
}

async function readPostings(
  { filters, sort }: Query,
  { words, statistics }: Plan,
  store: PostingStore,
): Promise<{ postings: Posting[]; complete: boolean }> {
  const everyWord = sort !== "relevance";
  const order = readingOrder(words, filters, statistics, { everyWord });
  const postings: Posting[] = [];
  const ended = new Set<string>();
  for (const [index, { list, isFilter }] of order.entries()) {
    const found = await store.readBest(list, allowance(postings.length, order.length - index));
    postings.push(...found.postings);
    if (!found.ended) continue;
    ended.add(list);
    // Nothing outside of a filter's list can be a result; by price or date nothing without all words.
    if (isFilter || (everyWord && sawEveryMatch(words, filters, statistics, ended))) break;
  }
  return { postings, complete: sawEveryMatch(words, filters, statistics, ended) };
}

interface Row {
  posting: Posting;
  /** The lower the earlier; equal rows stand newest id first. */
  order: number[];
  /** Every posting of it that was read. */
  seen: Posting[];
}

/** A row for each indexed state of each publication that was read, the best first. */
function rank(query: Query, { words, statistics }: Plan, postings: readonly Posting[]): Row[] {
  const rows = new Map<string, Row>();
  for (const posting of postings) {
    const id = `${posting.publicationId} ${posting.indexedRevision}`;
    const known = rows.get(id);
    if (known) {
      known.seen.push(posting);
      continue;
    }
    const found = query.keeps(posting) ? match(words, posting, statistics) : undefined;
    if (!found || (query.sort !== "relevance" && found.missing > 0)) continue;
    const order = {
      relevance: [found.tier, words.length > 0 ? -found.score : -Date.parse(posting.publishedAt)],
      price: [posting.priceMinor],
      newest: [-Date.parse(posting.publishedAt)],
    }[query.sort];
    rows.set(id, { posting, order, seen: [posting] });
  }
  return [...rows.values()].sort((a, b) =>
    compare(a, { order: b.order, id: b.posting.publicationId }),
  );
}

function compare({ order, posting }: Row, other: SearchToken["after"]): number {
  for (const [index, value] of order.entries()) {
    const difference = value - (other.order[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const id = posting.publicationId;
  return id === other.id ? 0 : id > other.id ? -1 : 1;
}

const isBehind = (row: Row, after: SearchToken["after"]) => compare(row, after) > 0;

/**
 * The pages of the first `limit` rows that still hold, and whether there are more. Postings of a
 * page that has moved on are deleted here; those ahead of it belong to a relay at work.
 */
async function currentPages(
  rows: readonly Row[],
  limit: number,
  { pages, postings }: SearchStores,
): Promise<{ pages: StoredPage[]; last: Row | undefined; more: boolean }> {
  const shown: { row: Row; page: StoredPage }[] = [];
  const left: Posting[] = [];
  for (let from = 0; from < rows.length && shown.length <= limit; ) {
    const batch = rows.slice(from, from + limit + 1 - shown.length);
    from += batch.length;
    const found = await pages.getMany(batch.map(({ posting }) => posting.publicationId));
    for (const row of batch) {
      const page = found.get(row.posting.publicationId);
      if (page && isCurrent(row.posting, page)) shown.push({ row, page });
      else if (isLeftOver(row.posting, page)) left.push(...row.seen);
    }
  }
  await postings.remove(left);
  const kept = shown.slice(0, limit);
  return {
    pages: kept.map(({ page }) => page),
    last: kept.at(-1)?.row,
    more: shown.length > limit,
  };
}
