import { type Argument, InvalidArgumentError, type Option } from "@commander-js/extra-typings";
import { MktError } from "../errors.ts";
import { type ExpectedColumn, expectColumns } from "../input/expect-columns.ts";
import { shown } from "../input/input-row.ts";
import type { BulkCommand, RowReader } from "../operations/bulk/bulk-command.ts";
import { collect } from "./parse.ts";

/** An argument or an option of a command as a column of a file. */
export interface RowColumn {
  /** Its name in a row, such as `handedOver`. */
  name: string;
  /** As it is typed, such as `handed-over`. */
  alias: string;
  required: boolean;
  /** Reads a cell that is not empty. Throws `invalid`. */
  read: (text: string) => unknown;
}

const LIST_SEPARATOR = "|";
const BOOLEANS: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  "1": true,
  no: false,
  false: false,
  "0": false,
};

/** The column that says for whom an operator acts in a row. */
const ACTING: ExpectedColumn = { name: "as", required: false };

export function columnOfArgument(argument: Argument): RowColumn {
  const alias = argument.name();
  const name = alias.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { name, alias, required: argument.required, read: readerOf(name, argument) };
}

export function columnOfOption(option: Option): RowColumn {
  const name = option.attributeName();
  const read = option.isBoolean()
    ? (text: string) => readBoolean(name, text)
    : readerOf(name, option);
  return { name, alias: option.name(), required: option.mandatory, read };
}

/** A column of text that no argument or option is. */
export function textColumn(name: string, required: boolean): RowColumn {
  return { name, alias: name, required, read: (text) => text };
}

/**
 * Reads rows as a command's single form reads its arguments and options. An empty cell is one that is not
 * there. `given` are options of the command line: what a row does not say itself is as they say.
 */
export function rowReader<Row, Value>(
  columns: readonly RowColumn[],
  bulk: BulkCommand<Row, Value>,
  given: Readonly<Record<string, unknown>>,
  file: string,
): RowReader<Row> {
  const isOpen = ({ name, required }: RowColumn) => required && given[name] === undefined;
  const expected: ExpectedColumn[] = [
    ...columns.map((column) => ({
      name: column.name,
      required: isOpen(column),
      aliases: column.alias === column.name ? [] : [column.alias],
    })),
    ACTING,
  ];
  const key = columns.find(isOpen);
  let named: ReadonlyMap<string, string> = new Map();
  return {
    check: (header) => {
      named = expectColumns(header, expected, file);
    },
    read: (values) => {
      const cell = (name: string) => values[named.get(name) ?? ""]?.trim() || undefined;
      const row: Record<string, unknown> = { ...given };
      for (const column of columns) {
        const text = cell(column.name);
        if (text !== undefined) row[column.name] = column.read(text);
        else if (isOpen(column)) throw new MktError("invalid", `it has no ${column.name}`);
      }
      // The columns are the command's own arguments and options: what they read to is what it takes.
      const whole = row as Row;
      const thing = bulk.thing ? bulk.thing(whole) : (key && cell(key.name)) || null;
      return { row: whole, as: cell(ACTING.name), thing };
    },
  };
}

function readBoolean(name: string, text: string): boolean {
  const value = BOOLEANS[text.toLowerCase()];
  if (value !== undefined) return value;
  throw new MktError("invalid", `${name} ${shown(text)} is neither yes nor no`);
}

/** What commander would make of it. */
function readerOf(
  name: string,
  { variadic, parseArg }: Pick<Option, "variadic" | "parseArg">,
): (text: string) => unknown {
  const isList = variadic || (parseArg as unknown) === collect;
  const parse = (text: string, before: unknown): unknown => {
    try {
      if (parseArg) return parseArg(text, before);
      return isList ? collect(text, before as string[] | undefined) : text;
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      const why = error.message.replace(/\.$/, "");
      throw new MktError("invalid", `${name} ${shown(text)}: ${why}`);
    }
  };
  if (!isList) return (text) => parse(text, undefined);
  return (text) =>
    listed(name, text).reduce<unknown>((before, each) => parse(each, before), undefined);
}

/** Several values in one cell: separated, or as a list of JSON. */
function listed(name: string, text: string): string[] {
  if (!text.startsWith("[")) return text.split(LIST_SEPARATOR).map((each) => each.trim());
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((each) => typeof each === "string")) return list;
  } catch {
    // Said below.
  }
  throw new MktError("invalid", `${name} ${shown(text)} is not a list of texts`);
}
