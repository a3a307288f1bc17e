import type { Deps } from "../deps.ts";
import { type Actor, readingRole } from "../domain/actor.ts";
import type { DataRows } from "../domain/data-rows.ts";
import { type ExportedThing, exported } from "../domain/exported.ts";
import { MktError } from "../errors.ts";

export interface ExportWish {
  actor: Actor;
  what: ExportedThing;
  /** Which columns, in order; undefined: all. */
  columns: readonly string[] | undefined;
  /** From then on, and before then: by the thing's own time. */
  since: string | undefined;
  until: string | undefined;
  signal: AbortSignal;
}

/**
 * Gives all rows of a kind to `use`, as they come and all of one moment, for staff, read with the grants of whoever
 * asks. Columns that a role may not read stay empty, which is said; asked for by name they are refused. Throws
 * `usage` for a column that is not there.
 */
export async function exportRows<T>(
  { actor, what, columns: wanted, since, until, signal }: ExportWish,
  use: (rows: DataRows) => Promise<T>,
  { exports, events, notice }: Pick<Deps, "exports" | "events" | "notice">,
): Promise<T> {
  const role = readingRole(actor);
  const { columns: all, roles = [role] } = exported(what);
  if (!roles.includes(role)) {
    throw new MktError("not_allowed", `${role}s cannot export ${what}`, {
      hint: `they are for ${roles.join(" or ")}`,
    });
  }
  const known = all.map(({ name }) => name);
  const columns = wanted?.map((name) => name.trim()) ?? known;
  const missing = columns.find((name) => !known.includes(name));
  if (missing !== undefined) {
    throw new MktError("usage", `${what} have no column ${JSON.stringify(missing)}`, {
      hint: `columns: ${known.join(", ")}`,
    });
  }
  const closed = all
    .filter((column) => columns.includes(column.name) && !(column.roles ?? [role]).includes(role))
    .map(({ name }) => name);
  if (wanted && closed.length > 0)
    throw new MktError("not_allowed", `${role}s cannot read ${closed.join(", ")}`);
  if (closed.length > 0) notice(`left empty, since ${role}s cannot read it: ${closed.join(", ")}`);
  // Only what has a position is exported.
  if (what === "events") await events.sequence();
  return exports.read({ what, columns, since, until, role, signal }, use);
}
