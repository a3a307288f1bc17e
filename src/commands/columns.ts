import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Column } from "../output/table.ts";

/** What is told of a column: its key is what `--columns` takes and the field's name in CSV. */
export interface ColumnSchema {
  key: string;
  header: string;
  kind: NonNullable<Column<never>["kind"]>;
  wide: boolean;
  /** The flag of the command that asks for its list; null: it is the list without any. */
  flag: string | null;
}

type Described = Pick<Column<never>, "key" | "header" | "kind" | "wide">;

const known = new WeakMap<CommandUnknownOpts, readonly ColumnSchema[]>();

/**
 * Remembers the columns of the list that a command prints, for the schema and for completion; gives the
 * command. `others` are of the lists that it prints with a flag instead.
 */
export function withColumns<C extends CommandUnknownOpts>(
  command: C,
  columns: readonly Described[],
  others: Readonly<Record<string, readonly Described[]>> = {},
): C {
  known.set(command, [
    ...columns.map((column) => describe(column, null)),
    ...Object.entries(others).flatMap(([flag, list]) =>
      list.map((column) => describe(column, flag)),
    ),
  ]);
  return command;
}

function describe(column: Described, flag: string | null): ColumnSchema {
  const { key, header, kind = "text", wide = false } = column;
  return { key, header, kind, wide, flag };
}

/** The columns of all lists that a command prints; none when it prints no list. */
export function columnsOf(command: CommandUnknownOpts): readonly ColumnSchema[] {
  return known.get(command) ?? [];
}
