import { createRequire } from "node:module";
import type snowball from "snowball-stemmers";
import type { Language, PublicationDocument } from "./publication.ts";
import { STOP_WORDS } from "./stop-words.ts";

export const LANGUAGES = ["es", "en", "pt"] as const satisfies readonly Language[];

/** A longer word is cut here: what follows tells no two products apart. */
const WORD_LENGTH_MAX = 40;
/** Distinct words of a document that are indexed, counted from its title on. */
const DISTINCT_WORDS_MAX = 256;
/** What stands in the title says best what a thing is: it counts as if written twice. */
const TITLE_WEIGHT = 2;

const ALGORITHMS = { es: "spanish", en: "english", pt: "portuguese" } as const;
const load = createRequire(import.meta.url);
const stemmers = new Map<Language, ReturnType<typeof snowball.newStemmer>>();

/** Made when it is first asked for: few commands look at words, and all would wait for it. */
function stemmerOf(language: Language) {
  const known = stemmers.get(language);
  if (known) return known;
  const stemmer = (load("snowball-stemmers") as typeof snowball).newStemmer(ALGORITHMS[language]);
  stemmers.set(language, stemmer);
  return stemmer;
}

/** Letters that Unicode does not decompose into a plain one and a mark. */
const PLAIN: Readonly<Record<string, string>> = {
  ø: "o",
  æ: "ae",
  œ: "oe",
  ß: "ss",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
};

/** Accents and case removed, so that "BESTÅ" and "besta" are one word. Folding twice changes nothing. */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[øæœßłđðþı]/g, (letter) => PLAIN[letter] ?? letter);
}

/** The folded words of a text in their order: runs of letters and digits. */
export function wordsOf(text: string): string[] {
  const folded = fold(text).replace(/(?<=\p{L})['’]s(?![\p{L}\p{N}])/gu, "");
  const found = folded.match(/[\p{L}\p{N}]+/gu) ?? [];
  return found.map((word) =>
    [...word.slice(0, 2 * WORD_LENGTH_MAX)].slice(0, WORD_LENGTH_MAX).join(""),
  );
}

/** The stem of a folded word. A pure function of the folded form: accents typed or not, it is the same. */
export function stem(word: string, language: Language): string {
  return fold(stemmerOf(language).stem(accented(word, language))) || word;
}

/** Snowball knows endings by their accents, which folding took: those that carry rules come back. */
function accented(word: string, language: Language): string {
  if (language === "es") return word.replace(/cion$/, "ción");
  if (language === "pt") return word.replace(/oes$/, "ao").replace(/cao$/, "ção");
  return word;
}

export function isStopWord(word: string, language: Language): boolean {
  return STOP_WORDS[language].has(word);
}

export interface AnalysedText {
  /** Weighted number of words, repetitions included, stop words not. */
  length: number;
  /** Stem → weighted frequency. */
  frequencies: ReadonlyMap<string, number>;
  /** Folded word as written → its stem. */
  forms: ReadonlyMap<string, string>;
}

/** What the index keeps of a document: a pure function of its text and language. */
export function analyse(document: Omit<PublicationDocument, "images">): AnalysedText {
  const { title, description, keywords, language } = document;
  const frequencies = new Map<string, number>();
  const forms = new Map<string, string>();
  let length = 0;
  for (const [text, weight] of [
    [title, TITLE_WEIGHT],
    [keywords, 1],
    [description, 1],
  ] as const) {
    for (const word of wordsOf(text)) {
      const stemmed = forms.get(word) ?? stem(word, language);
      if (!isStopWord(word, language)) length += weight;
      if (!frequencies.has(stemmed) && frequencies.size >= DISTINCT_WORDS_MAX) continue;
      frequencies.set(stemmed, (frequencies.get(stemmed) ?? 0) + weight);
      forms.set(word, stemmed);
    }
  }
  return { length, frequencies, forms };
}
