import * as z from "zod";
import { isTimeZone } from "../zoned-time.ts";
import { fieldSchema } from "./field.ts";

/** How a file is written; each may be left open. */
export const settingsSchema = z.strictObject({
  delimiter: z.string().length(1).optional(),
  decimal: z.enum([".", ","]).optional(),
  encoding: z.enum(["utf-8", "utf-16le", "utf-16be", "latin1"]).optional(),
  /** The zone of times that state none, such as `America/Sao_Paulo`. */
  timeZone: z.string().refine(isTimeZone, { message: "it is not a time zone" }).optional(),
  /** How times are written, in luxon's tokens (`dd/MM/yyyy HH:mm`); by default as in ISO 8601. */
  timeFormat: z.string().min(1).max(100).optional(),
});

export const fileSettingsSchema = settingsSchema
  .extend({
    delimiter: z.string().length(1).default(","),
    decimal: z.enum([".", ","]).default("."),
    encoding: z.enum(["utf-8", "utf-16le", "utf-16be", "latin1"]).default("utf-8"),
    timeZone: z.string().refine(isTimeZone, { message: "it is not a time zone" }).default("UTC"),
  })
  .prefault({});

export const publicationSchema = z.strictObject({
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
});
