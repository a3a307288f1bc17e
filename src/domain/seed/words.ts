import type { Language } from "../publication.ts";
import { WORDS_EN } from "./words-en.ts";
import { WORDS_ES } from "./words-es.ts";
import { WORDS_PT } from "./words-pt.ts";

/** What people of a language write about: the words that a world is told in. */
export interface Words {
  /** `name: things: kinds`, each of the last two by `|`, in the order of `CATEGORIES`. */
  categories: readonly string[];
  /** Title of a thing of a kind by a brand. */
  title: (thing: string, kind: string, brand: string, detail: string) => string;
  /** What somebody who looks for it calls a thing of a kind. */
  phrase: (thing: string, kind: string) => string;
  /** Things that people look for and nobody sells: no word of theirs stands in anything offered. */
  unsold: readonly string[];
  details: readonly string[];
  /** `{}` stands for the thing. */
  descriptions: readonly string[];
  assurances: readonly string[];
  firstNames: readonly string[];
  surnames: readonly string[];
  streets: readonly string[];
  cities: readonly string[];
  /** The state or province of each of the cities. */
  regions: readonly string[];
  questions: readonly string[];
  answers: readonly string[];
  /** By stars, from one to five. */
  reviews: readonly (readonly string[])[];
  complaints: readonly string[];
  notReceived: readonly string[];
  dismissals: readonly string[];
  refunds: readonly string[];
}

export const WORDS: Readonly<Record<Language, Words>> = {
  en: WORDS_EN,
  es: WORDS_ES,
  pt: WORDS_PT,
};

export const BRANDS = (
  "Norvik|Altair|Brava|Casalta|Delmar|Ekko|Fjella|Galana|Hartwell|Ilva|Jacaranda|Kestrel|Lumina|Maristar|" +
  "Nimbo|Orbita|Pampero|Quilla|Rivera|Solara|Tundra|Umbra|Valdano|Wendel|Xenia|Yaguar|Zephyr"
).split("|");
