import type { Deps } from "../deps.ts";
import { type Actor, readingRole } from "../domain/actor.ts";
import type { DataRows } from "../domain/data-rows.ts";
import { firstStatement, firstWord, isBlank, withoutEnd } from "../domain/sql-statement.ts";
import { MktError } from "../errors.ts";

export interface SqlWish {
  actor: Actor;
  /** One statement that reads, or `\d`, `\d TABLE`. */
  statement: string;
  timeoutMs: number;
  signal: AbortSignal;
}

const READING = new Set(["select", "with", "values", "table", "explain", "show"]);

/**
 * Runs one statement that reads, for staff, with the grants of whoever asks, and gives its rows to `use`. Throws
 * `invalid` for what PostgreSQL does not understand or does not do, `not_allowed` for what the role may not read.
 */
export async function runSql<T>(
  { actor, statement, timeoutMs, signal }: SqlWish,
  use: (rows: DataRows) => Promise<T>,
  { statements }: Pick<Deps, "statements">,
): Promise<T> {
  const role = readingRole(actor);
  const read = statement.trim().startsWith("\\")
    ? describing(statement.trim())
    : { text: readingStatement(statement) };
  return statements.read({ ...read, role, timeoutMs, signal }, use);
}

/** The database refuses to change anything by itself: this says it earlier and in fewer words. */
function readingStatement(text: string): string {
  if (isBlank(text)) throw new MktError("usage", "there is no statement");
  const found = firstStatement(text);
  if (found && !isBlank(found.rest)) {
    throw new MktError("usage", "one statement at a time", {
      hint: "run mkt sql once for each, or type them at its prompt",
    });
  }
  const word = firstWord(text);
  if (!READING.has(word)) {
    throw new MktError("invalid", `mkt sql only reads: ${word || "this"} is not for it`, {
      hint: "statements begin with SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW",
    });
  }
  return withoutEnd(text);
}

const VISIBLE = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v', 'm', 'p') and n.nspname in ('public', 'analytics')
    and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select')`;

/** What `\d` shows: the tables that the role may read, or the columns of one. */
function describing(command: string): { text: string; values?: (string | null)[] } {
  const match = /^\\d(?:\s+(\S+?))?\s*;?$/.exec(command);
  if (!match) {
    throw new MktError("usage", `there is no ${command.split(/\s/)[0]}`, {
      hint: "\\d lists tables, \\d TABLE its columns; at the prompt also \\timing and \\q",
    });
  }
  const [, name] = match;
  if (name === undefined) {
    const kind = `case when c.relkind = 'v' then 'view' else 'table' end`;
    return {
      text: `select n.nspname as schema, c.relname as name, ${kind} as kind ${VISIBLE} order by 1, 2`,
    };
  }
  const [table = "", schema = null] = name.replaceAll('"', "").split(".").reverse();
  return {
    text: `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as "canBeNull"
      from pg_attribute a join (select c.oid ${VISIBLE} and c.relname = $1
        and n.nspname = coalesce($2, current_schema())) found on found.oid = a.attrelid
      where a.attnum > 0 and not a.attisdropped and has_column_privilege(a.attrelid, a.attnum, 'select')
      order by a.attnum`,
    values: [table, schema],
  };
}
