import type { Context } from "../context.ts";
import { batchesOf } from "../domain/batches.ts";
import type { DataCell, DataColumn, DataRows } from "../domain/data-rows.ts";
import { MktError } from "../errors.ts";
import { writeToStream } from "../output/data-file.ts";
import { dataStream } from "../output/data-stream.ts";
import type { Column } from "../output/table.ts";

const BATCH = 500;

/**
 * Prints a list as its rows come, however many there are: as CSV and JSON whole, as tables one for every 500
 * rows. Other formats are made of whole lists.
 */
export async function printRows<T>(
  rows: AsyncIterable<T>,
  columns: readonly Column<T>[],
  mkt: Context,
): Promise<void> {
  const format = mkt.format();
  if (format === "csv" || format === "ndjson" || format === "json") {
    const chosen = chosenOf(columns, mkt.options().columns);
    const options = { isTerminal: mkt.terminal.isTerminal, progress: () => undefined };
    return writeToStream(dataStream(format, dataOf(rows, chosen), options), mkt.streams.stdout);
  }
  const size = format === "table" || format === "wide" ? BATCH : Number.POSITIVE_INFINITY;
  let any = false;
  for await (const items of batchesOf(rows, size)) {
    any = true;
    mkt.printList({ items }, columns);
  }
  if (!any) mkt.printList({ items: [] }, columns);
}

function chosenOf<T>(columns: readonly Column<T>[], only: string | undefined) {
  if (only === undefined) return columns;
  return only.split(",").map((name) => {
    const found = columns.find(({ key }) => key === name.trim());
    if (found) return found;
    throw new MktError("usage", `there is no column ${JSON.stringify(name)}`, {
      hint: `columns: ${columns.map(({ key }) => key).join(", ")}`,
    });
  });
}

function dataOf<T>(rows: AsyncIterable<T>, columns: readonly Column<T>[]): DataRows {
  const batches = async function* () {
    for await (const batch of batchesOf(rows, BATCH))
      yield batch.map((row) => columns.map(({ value }) => cellOf(value(row))));
  };
  return { columns: columns.map(dataColumnOf), batches: batches() };
}

const cellOf = (value: string | number | boolean | null | undefined): DataCell =>
  value === null || value === undefined ? null : String(value);

function dataColumnOf({ key, kind }: Pick<Column<never>, "key" | "kind">): DataColumn {
  return { name: key, kind: kind === "number" ? "integer" : "text" };
}
