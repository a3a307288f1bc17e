import { safeText } from "../safe-text.ts";

const MARKUP: unique symbol = Symbol("markup");

/** HTML that may stand in a page as it is: only what `html` and `trusted` give is so. */
export interface Markup {
  readonly [MARKUP]: string;
}

export type Part = Markup | string | number | null | undefined | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A piece of a page. Whatever is put into it is shown as text, in attributes too, which must stand in quotes. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return trusted(
    pieces.map((piece, index) => (index === 0 ? "" : shown(parts[index - 1])) + piece).join(""),
  );
}

/** Text of our own that is HTML already. Never of what people or stores say. */
export const trusted = (text: string): Markup => ({ [MARKUP]: text });

export const markupText = (markup: Markup): string => markup[MARKUP];

/** JSON that ends no script in which it stands. */
export function scriptJson(value: unknown): Markup {
  return trusted(
    JSON.stringify(value).replaceAll(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}

function shown(part: Part): string {
  if (part === null || part === undefined) return "";
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return isMarkup(part) ? part[MARKUP] : part.map(shown).join("");
}

const isMarkup = (part: Markup | readonly Part[]): part is Markup => MARKUP in part;

/** What would hide or reorder a text, such as a bidirectional override, is shown by its number. */
const escaped = (text: string): string =>
  safeText(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
