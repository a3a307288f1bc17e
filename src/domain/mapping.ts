import * as z from "zod";
import { MktError } from "../errors.ts";
import { checkFieldColumns, checkPatterns, type Field } from "./mapping/field.ts";
import { historySections } from "./mapping/history.ts";
import { fileSettingsSchema, publicationSchema } from "./mapping/settings.ts";

/** What `publish` reads of a mapping; it may also tell a history, for `import`. */
const mappingSchema = z
  .strictObject(historySections)
  .partial()
  .extend({ file: fileSettingsSchema, publication: publicationSchema });

export type Mapping = Pick<z.infer<typeof mappingSchema>, "file" | "publication">;

/** A mapping as its file says it. Throws `invalid` with what is wrong where. */
export function parseMapping(value: unknown, name: string): Mapping {
  const result = mappingSchema.safeParse(value);
  if (!result.success) {
    throw new MktError(
      "invalid",
      `${name} is not a valid mapping: ${z.prettifyError(result.error)}`,
    );
  }
  const { file, publication } = result.data;
  checkPatterns(fieldsOf({ file, publication }), name);
  return { file, publication };
}

/** Refuses a mapping that names columns which the file lacks. */
export function checkColumns(mapping: Mapping, columns: readonly string[], name: string): void {
  checkFieldColumns(fieldsOf(mapping), columns, name);
}

function fieldsOf({ publication }: Mapping): Field[] {
  const { externalId, title, description, keywords, price, stock, categories } = publication;
  return [externalId, title, description, keywords, price, stock, ...categories].filter(
    (field) => field !== undefined,
  );
}
