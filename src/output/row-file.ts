import { once } from "node:events";
import { PassThrough } from "node:stream";
import { stringify } from "csv-stringify/sync";
import { escapeFormula } from "../domain/formula-cell.ts";
import { writeToFile } from "./data-file.ts";

/** A CSV file that is written as its rows come. */
export interface RowFile<T> {
  add(rows: readonly T[]): Promise<void>;
  /** Puts the file in its place; null when there was no row, and so is no file. */
  finish(): Promise<string | null>;
  /** Leaves no file, or the one that was there. */
  discard(): Promise<void>;
}

/** Nothing is there before the first row. Cells that a spreadsheet would compute are made harmless. */
export function rowFile<T extends object>(
  path: string,
  columns: readonly (keyof T & string)[],
): RowFile<T> {
  let open: { pieces: PassThrough; written: Promise<void> } | undefined;
  const begin = () => {
    const pieces = new PassThrough();
    const written = writeToFile(pieces, path);
    // Whoever adds or finishes hears of it.
    written.catch(() => undefined);
    open = { pieces, written };
    pieces.write(stringify([[...columns]]));
    return open;
  };
  return {
    add: async (rows) => {
      if (rows.length === 0) return;
      const { pieces, written } = open ?? begin();
      const cells = rows.map((row) => columns.map((column) => cellText(row[column])));
      if (!pieces.write(stringify(cells))) await Promise.race([once(pieces, "drain"), written]);
    },
    finish: async () => {
      if (!open) return null;
      open.pieces.end();
      await open.written;
      return path;
    },
    discard: async () => {
      open?.pieces.destroy(new Error("it is not wanted any more"));
      await open?.written.catch(() => undefined);
    },
  };
}

function cellText(value: unknown): string {
  return typeof value === "string" ? escapeFormula(value) : String(value);
}
