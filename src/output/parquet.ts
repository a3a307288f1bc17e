import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { DataCell, DataColumn, DataKind, DataRows } from "../domain/data-rows.ts";
import { MktError } from "../errors.ts";

type Writer = ParquetWriter["writer"];
type SchemaElement = ParquetWriter["schema"][number];

/** Row groups are what memory holds at once. */
const GROUP_ROWS = 5_000;

const TYPES: Readonly<Record<DataKind, Pick<SchemaElement, "type" | "converted_type">>> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  json: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
  time: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
};

/** The rows as a Parquet file, in pieces: a row group each. JSON is text; times are milliseconds in UTC. */
export async function* parquetChunks({ columns, batches }: DataRows): AsyncGenerator<Uint8Array> {
  if (columns.length === 0) throw new MktError("usage", "Parquet needs a column");
  const bytes = new ByteWriter();
  const root = { name: "root", num_children: columns.length };
  const schema: SchemaElement[] = [
    root,
    ...columns.map(({ name, kind }) => ({
      name,
      repetition_type: "OPTIONAL" as const,
      ...TYPES[kind],
    })),
  ];
  const file = new ParquetWriter({ writer: bytes, schema, createdBy: "mkt" });
  let group = emptyGroup(columns);
  let rows = 0;
  for await (const batch of batches) {
    for (const row of batch)
      for (const [index, cells] of group.entries()) cells.push(row[index] ?? null);
    rows += batch.length;
    if (rows < GROUP_ROWS) continue;
    writeGroup(file, columns, group);
    yield taken(bytes);
    group = emptyGroup(columns);
    rows = 0;
  }
  if (rows > 0) writeGroup(file, columns, group);
  file.finish();
  yield taken(bytes);
}

const emptyGroup = (columns: readonly DataColumn[]): DataCell[][] => columns.map(() => []);

function writeGroup(
  file: ParquetWriter,
  columns: readonly DataColumn[],
  group: readonly DataCell[][],
): void {
  const columnData = columns.map(({ name, kind }, index) => ({
    name,
    data: (group[index] ?? []).map((cell) => (cell === null ? null : parquetValue(cell, kind))),
  }));
  file.write({ columnData, rowGroupSize: GROUP_ROWS * 2 });
}

function parquetValue(cell: string, kind: DataKind): unknown {
  if (kind === "integer") return BigInt(cell);
  if (kind === "number") return Number(cell);
  if (kind === "boolean") return cell === "true";
  return kind === "time" ? timeOf(cell) : cell;
}

/** `infinity` and its like are no times there. */
function timeOf(cell: string): bigint | null {
  const at = Date.parse(cell);
  return Number.isNaN(at) ? null : BigInt(at);
}

/** What was written since the last time. Its place in the file goes on counting. */
function taken(writer: Writer & { index: number }): Uint8Array {
  const written = writer.getBytes().slice();
  writer.index = 0;
  return written;
}
