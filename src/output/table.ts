import Table from "cli-table3";
import { formatMinor } from "../domain/money.ts";
import { paint, type Terminal } from "./colour.ts";
import { displayWidth, safeLine, truncate } from "./safe-text.ts";

/** One column of a list. Money is in minor units, times are ISO-8601. */
export interface Column<T> {
  key: string;
  header: string;
  value: (row: T) => string | number | boolean | null | undefined;
  kind?: "text" | "id" | "number" | "money" | "time" | "state";
  /** Of money. */
  currency?: (row: T) => string;
  /** Only shown by `-o wide`. */
  wide?: boolean;
}

const GAP = 2;
const NARROWEST = 6;
const PLAIN_FROM_ROWS = 500;
const BORDERLESS = {
  ...{
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
  },
  ...{
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  ",
  },
};

/** A list as people read it, fitted to the terminal; whole, and without colour, in a pipe. */
export function renderTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  terminal: Terminal,
  { wide }: { wide: boolean },
): string {
  if (rows.length === 0) return "nothing to show\n";
  const shown = columns.filter((column) => wide || !column.wide);
  const cells = rows.map((row) => shown.map((column) => cellText(column, row, terminal)));
  const widths = columnWidths(shown, cells, terminal);
  const fitted = cells.map((row) => row.map((text, index) => truncate(text, widths[index] ?? 0)));
  const header = shown.map(({ header }, index) => truncate(header, widths[index] ?? 0));
  const right = shown.map(({ kind }) => kind === "number" || kind === "money");
  if (rows.length > PLAIN_FROM_ROWS) return plain([header, ...fitted], widths, right);
  const table = new Table({
    head: header.map((text) => paint("bold", text, terminal)),
    chars: BORDERLESS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: right.map((isRight) => (isRight ? "right" : "left")),
  });
  table.push(...fitted);
  return `${table.toString().replaceAll(/[ ]+$/gm, "")}\n`;
}

/** What a cell shows: money with its currency, times in the reader's zone on a terminal. */
function cellText<T>(
  { kind, value, currency }: Column<T>,
  row: T,
  { isTerminal }: Terminal,
): string {
  const raw = value(row);
  if (raw === null || raw === undefined) return "";
  if (kind === "money" && typeof raw === "number")
    return formatMinor(raw, currency?.(row) ?? "XXX");
  if (kind === "time" && isTerminal) return localTime(String(raw));
  return safeLine(String(raw));
}

function localTime(iso: string): string {
  const at = new Date(iso);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Column widths: as wide as their text; on a terminal the widest texts give way until all fits. */
function columnWidths<T>(
  columns: readonly Column<T>[],
  cells: readonly string[][],
  { isTerminal, columns: available }: Terminal,
): number[] {
  const widths = columns.map(({ header }, index) =>
    Math.max(displayWidth(header), ...cells.map((row) => displayWidth(row[index] ?? ""))),
  );
  if (!isTerminal) return widths;
  const total = () => widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
  while (total() > available) {
    const widest = columns.reduce((best, { kind = "text" }, index) => {
      const width = widths[index] ?? 0;
      return (kind === "text" || kind === "state") &&
        width > NARROWEST &&
        width > (widths[best] ?? 0)
        ? index
        : best;
    }, -1);
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** cli-table3 takes seconds for thousands of rows: those are padded plainly. */
function plain(
  rows: readonly string[][],
  widths: readonly number[],
  right: readonly boolean[],
): string {
  const lines = rows.map((row) =>
    row
      .map((text, index) => {
        const pad = " ".repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(text)));
        return right[index] ? pad + text : text + pad;
      })
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
