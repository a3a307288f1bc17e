/** One row of a file. */
export interface InputRow {
  /** The physical line on which it begins, from 1. */
  line: number;
  /** By column. A row of CSV that is whole has every column, one of NDJSON those that it names. */
  values: Record<string, string>;
  /** Why the row itself cannot be used, such as a cell too many: "it has 3 cells, the header 2". */
  problem?: string;
}

/** The rows of a file, read as they are asked for. */
export interface InputRows {
  format: "csv" | "ndjson";
  /** In CSV the header. In NDJSON the keys of the first row, and of further ones as they come. */
  columns: readonly string[];
  /** May be gone through once; what was read and is not kept takes no memory. */
  rows: AsyncIterable<InputRow>;
  /** How much of the stored file was read, from 0 to 1. */
  progress(): number;
}

/** A file may have so many columns. */
export const COLUMNS_LIMIT = 2_000;

/** A name that cannot be a key of an object's own. */
export const NO_COLUMN = "__proto__";

/** Text of a file as part of a sentence: quoted, on one line, and not longer than a sentence bears. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
