import { stringify } from "csv-stringify/sync";
import { Document, isScalar, visit } from "yaml";
import { escapeFormula } from "../domain/formula-cell.ts";
import { MktError } from "../errors.ts";
import type { Terminal } from "./colour.ts";
import { safeData, safeLine } from "./safe-text.ts";
import { type Column, cellText, isRightAligned, renderTable } from "./table.ts";

export type { Column } from "./table.ts";

export const FORMATS = [
  "table",
  "wide",
  "json",
  "yaml",
  "csv",
  "ndjson",
  "markdown",
  "name",
] as const;
/** And what some commands print besides, by themselves: a check's report, rows for other programs, pages. */
export const SPECIAL_FORMATS = ["junit", "parquet", "html"] as const;
export type SpecialFormat = (typeof SPECIAL_FORMATS)[number];
export const ALL_FORMATS = [...FORMATS, ...SPECIAL_FORMATS] as const;
export type Format = (typeof ALL_FORMATS)[number];

const AS_DATA = { isTerminal: false, links: false };
/** What JSON and YAML leave as it is, though it could drive a terminal. */
const UNESCAPED = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;
/** YAML's keys stand without quotes otherwise, and only inside of quotes does an escape mean a character. */
const WANTS_QUOTES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

interface List<T> {
  items: readonly T[];
  nextPageToken?: string | null | undefined;
}

/** One thing in a format for programs. */
export function renderValue(format: Format, value: unknown): string {
  switch (format) {
    case "ndjson":
      return `${safeJson(JSON.stringify(value))}\n`;
    case "yaml":
      return safeYaml(value);
    case "name":
      return nameLine(field(value, "id"));
    case "csv":
      return csv([["key", "value"], ...pairs(value)]);
    case "markdown":
      return markdown(
        ["key", "value"],
        ["---", "---"],
        pairs(value).map((cells) => cells.map(String)),
      );
    default:
      return `${safeJson(JSON.stringify(value, null, 2))}\n`;
  }
}

/** A list in any format. `only` names the columns to show, in order. Throws `usage` for one that is not there. */
export function renderList<T>(
  format: Format,
  list: List<T>,
  columns: readonly Column<T>[],
  { terminal, only }: { terminal: Terminal; only?: readonly string[] },
): string {
  const chosen = only ? chooseColumns(columns, only) : columns;
  const { items } = list;
  switch (format) {
    case "table":
    case "wide":
      return renderTable(items, chosen, terminal, {
        wide: format === "wide" || only !== undefined,
      });
    case "csv":
      return csv([
        chosen.map(({ key }) => key),
        ...items.map((row) => chosen.map(({ value }) => value(row) ?? "")),
      ]);
    case "markdown":
      return markdown(
        chosen.map(({ header }) => header),
        chosen.map((column) => (isRightAligned(column) ? "---:" : "---")),
        items.map((row) => chosen.map((column) => cellText(column, row, AS_DATA))),
      );
    case "name":
      return items.map((row) => nameLine(nameOf(row, columns))).join("");
    case "ndjson":
      return items.map((row) => renderValue("ndjson", only ? pick(row, chosen) : row)).join("");
    default: {
      const shown = only ? items.map((row) => pick(row, chosen)) : items;
      return renderValue(format, {
        ...list,
        items: shown,
        nextPageToken: list.nextPageToken ?? null,
      });
    }
  }
}

/** The columns of these names, in that order. Throws `usage` for one that is not there. */
export function chooseColumns<T>(
  columns: readonly Column<T>[],
  only: readonly string[],
): Column<T>[] {
  return only.map((name) => {
    const found = columns.find(({ key }) => key === name.trim());
    if (found) return found;
    throw new MktError("usage", `there is no column ${JSON.stringify(name)}`, {
      hint: `columns: ${columns.map(({ key }) => key).join(", ")}`,
    });
  });
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** What other commands know a row by: its id, else what its first column of ids shows. */
function nameOf<T>(row: T, columns: readonly Column<T>[]): unknown {
  const column = columns.find(({ kind }) => kind === "id") ?? columns[0];
  return field(row, "id") ?? column?.value(row);
}

function nameLine(name: unknown): string {
  return name === undefined || name === null ? "" : `${safeLine(String(name))}\n`;
}

/** The fields of the chosen columns; what a row does not have itself is as the column computes it. */
function pick<T>(row: T, columns: readonly Column<T>[]): Record<string, unknown> {
  return Object.fromEntries(
    columns.map(({ key, value }) => [key, field(row, key) ?? value(row) ?? null]),
  );
}

function pairs(value: unknown): [key: string, cell: string | number][] {
  if (typeof value !== "object" || value === null) return [["value", String(value)]];
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => [key, isCell(item) ? item : safeJson(JSON.stringify(item))]);
}

function isCell(item: unknown): item is string | number {
  return typeof item === "string" || typeof item === "number";
}

/** Cells that a spreadsheet would take for a formula are made harmless. */
function csv(rows: readonly (readonly (string | number | boolean)[])[]): string {
  return stringify(
    rows.map((row) =>
      row.map((cell) => (typeof cell === "string" ? escapeFormula(safeData(cell)) : cell)),
    ),
    { cast: { boolean: String } },
  );
}

/** A table in which no text can end its cell, or become a link, an image or HTML. */
function markdown(
  header: readonly string[],
  rule: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const texts = (cells: readonly string[]) =>
    line(cells.map((cell) => safeLine(cell).replaceAll(/[\\|<`*[\]]/g, "\\$&")));
  return `${[texts(header), line(rule), ...rows.map(texts)].join("\n")}\n`;
}

/** JSON that never drives a terminal: it leaves C1 and format characters as they are otherwise. */
export function safeJson(json: string): string {
  return escaped(json, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** YAML whose texts stand in double quotes, where what could drive a terminal is escaped. */
function safeYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && WANTS_QUOTES.test(String(key.value))) key.type = "QUOTE_DOUBLE";
    },
  });
  const yaml = document.toString({
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
    lineWidth: 0,
  });
  return escaped(
    yaml,
    (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`,
  );
}

function escaped(text: string, form: (character: string) => string): string {
  return text.replaceAll(UNESCAPED, form);
}
