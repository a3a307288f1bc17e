import Table from "cli-table3";
import { formatMinor } from "../domain/money.ts";
import { paint, type Terminal } from "./colour.ts";
import { hyperlink } from "./links.ts";
import { displayWidth, safeLine, truncate } from "./safe-text.ts";
import { block } from "./story.ts";

/** One column of a list. Money is in minor units, times are ISO-8601, links are URLs with spaces between them. */
export interface Column<T> {
  key: string;
  header: string;
  value: (row: T) => string | number | boolean | null | undefined;
  kind?: "text" | "id" | "number" | "money" | "time" | "state" | "links";
  /** Of money. */
  currency?: (row: T) => string;
  /** Only shown by `-o wide`. */
  wide?: boolean;
}

interface Layout {
  header: string[];
  rows: string[][];
  widths: number[];
  right: boolean[];
}

const GAP = 2;
const NARROWEST = 6;
/** A table leaves columns out before its texts become narrower than this. */
const READABLE = 12;
const PLAIN_FROM_ROWS = 500;
const EDGES =
  "top,top-mid,top-left,top-right,bottom,bottom-mid,bottom-left,bottom-right,left,left-mid";
const BORDERLESS = {
  ...Object.fromEntries(
    `${EDGES},mid,mid-mid,right,right-mid`.split(",").map((edge) => [edge, ""]),
  ),
  middle: " ".repeat(GAP),
};
/** What cli-table3 measures as terminals do: not ©, later emoji and most combining marks. */
const MEASURED_BY_LIBRARY = /^[\u0020-\u00a8\u00aa-\u00ad\u00af-\u02ff…⏎]*$/;

/**
 * A list as people read it; whole, and without colour, in a pipe. On a terminal it fits: texts are cut, then the
 * last columns are left out unless `wide` wants all, and where nothing helps each row becomes labelled lines.
 */
export function renderTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  terminal: Terminal,
  { wide }: { wide: boolean },
): string {
  if (rows.length === 0) return "nothing to show\n";
  const wanted = columns.filter((column) => wide || !column.wide);
  const cells = rows.map((row) => wanted.map((column) => cellText(column, row, terminal)));
  const natural = wanted.map(({ header }, index) =>
    cells.reduce(
      (width, row) => Math.max(width, displayWidth(row[index] ?? "")),
      displayWidth(header),
    ),
  );
  if (!terminal.isTerminal) return lines(layoutOf(wanted, cells, natural), terminal);
  const count = wide
    ? countThatFit(wanted, natural, terminal, NARROWEST)
    : countThatFit(wanted, natural, terminal, READABLE);
  if (wide ? count < wanted.length : count < Math.min(2, wanted.length)) {
    return labelled(wanted, cells, terminal);
  }
  const shown = wanted.slice(0, count);
  const widths = fittedWidths(shown, natural, terminal);
  const table = lines(layoutOf(shown, cells, widths), terminal);
  const leftOut = wanted.slice(count).map(({ header }) => header);
  return leftOut.length === 0 ? table : `${table}… ${leftOut.join(", ")}: -o wide shows all\n`;
}

/** What a cell shows: money with its currency, times in the reader's zone on a terminal. */
export function cellText<T>(
  { kind, value, currency }: Column<T>,
  row: T,
  { isTerminal, links }: Pick<Terminal, "isTerminal" | "links">,
): string {
  const raw = value(row);
  if (raw === null || raw === undefined) return "";
  if (kind === "money" && typeof raw === "number" && currency)
    return formatMinor(raw, currency(row));
  if (kind === "time" && isTerminal) return localTime(String(raw));
  if (kind === "links") return hyperlinks(String(raw), { links });
  return safeLine(String(raw));
}

export function isRightAligned({ kind }: Pick<Column<never>, "kind">): boolean {
  return kind === "number" || kind === "money";
}

function hyperlinks(urls: string, terminal: Pick<Terminal, "links">): string {
  return urls
    .split(" ")
    .map((url, index) => hyperlink({ url, label: `link ${index + 1}` }, terminal))
    .join(" ");
}

function localTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return safeLine(iso);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Only texts and states may be cut: a part of an id or of a number is worth nothing. */
function canShrink({ kind = "text" }: Pick<Column<never>, "kind">): boolean {
  return kind === "text" || kind === "state";
}

/** How many of the columns, from the first on, fit when texts are cut down to `narrowest`. */
function countThatFit<T>(
  columns: readonly Column<T>[],
  natural: readonly number[],
  { columns: available }: Terminal,
  narrowest: number,
): number {
  let used = -GAP;
  let count = 0;
  for (const [index, column] of columns.entries()) {
    const width = natural[index] ?? 0;
    used += GAP + (canShrink(column) ? Math.min(width, narrowest) : width);
    if (used > available) break;
    count += 1;
  }
  return count;
}

/** As wide as their text; the widest texts give way until all fits. */
function fittedWidths<T>(
  columns: readonly Column<T>[],
  natural: readonly number[],
  { columns: available }: Terminal,
): number[] {
  const widths = natural.slice(0, columns.length);
  let excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - available;
  for (; excess > 0; excess -= 1) {
    const widest = columns.reduce((best, column, index) => {
      return canShrink(column) && (widths[index] ?? 0) > (widths[best] ?? 0) ? index : best;
    }, -1);
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function layoutOf<T>(
  columns: readonly Column<T>[],
  cells: readonly string[][],
  widths: number[],
): Layout {
  const cut = (row: readonly string[]) =>
    columns.map((_, at) => truncate(row[at] ?? "", widths[at] ?? 0));
  return {
    header: cut(columns.map(({ header }) => header)),
    rows: cells.map(cut),
    widths,
    right: columns.map(isRightAligned),
  };
}

function lines(layout: Layout, terminal: Terminal): string {
  const { header, rows, right } = layout;
  const isMeasured = [header, ...rows].every((row) =>
    row.every((text) => MEASURED_BY_LIBRARY.test(text)),
  );
  if (rows.length > PLAIN_FROM_ROWS || !isMeasured) return paddedLines(layout, terminal);
  const table = new Table({
    head: header.map((text) => paint("bold", text, terminal)),
    chars: BORDERLESS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: right.map((isRight) => (isRight ? "right" : "left")),
  });
  table.push(...rows);
  return `${table.toString().replaceAll(/[ ]+$/gm, "")}\n`;
}

/** The same as cli-table3's lines, for what it measures wrongly or takes seconds for. */
function paddedLines({ header, rows, widths, right }: Layout, terminal: Terminal): string {
  const line = (row: readonly string[], show = (text: string) => text) =>
    row
      .map((text, index) => {
        const pad = " ".repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(text)));
        return right[index] ? pad + show(text) : show(text) + pad;
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const bold = (text: string) => paint("bold", text, terminal);
  return `${[line(header, bold), ...rows.map((row) => line(row))].join("\n")}\n`;
}

/** Each row as labelled lines, its texts cut to the terminal's width. */
function labelled<T>(
  columns: readonly Column<T>[],
  cells: readonly string[][],
  { columns: available }: Terminal,
): string {
  const room = available - GAP - Math.max(...columns.map(({ header }) => displayWidth(header)));
  const cut = (column: Column<T>, text: string) =>
    canShrink(column) ? truncate(text, Math.max(NARROWEST, room)) : text;
  const records = cells.map((row) =>
    block(columns.map((column, index) => [column.header, cut(column, row[index] ?? "")] as const)),
  );
  return `${records.join("\n\n")}\n`;
}
