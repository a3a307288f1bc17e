import type { Language, PublicationPage } from "./publication.ts";
import { termWeight } from "./ranking.ts";
import { type AnalysedText, analyse } from "./text.ts";

/** One word of one publication, with everything a search needs to score and filter it. */
export interface Posting {
  /** The list it stands in: `language#stem`, or a filter: `category:ID`, `seller:ID`, `all`. */
  list: string;
  /** Lists are read from the highest: BM25's term part for words, the date for filters. */
  impact: string;
  publicationId: string;
  /** The page's revision when it was indexed; it counts only while the page says the same. */
  indexedRevision: number;
  version: number;
  language: Language;
  /** Stem → frequency of every word of the document. */
  frequencies: ReadonlyMap<string, number>;
  length: number;
  priceMinor: number;
  currency: string;
  categories: readonly string[];
  sellerId: string;
  publishedAt: string;
}

/** The list of every publication that can be found. */
export const ALL = "all";

const IMPACT_SCALE = 1_000_000;
const IMPACT_DIGITS = 8;

export const wordList = (language: Language, stemmed: string): string => `${language}#${stemmed}`;
export const categoryList = (categoryId: string): string => `category:${categoryId}`;
export const sellerList = (sellerId: string): string => `seller:${sellerId}`;

/** Every posting of a page, made at `indexedRevision`: filters first, then words. */
export function postingsOf(
  page: PublicationPage,
  indexedRevision: number,
  { frequencies, length }: AnalysedText = analyse(page),
): Posting[] {
  const {
    id: publicationId,
    version,
    language,
    priceMinor,
    currency,
    sellerId,
    publishedAt,
  } = page;
  const categories = [...new Set(page.categories)];
  const about = { publicationId, indexedRevision, version, language, frequencies, length };
  const facts = { ...about, priceMinor, currency, categories, sellerId, publishedAt };
  const filters = [ALL, sellerList(sellerId), ...categories.map(categoryList)];
  const words = [...frequencies].map(([stemmed, frequency]) => ({
    ...facts,
    list: wordList(language, stemmed),
    impact: impactOf(frequency, length),
  }));
  return [...filters.map((list) => ({ ...facts, list, impact: publishedAt })), ...words];
}

/** Whether a posting stands in a list, and as high in it, as what it says of its publication demands. */
export function isInPlace(posting: Posting): boolean {
  const { list, impact, language, frequencies, length, sellerId, categories, publishedAt } =
    posting;
  const frequency = list.startsWith(`${language}#`)
    ? frequencies.get(list.slice(language.length + 1))
    : undefined;
  if (frequency !== undefined) return impact === impactOf(frequency, length);
  const filters = [ALL, sellerList(sellerId), ...categories.map(categoryList)];
  return impact === publishedAt && filters.includes(list);
}

function impactOf(frequency: number, length: number): string {
  const scaled = Math.round(termWeight(frequency, length) * IMPACT_SCALE);
  return String(scaled).padStart(IMPACT_DIGITS, "0");
}

/** What a page says about its postings. */
export interface IndexedState {
  revision: number;
  /** The revision whose postings count, or null while it cannot be found. */
  indexedRevision: number | null;
}

/** Whether the posting counts: everything else about it is then as the page has it. */
export function isCurrent(posting: Posting, page: IndexedState | undefined): boolean {
  return page?.indexedRevision === posting.indexedRevision;
}

/**
 * Whether the posting can be deleted: the page has moved on and no relay can still make it count.
 * One ahead of its page belongs to a relay at work.
 */
export function isLeftOver(posting: Posting, page: IndexedState | undefined): boolean {
  return (
    page !== undefined && page.revision >= posting.indexedRevision && !isCurrent(posting, page)
  );
}
