import { unescapeFormula } from "../domain/formula-cell.ts";
import { MktError } from "../errors.ts";
import { COLUMNS_LIMIT, type InputRow, NO_COLUMN, shown } from "./input-row.ts";
import type { Records, TextRecord } from "./records.ts";

export interface CsvOptions {
  /** How the file is called in errors. */
  name: string;
  delimiter: string;
}

/**
 * The rows of CSV: RFC 4180 with any delimiter of one character and any end of line. A row with too few or
 * too many cells comes with a problem; where quotes are not right the reading ends, since nobody can say
 * where rows end after that. Cells that `escapeFormula` made harmless read as they were.
 */
export async function csvRows(
  records: Records,
  { name, delimiter }: CsvOptions,
): Promise<{ columns: string[]; rows: AsyncIterable<InputRow> } | undefined> {
  let header = records.take();
  while (!header) {
    if (!(await records.fill())) return undefined;
    header = records.take();
  }
  const columns = cellsOf(header, delimiter, records).map(unescapeFormula);
  checkHeader(columns, header, { name, delimiter });
  return { columns, rows: rowsBelow(columns, delimiter, records) };
}

async function* rowsBelow(
  columns: readonly string[],
  delimiter: string,
  records: Records,
): AsyncGenerator<InputRow> {
  try {
    do {
      for (let record = records.take(); record; record = records.take())
        yield toRow(columns, record, cellsOf(record, delimiter, records));
    } while (await records.fill());
  } finally {
    await records.close();
  }
}

function toRow(
  columns: readonly string[],
  { line, hasNul }: TextRecord,
  cells: readonly string[],
): InputRow {
  const values: Record<string, string> = {};
  const count = Math.min(columns.length, cells.length);
  for (let index = 0; index < count; index++)
    values[columns[index] ?? ""] = unescapeFormula(cells[index] ?? "");
  if (cells.length !== columns.length) {
    const [has, wants] = [counted(cells.length, "cell"), columns.length];
    return { line, values, problem: `it has ${has}, the header ${wants}` };
  }
  return hasNul ? { line, values, problem: "it holds a NUL character" } : { line, values };
}

function cellsOf(record: TextRecord, delimiter: string, records: Records): string[] {
  return record.quoted ? quotedCells(record, delimiter, records) : record.text.split(delimiter);
}

const QUOTES_HINT = "mend the quotes there, or name another delimiter";

function quotedCells(
  { line, text, unclosed = "a quote does not close" }: TextRecord,
  delimiter: string,
  records: Records,
): string[] {
  const cells: string[] = [];
  const failAt = (index: number, why: string) => {
    const at = line + (text.slice(0, index).match(/\n|\r(?!\n)/g)?.length ?? 0);
    return records.failure(line, at === line ? why : `${why}, at line ${at}`, QUOTES_HINT);
  };
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const close = closingQuote(text, at);
      if (close === -1) throw failAt(at, unclosed);
      const cell = text.slice(at + 1, close);
      cells.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell);
      at = close + 1;
      if (at < text.length && !text.startsWith(delimiter, at))
        throw failAt(at, "something stands between a closing quote and the end of its cell");
    } else {
      const next = text.indexOf(delimiter, at);
      const end = next === -1 ? text.length : next;
      const cell = text.slice(at, end);
      if (cell.includes('"'))
        throw failAt(at + cell.indexOf('"'), "a quote stands in the middle of a cell");
      cells.push(cell);
      at = end;
    }
    if (at >= text.length) return cells;
    at += delimiter.length;
  }
}

/** A quote that is doubled belongs to the cell. */
function closingQuote(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  return close;
}

function checkHeader(
  columns: readonly string[],
  { line, hasNul }: TextRecord,
  { name, delimiter }: CsvOptions,
): void {
  const refuse = (what: string, hint: string) =>
    new MktError("invalid", `${name} ${what} at line ${line}`, { hint });
  if (columns.length > COLUMNS_LIMIT)
    throw refuse(
      `has ${columns.length} columns, ${COLUMNS_LIMIT} are allowed,`,
      "leave out those that nobody needs, or name another delimiter",
    );
  if (hasNul)
    throw refuse(
      "has a NUL character in its header",
      "is it text? If it is UTF-16, name it: `encoding: utf-16le`",
    );
  const unnamed = columns.findIndex((column) => column.trim() === "");
  if (unnamed !== -1)
    throw refuse(`has no name for its column ${unnamed + 1}`, "name it, or take it away");
  if (columns.includes(NO_COLUMN))
    throw refuse(`names a column ${NO_COLUMN}`, "give it another name");
  const seen = new Set<string>();
  const twice = columns.filter((column) => seen.size === seen.add(column).size);
  if (twice.length > 0)
    throw refuse(
      `names a column twice: ${[...new Set(twice)].slice(0, 10).map(shown).join(", ")},`,
      "give one of them another name, or take it away",
    );
  const [only = ""] = columns;
  if (columns.length === 1 && delimiter === "," && /[;\t]/.test(only))
    throw refuse(
      `has one column, ${shown(only)},`,
      `name what separates its cells: --delimiter, or in a mapping \`delimiter: "${only.includes("\t") ? "\\t" : ";"}"\``,
    );
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
