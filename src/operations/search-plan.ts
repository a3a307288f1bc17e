import { ALL, categoryList, type Posting, sellerList } from "../domain/postings.ts";
import {
  listsOfWord,
  occurs,
  type QueryWord,
  queryWords,
  type Statistics,
} from "../domain/search-query.ts";
import { fingerprint, type SearchToken } from "../domain/search-token.ts";
import { fold } from "../domain/text.ts";
import { MktError } from "../errors.ts";
import type { VocabularyStore } from "../stores/dynamo/vocabulary.ts";

export interface SearchInput {
  words: string;
  /** Id or name. */
  category?: string | undefined;
  sellerId?: string | undefined;
  /** Only offers in this currency: prices of different ones do not compare. */
  currency?: string | undefined;
  minPriceMinor?: number | undefined;
  maxPriceMinor?: number | undefined;
  sort: "relevance" | "price" | "newest";
  limit: number;
  pageToken?: string | undefined;
}

const ENDINGS_READ = 50;
const ENDINGS_USED = 5;

/** What a search asks for, checked. */
export interface Query {
  name: string;
  words: QueryWord[];
  /** Lists that every result stands in. */
  filters: string[];
  keeps(posting: Posting): boolean;
  sort: SearchInput["sort"];
}

/** The words and filters of a search; MktError `not_found` if its category does not exist. */
export function parseQuery(input: SearchInput, names: ReadonlyMap<string, string>): Query {
  const { sellerId, currency, sort } = input;
  const { minPriceMinor = 0, maxPriceMinor = Number.POSITIVE_INFINITY } = input;
  const categoryId = input.category === undefined ? undefined : findCategory(input.category, names);
  const words = queryWords(input.words);
  if (words.length === 0 && input.words.trim() !== "") {
    throw new MktError("invalid", "a search needs letters or digits");
  }
  const filters = [
    ...(categoryId === undefined ? [] : [categoryList(categoryId)]),
    ...(sellerId === undefined ? [] : [sellerList(sellerId)]),
  ];
  return {
    name: fingerprint([
      ...[input.words, categoryId, sellerId, currency, minPriceMinor, input.maxPriceMinor, sort],
    ]),
    words,
    filters: filters.length + words.length > 0 ? filters : [ALL],
    keeps: (posting) =>
      (currency === undefined || posting.currency === currency) &&
      posting.priceMinor >= minPriceMinor &&
      posting.priceMinor <= maxPriceMinor &&
      (categoryId === undefined || posting.categories.includes(categoryId)) &&
      (sellerId === undefined || posting.sellerId === sellerId),
    sort,
  };
}

function findCategory(wanted: string, names: ReadonlyMap<string, string>): string {
  if (names.has(wanted)) return wanted;
  const folded = fold(wanted);
  for (const [id, name] of names) if (fold(name) === folded) return id;
  throw new MktError("not_found", `there is no category ${JSON.stringify(wanted)}`, {
    hint: "mkt category list",
  });
}

/** The words as they will be looked for, and how often each occurs. */
export interface Plan {
  words: QueryWord[];
  endings: SearchToken["endings"];
  statistics: Statistics;
}

/** Looks the words up; the last one may be unfinished. */
export async function makePlan(
  { words, filters }: Query,
  vocabulary: VocabularyStore,
): Promise<Plan> {
  const lists = [ALL, ...filters, ...words.flatMap(listsOfWord)];
  const documents = await vocabulary.documents(lists);
  const statistics = { total: documents.get(ALL) ?? 0, documents };
  const last = words.at(-1);
  if (!last || occurs(last, statistics)) return { words, endings: null, statistics };

  // An unfinished word stands for the commonest words that begin so.
  const { forms, more } = await vocabulary.beginningWith(last.word, ENDINGS_READ);
  const spoken = new Set(last.variants.map(({ language }) => language));
  const byList = new Map(
    forms
      .filter(({ language }) => spoken.has(language))
      .map(({ language, stem }) => [`${language}#${stem}`, { language, stem }]),
  );
  const counts = [...(await vocabulary.documents(byList.keys()))].filter(([, count]) => count > 0);
  const used = counts.sort((a, b) => b[1] - a[1]).slice(0, ENDINGS_USED);
  for (const [list, count] of used) documents.set(list, count);
  const endings = {
    variants: used.flatMap(([list]) => byList.get(list) ?? []),
    more: more || counts.length > used.length,
  };
  return { words: withEndings(words, endings), endings, statistics };
}

function withEndings(words: QueryWord[], endings: SearchToken["endings"]): QueryWord[] {
  const last = words.at(-1);
  if (!last || !endings) return words;
  const variants = [...last.variants, ...endings.variants];
  return [...words.slice(0, -1), { ...last, variants, openEnded: endings.more }];
}

/** The plan of the first page, for the next one. */
export function planOf({ words }: Query, { endings, total, documents }: SearchToken): Plan {
  const statistics = { total, documents: new Map(documents) };
  return { words: withEndings(words, endings), endings, statistics };
}

/** All of a page token but where the page ends. */
export function tokenOf(
  { name }: Query,
  { endings, statistics }: Plan,
): Omit<SearchToken, "after"> {
  const { total, documents } = statistics;
  return { search: name, total, documents: [...documents], endings };
}
