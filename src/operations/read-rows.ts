import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { CsvError, parse } from "csv-parse";
import type { Mapping, Row } from "../domain/mapping.ts";
import { MktError } from "../errors.ts";

/** One row of a file, with the line on which it begins. */
export interface FileRow {
  line: number;
  values: Row;
  /** Set when the row itself is malformed. */
  problem?: string;
}

const FILE_LIMIT_BYTES = 512 * 1024 * 1024;
const WHY_LIMIT = 300;
const RECORD_LIMIT_BYTES = 1024 * 1024;

/**
 * Reads a whole CSV file. Rows with too few or too many cells come with a problem; a file whose quotes do
 * not match is refused as a whole, with the line, since nobody can say where its rows end.
 */
export async function readRows(
  path: string,
  { delimiter, encoding }: Mapping["file"],
): Promise<{ columns: string[]; rows: FileRow[] }> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new MktError("not_found", `there is no file ${path}`);
  if (found.isDirectory()) throw new MktError("invalid", `${path} is a directory, not a file`);
  if (found.size > FILE_LIMIT_BYTES)
    throw new MktError("invalid", `${path} is larger than 512 MB: split it`);
  let lastLine = 0;
  const parser = createReadStream(path).pipe(
    parse({
      // Told at once: an error overtakes the records that wait in the stream.
      on_record: (record: string[], { lines }) => {
        lastLine = lines;
        return record;
      },
      delimiter,
      encoding: encoding === "utf-16le" ? "utf16le" : encoding,
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: RECORD_LIMIT_BYTES,
    }),
  );
  let columns: string[] | undefined;
  const rows: FileRow[] = [];
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (!columns) {
        columns = checkHeader(record, path);
        continue;
      }
      rows.push(toRow(columns, record, firstLine(record, info.lines)));
    }
  } catch (error) {
    throw unreadable(error, path, lastLine + 1);
  }
  if (!columns) throw new MktError("invalid", `${path} is empty`);
  return { columns, rows };
}

function checkHeader(columns: string[], path: string): string[] {
  const twice = columns.filter((column, index) => columns.indexOf(column) !== index);
  if (twice.length > 0) {
    throw new MktError(
      "invalid",
      `${path} names a column twice: ${[...new Set(twice)].join(", ")}`,
    );
  }
  return columns;
}

/** The parser counts lines up to a record's end; its cells may hold some of them. */
function firstLine(record: readonly string[], lastLine: number): number {
  return lastLine - (record.join("").match(/\n/g)?.length ?? 0);
}

function toRow(columns: readonly string[], record: readonly string[], line: number): FileRow {
  const values = Object.fromEntries(columns.map((column, index) => [column, record[index] ?? ""]));
  if (record.length === columns.length) return { line, values };
  return { line, values, problem: `it has ${record.length} cells, the header ${columns.length}` };
}

function unreadable(error: unknown, path: string, line: number): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof CsvError) {
    const { message, code } = error;
    // The parser repeats the cell, which may be a whole file.
    const why =
      code === "CSV_QUOTE_NOT_CLOSED" ? "a quote does not close" : message.slice(0, WHY_LIMIT);
    return new MktError(
      "invalid",
      `${path} is not readable as CSV in the row that begins at line ${line}: ${why}`,
      {
        hint: "nothing was published; mend the quotes there, or name another delimiter in the mapping",
        cause: error,
      },
    );
  }
  if ("code" in error)
    return new MktError("invalid", `${path} cannot be read: ${error.message}`, { cause: error });
  return error;
}
