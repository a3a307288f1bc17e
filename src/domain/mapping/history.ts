import * as z from "zod";
import { MktError } from "../../errors.ts";
import { currencyCode } from "../money.ts";
import { checkFieldColumns, checkPatterns, type Field, fieldSchema } from "./field.ts";
import { fileSettingsSchema, publicationSchema, settingsSchema } from "./settings.ts";

// The sections of a mapping that tell a history: which file holds what, and how its rows belong together.

const file = z.preprocess(
  (value) => (typeof value === "string" ? { name: value } : value),
  settingsSchema.extend({ name: z.string().min(1) }),
);

const ordersSchema = z.strictObject({
  file,
  externalId: fieldSchema,
  /** The key of its row among the buyers; without a table of buyers, the buyer's id. */
  buyer: fieldSchema.optional(),
  status: fieldSchema.optional(),
  placedAt: fieldSchema,
  paidAt: fieldSchema.optional(),
  shippedAt: fieldSchema.optional(),
  deliveredAt: fieldSchema.optional(),
  estimatedDeliveryAt: fieldSchema.optional(),
});

const linesSchema = z.strictObject({
  file,
  /** The external id of its order. */
  order: fieldSchema,
  externalId: fieldSchema.optional(),
  product: fieldSchema,
  seller: fieldSchema,
  quantity: fieldSchema.optional(),
  /** Of one piece. */
  price: fieldSchema,
  /** Of the whole line. */
  shipping: fieldSchema.optional(),
});

const peopleSchema = z.strictObject({
  file,
  /** What orders or lines call it. */
  key: fieldSchema,
  /** The person's id, where a person has several rows; by default the key. */
  externalId: fieldSchema.optional(),
  name: fieldSchema.optional(),
  email: fieldSchema.optional(),
  address: fieldSchema.optional(),
  /** State or province. */
  region: fieldSchema.optional(),
});

const productsSchema = z.strictObject({ file, key: fieldSchema });

/** What a source's status says happened last. */
export const SOURCE_STEPS = ["placed", "paid", "shipped", "delivered", "cancelled"] as const;
export type SourceStep = (typeof SOURCE_STEPS)[number];

const placeholder = z.enum(["placeholder", "reject"]).default("placeholder");
const missingSchema = z.strictObject({
  /** An order without a readable time of purchase: placed at its earliest time, or rejected. */
  placedAt: z.enum(["infer", "reject"]).default("infer"),
  /** What an order or line names and no file describes: made up by its id, or the row is rejected. */
  buyer: placeholder,
  seller: placeholder,
  product: placeholder,
});

export const historySections = {
  /** Names the source: things keep it, and are found again by it. */
  source: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "use a-z, 0-9 and - only, as in a domain"),
  currency: z.string().length(3),
  /** What the marketplace kept of each line, in basis points. */
  feeBps: z.int().min(0).max(10_000),
  orders: ordersSchema,
  lines: linesSchema,
  buyers: peopleSchema,
  sellers: peopleSchema,
  products: productsSchema,
  statuses: z.record(z.string(), z.enum(SOURCE_STEPS)),
  missing: missingSchema,
} as const;

const historySchema = z.strictObject({
  ...historySections,
  file: fileSettingsSchema,
  feeBps: historySections.feeBps.default(0),
  buyers: peopleSchema.optional(),
  sellers: peopleSchema.optional(),
  products: productsSchema.optional(),
  statuses: historySections.statuses.default({}),
  missing: missingSchema.prefault({}),
  publication: publicationSchema
    .partial({ title: true })
    .omit({ price: true, stock: true, currency: true, externalId: true })
    .prefault({}),
});

export type HistoryMapping = z.infer<typeof historySchema>;
export const TABLES = ["orders", "lines", "buyers", "sellers", "products"] as const;
export type TableName = (typeof TABLES)[number];
export type FileSettings = z.infer<typeof fileSettingsSchema>;

/** A mapping as its file says it, for `mkt import`. Throws `invalid` with what is wrong where. */
export function parseHistoryMapping(value: unknown, name: string): HistoryMapping {
  const result = historySchema.safeParse(withoutSales(value));
  if (!result.success) {
    throw new MktError(
      "invalid",
      `${name} is not a mapping of a history: ${z.prettifyError(result.error)}`,
      { hint: "fixtures/mappings/olist.yaml is one" },
    );
  }
  const mapping = result.data;
  const currency = currencyCode(mapping.currency);
  for (const table of TABLES) checkPatterns(tableFields(mapping, table), name);
  return { ...mapping, currency };
}

/** What only `publish` reads may stand in a mapping of both. */
function withoutSales(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("publication" in value)) return value;
  const { publication } = value;
  if (typeof publication !== "object" || publication === null) return value;
  const { price, stock, currency, externalId, ...text } = publication as Record<string, unknown>;
  return { ...value, publication: text };
}

/** Where a table's rows are and how they are written; undefined when the mapping has no such table. */
export function tableFile(
  mapping: HistoryMapping,
  table: TableName,
): (FileSettings & { name: string }) | undefined {
  const own = mapping[table]?.file;
  if (!own) return undefined;
  const stated = Object.entries(own).filter(([, setting]) => setting !== undefined);
  return { ...mapping.file, name: own.name, ...Object.fromEntries(stated) };
}

/** All fields that are read from a table's rows. */
function tableFields(mapping: HistoryMapping, table: TableName): Field[] {
  const { file: _, ...fields } = mapping[table] ?? { file: undefined };
  const { title, description, keywords, categories } = mapping.publication;
  const text = table === "products" ? [title, description, keywords, ...categories] : [];
  return [...Object.values(fields), ...text].filter((field) => field !== undefined);
}

/** Refuses a mapping that names columns which a table's file lacks. */
export function checkTableColumns(
  mapping: HistoryMapping,
  table: TableName,
  columns: readonly string[],
  name: string,
): void {
  checkFieldColumns(tableFields(mapping, table), columns, name);
}
