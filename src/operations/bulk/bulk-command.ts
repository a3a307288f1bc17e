import type { Deps } from "../../deps.ts";
import type { Actor } from "../../domain/actor.ts";

/** What JSON can hold. */
export type Data = Readonly<Record<string, unknown>>;

/**
 * A command that changes something, told once: for its single form (`mkt ship ORDER`) and for each row of a
 * file (`mkt ship --from FILE`). `Row` is what one time of it takes; `Value` what its single form prints.
 *
 * **The rule: `apply` can be repeated.** A process may be killed after `apply` changed the data and before the
 * journal knew; the row is then applied again, with `who.again` true. So either
 * - the operation has the same effect however often it is called (shipping, cancelling, banning), or
 * - it takes `who.key` as its idempotency key (buying), or
 * - it makes its thing under an id that follows from the key, `idFrom(who.key, who.since)`, and takes finding it
 *   there already for success (publishing, registering), or
 * - `apply` looks first, when `who.again`, whether the goal holds already (a password, a relative change).
 *
 * What undoing needs to know of the time before (a price) is read by `before`: it is kept with the row before
 * `apply` changes anything, and given to every repetition.
 */
export interface BulkCommand<Row, Value> {
  /** As it is typed: `ship`, `publication update`. */
  name: string;
  /**
   * Checks a row against the live data without changing anything, as deeply as reading can: throws what
   * `apply` would throw.
   */
  plan: (row: Row, who: RowActor, deps: Deps) => Promise<RowPlan>;
  apply: (row: Row, who: RowContext, deps: Deps) => Promise<RowDone<Value>>;
  /** What undoing will need to know of the time before; called once, when a row is begun. */
  before?: (row: Row, who: RowActor, deps: Deps) => Promise<Data | null>;
  /** How a row is undone, or why none can be. */
  undo: BulkUndo | string;
  /** Rows of the same thing are done one after the other. Default: the value of the first required column. */
  thing?: (row: Row) => string;
  /** Columns whose values are kept and shown nowhere: passwords, cards. */
  secret?: readonly string[];
}

/** Who does a row: whoever runs the command, or the user of the row's column `as`. */
export interface RowActor {
  actor: Actor;
}

export interface RowContext extends RowActor {
  /** The same at every repetition of this row, and of this row only. */
  key: string;
  /** A time that is the same at every repetition, ISO-8601: with the key it makes an id. */
  since: string;
  /** The row was begun before and cut off: it may be done already. */
  again: boolean;
  /** What `before` gave when the row was begun first. */
  before: Data | null;
}

/** What a row would do. */
export interface RowPlan {
  subjectKind: string;
  /** Null: it does not exist yet. */
  subjectId: string | null;
  /** States, prices or whatever it is that changes; equal when nothing is left to do. */
  from: string | null;
  to: string | null;
  /** In a few words, such as `buys a label`. */
  summary: string;
}

/** What a row did. */
export interface RowDone<Value> {
  subjectKind: string;
  subjectId: string;
  /** The thing's state now, where it has one. */
  state: string | null;
  value: Value;
  /** It was so already: nothing was changed. */
  already?: boolean;
  /** What undoing needs; without it the row cannot be undone. */
  undo?: Data | null;
}

/**
 * Undoes a row by what its `apply` left. Each gives in a few words what it does, such as `closes publication
 * 0199…`, and throws `conflict` or whatever fits, with the reason, where the row must be kept: because somebody
 * changed the thing since, because it is shipped or paid. `apply` can be repeated, too.
 */
export interface BulkUndo {
  plan: (undo: Data, who: RowActor, deps: Deps) => Promise<string>;
  apply: (undo: Data, who: RowActor, deps: Deps) => Promise<string>;
}

/** A file of rows, or a pipe that was kept: it can be read more than once. */
export interface RowSource {
  /** As it was named: a path, or `-`. */
  name: string;
  read: () => Promise<{
    format: "csv" | "ndjson";
    /** Those of the header; of NDJSON those that rows named so far. */
    columns: readonly string[];
    rows: AsyncIterable<SourceRow>;
  }>;
  /** SHA-256 of what it holds. */
  digest: () => Promise<string>;
}

export interface SourceRow {
  /** Where it begins, from 1. */
  line: number;
  values: Readonly<Record<string, string>>;
  /** Why the row itself cannot be read. */
  problem?: string | undefined;
}

/** What a row takes, read from its values. */
export interface ReadRow<Row> {
  row: Row;
  /** The column `as`: the user to act for. */
  as: string | undefined;
  /** Rows of the same thing are done one after the other; null: it stands alone. */
  thing: string | null;
}

export interface RowReader<Row> {
  /** Refuses a file whose columns are not those of the command. */
  check: (columns: readonly string[]) => void;
  /** Reads a row's values. Throws `invalid`. */
  read: (values: SourceRow["values"]) => ReadRow<Row>;
}
