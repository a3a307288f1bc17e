import { rename, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { stringify } from "csv-stringify/sync";
import { escapeFormula } from "../domain/formula-cell.ts";
import type { Reject } from "../operations/publish-file.ts";

/** Writes rows that failed as CSV: their line, the reason, and what stood in them. Gives the file's name. */
export async function writeRejects(
  { columns, rejects }: { columns: readonly string[]; rejects: readonly Reject[] },
  path: string | undefined,
  source: string,
): Promise<string> {
  const file = path ?? `${basename(source)}.rejects.csv`;
  const rows = rejects.map(({ line, reason, values }) => [
    line,
    escapeFormula(reason),
    ...columns.map((column) => escapeFormula(values[column] ?? "")),
  ]);
  const text = stringify([["line", "reason", ...columns.map(escapeFormula)], ...rows]);
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
  return file;
}
