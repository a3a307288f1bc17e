import { stringify } from "csv-stringify/sync";
import { stringify as toYaml } from "yaml";
import { MktError } from "../errors.ts";
import type { Terminal } from "./colour.ts";
import { safeLine } from "./safe-text.ts";
import { type Column, renderTable } from "./table.ts";

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
export type Format = (typeof FORMATS)[number];

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
      return `${safeLine(String(field(value, "id") ?? ""))}\n`;
    case "csv":
      return csv([["key", "value"], ...pairs(value)]);
    case "markdown":
      return markdown(["key", "value"], pairs(value));
    default:
      return `${safeJson(JSON.stringify(value, null, 2))}\n`;
  }
}

/** A list in any format. `only` names the columns to show, in order. */
export function renderList<T>(
  format: Format,
  list: List<T>,
  columns: readonly Column<T>[],
  { terminal, only }: { terminal: Terminal; only?: readonly string[] },
): string {
  const chosen = only ? choose(columns, only) : columns;
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
        items.map((row) => chosen.map(({ value }) => String(value(row) ?? ""))),
      );
    case "name":
      return items.map((row) => `${safeLine(String(field(row, "id") ?? ""))}\n`).join("");
    case "ndjson":
      return items.map((row) => renderValue("ndjson", only ? pick(row, only) : row)).join("");
    default: {
      const shown = only ? items.map((row) => pick(row, only)) : items;
      return renderValue(format, {
        ...list,
        items: shown,
        nextPageToken: list.nextPageToken ?? null,
      });
    }
  }
}

function choose<T>(columns: readonly Column<T>[], only: readonly string[]): Column<T>[] {
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

function pick(row: unknown, only: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(only.map((key) => [key.trim(), field(row, key.trim())]));
}

function pairs(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [["value", String(value)]];
  return Object.entries(value).map(([key, item]) => [
    key,
    typeof item === "string" ? item : JSON.stringify(item),
  ]);
}

/** Cells that a spreadsheet would take for a formula are made harmless. */
function csv(rows: readonly (readonly unknown[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true },
  );
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => safeLine(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return `${[line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}

/** JSON that never drives a terminal: it leaves C1 and bidirectional characters as they are otherwise. */
function safeJson(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u061c\ufeff]/g,
    (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    },
  );
}

/** YAML whose texts are JSON texts, which is legal YAML and escapes the same. */
function safeYaml(value: unknown): string {
  return safeJson(
    toYaml(value, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 }),
  );
}
