import { z } from "zod";
import { MktError } from "../errors.ts";

/**
 * Where a field's text comes from: a column, a template of columns, or a fixed value; then what of it
 * counts.
 */
const fieldSchema = z.preprocess(
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

const mappingSchema = z.strictObject({
  file: z
    .strictObject({
      delimiter: z.string().length(1).default(","),
      decimal: z.enum([".", ","]).default("."),
      encoding: z.enum(["utf-8", "utf-16le", "latin1"]).default("utf-8"),
    })
    .default({ delimiter: ",", decimal: ".", encoding: "utf-8" }),
  publication: z.strictObject({
    /** Rows with the same one are one publication, in the categories of all of them. */
    externalId: fieldSchema.optional(),
    title: fieldSchema,
    description: fieldSchema.optional(),
    keywords: fieldSchema.optional(),
    language: z.enum(["es", "en", "pt"]).optional(),
    price: fieldSchema,
    currency: z.string().length(3),
    stock: fieldSchema,
    categories: z.array(fieldSchema).default([]),
  }),
});

export type Mapping = z.infer<typeof mappingSchema>;
export type Field = z.infer<typeof fieldSchema>;
export type Row = Readonly<Record<string, string>>;

/** A mapping as its file says it. Throws `invalid` with what is wrong where. */
export function parseMapping(value: unknown, name: string): Mapping {
  const result = mappingSchema.safeParse(value);
  if (!result.success) {
    throw new MktError(
      "invalid",
      `${name} is not a valid mapping: ${z.prettifyError(result.error)}`,
    );
  }
  for (const { pattern } of fieldsOf(result.data)) if (pattern) checkPattern(pattern, name);
  return result.data;
}

/** Refuses a mapping that names columns which the file lacks. */
export function checkColumns(mapping: Mapping, columns: readonly string[], name: string): void {
  const wanted = new Set(fieldsOf(mapping).flatMap(columnsOf));
  const missing = [...wanted].filter((column) => !columns.includes(column));
  if (missing.length === 0) return;
  throw new MktError(
    "invalid",
    `the mapping names columns that ${name} lacks: ${missing.join(", ")}`,
    {
      hint: `it has: ${columns.slice(0, 50).join(", ")}`,
    },
  );
}

/** The text that a field has in a row, with inner white space folded; undefined when there is none. */
export function fieldText(field: Field, row: Row): string | undefined {
  const { pattern, separators = "", missing } = field;
  let text = rawText(field, row);
  if (text !== undefined && missing.includes(text.trim())) text = undefined;
  if (text !== undefined && pattern !== undefined) {
    const match = new RegExp(pattern, "u").exec(text);
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

function fieldsOf({ publication }: Mapping): Field[] {
  const { externalId, title, description, keywords, price, stock, categories } = publication;
  return [externalId, title, description, keywords, price, stock, ...categories].filter(
    (field) => field !== undefined,
  );
}

function columnsOf({ column, template }: Field): string[] {
  if (template !== undefined)
    return [...template.matchAll(PLACE)].flatMap(([, name]) => name ?? []);
  return column === undefined ? [] : [column];
}

function checkPattern(pattern: string, name: string): void {
  try {
    new RegExp(pattern, "u");
  } catch (cause) {
    throw new MktError(
      "invalid",
      `${name}: ${JSON.stringify(pattern)} is not a regular expression`,
      { cause },
    );
  }
}
