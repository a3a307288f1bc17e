import type { Language, PublicationDocument } from "../publication.ts";
import { isStopWord, stem, wordsOf } from "../text.ts";

/** What a search shows at once. */
export const RESULTS_A_PAGE = 20;
/** An unfinished last word stands for so many of the words that begin so, if it has so many letters. */
const ENDINGS = 5;
const BEGINNING_LETTERS = 2;
/** Most people type the same. */
const TEXTS_KEPT = 20_000;

/** What can be found: as a text, and from when on. */
interface Offered {
  createdMs: number;
  document: PublicationDocument;
}

/** Publications with a word: the oldest of them, who alone decide how full a page is, and how many there are. */
interface Entry {
  documents: number;
  oldest: { index: number; createdMs: number }[];
}

/** What a text asks for: what has each of its words, and all that begins as the last one, the commonest first. */
interface Asked {
  words: (Entry | undefined)[];
  begun: Entry[];
}

/**
 * How many rows a search had on its page at a moment, in a world of one language where everything stays on
 * offer: publications with any of its words, as the marketplace searches. Reads the whole world once.
 */
export type Findable = (words: string, atMs: number) => number;

export function findableOf(
  language: Language,
  publications: number,
  publication: (index: number) => Offered,
): Findable {
  const stems = new Map<string, string>();
  const stemOf = (word: string): string => {
    const known = stems.get(word) ?? stem(word, language);
    stems.set(word, known);
    return known;
  };
  const entries = new Map<string, Entry>();
  for (let index = 0; index < publications; index++) {
    const { createdMs, document } = publication(index);
    const words = wordsOf(`${document.title} ${document.description}`);
    for (const stemmed of new Set(words.map(stemOf))) {
      const entry = entries.get(stemmed) ?? { documents: 0, oldest: [] };
      entries.set(stemmed, entry);
      enter(entry, index, createdMs);
    }
  }
  const forms = [...stems.keys()].sort();
  const begunBy = (beginning: string): Entry[] => {
    if (beginning.length < BEGINNING_LETTERS) return [];
    const begun = new Set<string>();
    for (let place = firstFrom(forms, beginning); forms[place]?.startsWith(beginning); place++)
      begun.add(stemOf(forms[place] ?? ""));
    return [...begun]
      .flatMap((stemmed) => entries.get(stemmed) ?? [])
      .sort((a, b) => b.documents - a.documents);
  };
  const lookUp = (text: string): Asked => {
    const typed = [...new Set(wordsOf(text))];
    const telling = typed.filter((word) => !isStopWord(word, language));
    const words = telling.length > 0 ? telling : typed;
    return {
      // Stems of what nobody wrote are not kept: there is no end of them.
      words: words.map((word) => entries.get(stems.get(word) ?? stem(word, language))),
      begun: begunBy(words.at(-1) ?? ""),
    };
  };
  const asked = new Map<string, Asked>();
  return (text, atMs) => {
    let known = asked.get(text);
    if (!known) {
      if (asked.size >= TEXTS_KEPT) asked.clear();
      known = lookUp(text);
      asked.set(text, known);
    }
    const [first] = known.words;
    if (known.words.length === 1 && isThere(first, atMs)) return countThere(first, atMs);
    const read = known.words.filter((entry) => isThere(entry, atMs));
    const isUnfinished = !isThere(known.words.at(-1), atMs);
    const begun = isUnfinished ? known.begun.filter((entry) => isThere(entry, atMs)) : [];
    return found([...read, ...begun.slice(0, ENDINGS)], atMs);
  };
}

/** Where in sorted texts those begin that are not before this one. */
function firstFrom(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Keeps the oldest in their order. */
function enter(entry: Entry, index: number, createdMs: number): void {
  const { oldest } = entry;
  entry.documents += 1;
  const isFull = oldest.length === RESULTS_A_PAGE;
  if (isFull && createdMs >= (oldest.at(-1)?.createdMs ?? 0)) return;
  if (isFull) oldest.pop();
  const place = oldest.findLastIndex((other) => other.createdMs <= createdMs) + 1;
  oldest.splice(place, 0, { index, createdMs });
}

function isThere(entry: Entry | undefined, atMs: number): entry is Entry {
  const first = entry?.oldest[0];
  return first !== undefined && first.createdMs <= atMs;
}

function found(entries: readonly Entry[], atMs: number): number {
  const [only] = entries;
  if (!only) return 0;
  if (entries.length === 1) return countThere(only, atMs);
  const seen = new Set<number>();
  for (const entry of entries) {
    const there = countThere(entry, atMs);
    // The page is full already.
    if (there === RESULTS_A_PAGE) return there;
    for (let place = 0; place < there; place++) seen.add(entry.oldest[place]?.index ?? -1);
  }
  return Math.min(RESULTS_A_PAGE, seen.size);
}

function countThere({ oldest }: Entry, atMs: number): number {
  let there = 0;
  while (there < oldest.length && (oldest[there]?.createdMs ?? 0) <= atMs) there++;
  return there;
}
