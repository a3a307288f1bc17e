import { MktError } from "../errors.ts";
import { type Posting, wordList } from "./postings.ts";
import type { Language } from "./publication.ts";
import { rarity, termWeight } from "./ranking.ts";
import { isStopWord, LANGUAGES, stem, wordsOf } from "./text.ts";

const QUERY_WORDS_MAX = 64;
/** A query of so many telling words is a sentence. */
const SENTENCE_WORDS = 6;
/** Postings read for one search, and of each list at least; so the longest queries read ten lists. */
const READ_MAX = 2_000;
const READ_PER_LIST_MIN = 200;
const LISTS_MAX = READ_MAX / READ_PER_LIST_MIN;

/** A word as a document of one language may have it. */
export interface Variant {
  language: Language;
  stem: string;
}

/** One word of a query. A document has it if it has any of its variants. */
export interface QueryWord {
  /** Folded. */
  word: string;
  variants: readonly Variant[];
  /** Not every word that begins so was taken: its lists never tell all. */
  openEnded: boolean;
}

/** What a search needs to know before it reads: paging repeats it from the page token. */
export interface Statistics {
  /** Publications in the index. */
  total: number;
  /** List → publications in it, approximately; a list that is not here is empty. */
  documents: ReadonlyMap<string, number>;
}

export interface Reading {
  list: string;
  isFilter: boolean;
}

/** The distinct words of a query, each stemmed in every language in which it says something. */
export function queryWords(text: string): QueryWord[] {
  const words = [...new Set(wordsOf(text))];
  if (words.length > QUERY_WORDS_MAX) {
    throw new MktError("invalid", `a search takes at most ${QUERY_WORDS_MAX} words`);
  }
  const telling = (language: Language) => {
    const rest = words.filter((word) => !isStopWord(word, language));
    return new Set(rest.length > 0 ? rest : words);
  };
  const tellingIn = new Map(LANGUAGES.map((language) => [language, telling(language)]));
  const known = new Set<string>();
  return words.flatMap((word) => {
    const variants = LANGUAGES.filter((language) => tellingIn.get(language)?.has(word))
      .map((language) => ({ language, stem: stem(word, language) }))
      // In English "beds bed" is one word.
      .filter(({ language, stem }) => !known.has(wordList(language, stem)));
    for (const { language, stem } of variants) known.add(wordList(language, stem));
    return variants.length > 0 ? [{ word, variants, openEnded: false }] : [];
  });
}

export const listsOfWord = ({ variants }: QueryWord): string[] =>
  variants.map(({ language, stem }) => wordList(language, stem));

/** Whether any publication may have the word. */
export function occurs(word: QueryWord, { documents }: Statistics): boolean {
  return listsOfWord(word).some((list) => (documents.get(list) ?? 0) > 0);
}

/**
 * What to read, in order: a filter that is shorter than every word's list, then the words', the
 * rarest first. `everyWord`: only languages that have all the words can have such documents.
 */
export function readingOrder(
  words: readonly QueryWord[],
  filters: readonly string[],
  { documents }: Statistics,
  { everyWord }: { everyWord: boolean },
): Reading[] {
  const size = (list: string) => documents.get(list) ?? 0;
  const exists = (list: string) => documents.has(list);
  if (filters.some((list) => !exists(list))) return [];
  const languages = LANGUAGES.filter(
    (language) =>
      !everyWord ||
      required(words, language).every(
        (word) => word.openEnded || inLanguage(word, language).some(exists),
      ),
  );
  const wanted = languages.flatMap((language) =>
    words.flatMap((word) => inLanguage(word, language)).filter(exists),
  );
  const lists = [...new Set(wanted)].sort((a, b) => size(a) - size(b) || (a < b ? -1 : 1));
  const [filter] = [...filters].sort((a, b) => size(a) - size(b));
  if (words.length > 0 && lists.length === 0) return [];
  const readings = lists.map((list) => ({ list, isFilter: false }));
  const first = filter !== undefined && lists.every((list) => size(filter) < size(list));
  return first
    ? [{ list: filter, isFilter: true }, ...readings].slice(0, LISTS_MAX)
    : readings.slice(0, LISTS_MAX);
}

/** How many postings of the next list may be read, when `unread` lists are left with it. */
export function allowance(read: number, unread: number): number {
  return READ_MAX - read - READ_PER_LIST_MIN * (unread - 1);
}

/** Whether every document with all the words and filters was seen, by the lists read to their end. */
export function sawEveryMatch(
  words: readonly QueryWord[],
  filters: readonly string[],
  { documents }: Statistics,
  ended: ReadonlySet<string>,
): boolean {
  const exhausted = (list: string) => ended.has(list) || !documents.has(list);
  if (filters.some(exhausted)) return true;
  return LANGUAGES.every((language) => {
    const needed = required(words, language);
    return needed.some((word) => !word.openEnded && inLanguage(word, language).every(exhausted));
  });
}

export interface Match {
  /** Words of the query that the document lacks. */
  missing: number;
  /** Documents of a lower tier come first, whatever their score. */
  tier: number;
  /** BM25 of the words it has. */
  score: number;
}

/** Scores a document from a posting of it; undefined if it has none of the words. */
export function match(
  words: readonly QueryWord[],
  { language, frequencies, length }: Posting,
  { total, documents }: Statistics,
): Match | undefined {
  const needed = required(words, language);
  let [missing, score] = [0, 0];
  for (const { variants } of needed) {
    let best = 0;
    for (const variant of variants) {
      const frequency = variant.language === language ? frequencies.get(variant.stem) : undefined;
      if (!frequency) continue;
      const having = documents.get(wordList(language, variant.stem)) ?? 0;
      best = Math.max(best, termWeight(frequency, length) * rarity(having, total));
    }
    if (best === 0) missing++;
    score += best;
  }
  return words.length > 0 && missing === needed.length
    ? undefined
    : { missing, tier: tierOf(missing, needed.length), score };
}

/**
 * The more words the better, in the few words that people type. In a sentence most words matter
 * little, and counting them ranks far worse than BM25 (nDCG@10 .42 against .53 on Cranfield's
 * questions): there only having all of them counts.
 */
function tierOf(missing: number, words: number): number {
  return words < SENTENCE_WORDS ? missing : Math.min(missing, 1);
}

/** A word without variants in a language tells nothing there: its documents need not have it. */
const required = (words: readonly QueryWord[], language: Language) =>
  words.filter(({ variants }) => variants.some((variant) => variant.language === language));

const inLanguage = (word: QueryWord, language: Language) =>
  word.variants
    .filter((variant) => variant.language === language)
    .map(({ stem }) => wordList(language, stem));
