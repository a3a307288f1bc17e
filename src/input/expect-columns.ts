import { nearestWord } from "../domain/nearest-word.ts";
import { MktError } from "../errors.ts";
import { shown } from "./input-row.ts";

/** A column that a command reads. */
export interface ExpectedColumn {
  name: string;
  required: boolean;
  /** Other names that it may have in a file. */
  aliases?: readonly string[];
}

/**
 * Which column of a file is which expected one: from the expected name to the file's. Throws `invalid` with
 * all that is missing, or all that is unknown, what the file has, what is expected, and what may be meant.
 * `file` is what the file is called in errors.
 */
export function expectColumns(
  columns: readonly string[],
  expected: readonly ExpectedColumn[],
  file: string,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name, aliases = [] } of expected) {
    const [column, second] = [...new Set([name, ...aliases])].filter((each) =>
      columns.includes(each),
    );
    if (second !== undefined)
      throw new MktError(
        "invalid",
        `${file} has both ${column} and ${second}, which mean the same`,
        {
          hint: "take one of them away",
        },
      );
    if (column !== undefined) found.set(name, column);
  }
  const missing = expected.filter(({ name, required }) => required && !found.has(name));
  const names = new Set(found.values());
  const unknown = columns.filter((column) => !names.has(column));
  if (missing.length > 0) {
    const wanted = missing.map(({ name, aliases }) => suggest([name, ...(aliases ?? [])], unknown));
    throw new MktError("invalid", `${file} lacks ${listed(wanted)}`, {
      hint: whatIsThere(columns, expected),
    });
  }
  if (unknown.length > 0) {
    const open = expected.filter(({ name }) => !found.has(name)).map(({ name }) => name);
    const told = unknown.map((column) => suggest([column], open, shown(column)));
    throw new MktError("invalid", `${file} has columns that nobody reads: ${listed(told)}`, {
      hint: whatIsThere(columns, expected),
    });
  }
  return found;
}

/** `price (did you mean "Prices"?)`: the first word, with the candidate that is most like one of them. */
function suggest(words: readonly string[], candidates: readonly string[], name = words[0]): string {
  const plain = new Map(candidates.map((candidate) => [plainForm(candidate), candidate]));
  for (const word of words) {
    const near = nearestWord(plainForm(word), [...plain.keys()]);
    if (near) return `${name} (did you mean ${shown(plain.get(near) ?? near)}?)`;
  }
  return `${name}`;
}

/** As people write the same name: `External ID`, `external_id` and `externalId` are one. */
function plainForm(name: string): string {
  return name
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}]/gu, "");
}

function whatIsThere(columns: readonly string[], expected: readonly ExpectedColumn[]): string {
  const wanted = expected.map(({ name, required }) => (required ? name : `${name} (optional)`));
  const hint = `it has: ${listed(columns.map(shown)) || "none"}; expected: ${wanted.join(", ")}`;
  const [only = ""] = columns;
  return columns.length === 1 && /[;\t|,]/.test(only)
    ? `${hint}. Or name what separates its cells: \`delimiter\``
    : hint;
}

const LISTED = 50;

function listed(names: readonly string[]): string {
  const more = names.length - LISTED;
  return `${names.slice(0, LISTED).join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}
