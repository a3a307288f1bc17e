import type { DataCell, DataRows } from "../domain/data-rows.ts";

/** A report's row: its values by the keys of its columns, as PostgreSQL writes them. */
export type ReportRow = Readonly<Record<string, DataCell>>;

/** All rows of a report, which are few. */
export async function rowsOf({ columns, batches }: DataRows): Promise<ReportRow[]> {
  const rows: ReportRow[] = [];
  for await (const batch of batches)
    for (const cells of batch)
      rows.push(Object.fromEntries(columns.map(({ name }, at) => [name, cells[at] ?? null])));
  return rows;
}
