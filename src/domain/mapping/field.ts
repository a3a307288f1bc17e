import * as z from "zod";
import { MktError } from "../../errors.ts";

/**
 * Where a field's text comes from: a column, a template of columns, or a fixed value; then what of it
 * counts.
 */
export const fieldSchema = z.preprocess(
  (value) => (typeof value === "string" ? { column: value } : value),
  z
    .strictObject({
      column: z.string().optional(),
      /** Text in which `{column}` stands for that column. */
      template: z.string().optional(),
      value: z.union([z.string(), z.number()]).transform(String).optional(),
      /** A regular expression: its first group, or all that it matches, counts. */
      pattern: z.string().max(500).optional(),
      /** Characters that separate words: each becomes a space. */
      separators: z.string().max(20).optional(),
      /** Values that mean that there is none. */
      missing: z.array(z.string()).default([]),
      /** What stands there when there is none. */
      default: z.union([z.string(), z.number()]).transform(String).optional(),
    })
    .refine(
      ({ column, template, value }) =>
        [column, template, value].filter((from) => from !== undefined).length === 1,
      { message: "name exactly one of column, template, value" },
    ),
);

export type Field = z.infer<typeof fieldSchema>;
export type Row = Readonly<Record<string, string>>;

/** The text that a field has in a row, with inner white space folded; undefined when there is none. */
export function fieldText(field: Field, row: Row): string | undefined {
  const { pattern, separators = "", missing } = field;
  let text = rawText(field, row);
  if (text !== undefined && missing.includes(text.trim())) text = undefined;
  if (text !== undefined && pattern !== undefined) {
    const match = expression(pattern).exec(text);
    text = match ? (match[1] ?? match[0]) : undefined;
  }
  for (const separator of separators) text = text?.replaceAll(separator, " ");
  return text?.replaceAll(/\s+/gu, " ").trim() || field.default;
}

function rawText({ column, template, value }: Field, row: Row): string | undefined {
  if (template !== undefined)
    return template.replaceAll(PLACE, (_, name: string) => row[name] ?? "");
  return column === undefined ? value : row[column];
}

const PLACE = /\{([^{}]+)\}/g;
const expressions = new Map<string, RegExp>();

function expression(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(pattern, "u");
  expressions.set(pattern, known);
  return known;
}

/** Refuses fields whose patterns are no regular expressions; `name` is the mapping's. */
export function checkPatterns(fields: readonly Field[], name: string): void {
  for (const { pattern } of fields) {
    if (pattern === undefined) continue;
    try {
      expression(pattern);
    } catch (cause) {
      throw new MktError(
        "invalid",
        `${name}: ${JSON.stringify(pattern)} is not a regular expression`,
        { cause },
      );
    }
  }
}

/** Refuses fields that name columns which the file lacks. */
export function checkFieldColumns(
  fields: readonly Field[],
  columns: readonly string[],
  name: string,
): void {
  const known = new Set(columns);
  const missing = [...new Set(fields.flatMap(columnsOf))].filter((column) => !known.has(column));
  if (missing.length === 0) return;
  throw new MktError(
    "invalid",
    `the mapping names columns that ${name} lacks: ${missing.join(", ")}`,
    {
      hint: `it has: ${columns.slice(0, 50).join(", ")}`,
    },
  );
}

function columnsOf({ column, template }: Field): string[] {
  if (template !== undefined)
    return [...template.matchAll(PLACE)].flatMap(([, name]) => name ?? []);
  return column === undefined ? [] : [column];
}
