import { type RawBuilder, sql } from "kysely";
import type { BoardFrom, BoardPage } from "../../domain/order-board.ts";
import { PAST_FLAGS } from "../../domain/timers.ts";
import { type Aurora, query } from "./client.ts";

/** Values as literals, so that conditions read as indexes have them. */
export const lits = (values: readonly string[]) => sql.join(values.map((value) => sql.lit(value)));

export const pastFlags = sql`array[${lits(PAST_FLAGS)}]::text[]`;
/** Whether timers look at an order (alias `o`). Written as the indexes have it. */
export const isLive = sql<boolean>`not (o.flags && ${pastFlags})`;

export const rowsOf = <Row>(db: Aurora, statement: RawBuilder<unknown>): Promise<Row[]> =>
  query(async () => (await (statement as RawBuilder<Row>).execute(db)).rows);

/** The row that a page begins or ends at; undefined: it is the first or the last page. */
export const cursorOf = (from: BoardFrom): string | undefined =>
  typeof from === "string" ? undefined : "after" in from ? from.after : from.upTo;

/**
 * A page whose rows are read in one direction or the other: `read` gives at most so many from the cursor on,
 * `hasBeyond` says whether there are any on the side of it to which the page does not go.
 */
export async function readPage<Row>(
  { from, limit }: { from: BoardFrom; limit: number },
  read: (isBackward: boolean, most: number) => Promise<Row[]>,
  hasBeyond: (isBackward: boolean) => Promise<boolean>,
): Promise<BoardPage<Row>> {
  const isBackward = from === "last" || (typeof from === "object" && "upTo" in from);
  const found = await read(isBackward, limit + 1);
  const more = found.length > limit;
  const rows = found.slice(0, limit);
  const beyond = cursorOf(from) !== undefined && (await hasBeyond(isBackward));
  return isBackward
    ? { rows: rows.reverse(), hasBefore: more, hasAfter: beyond }
    : { rows, hasBefore: beyond, hasAfter: more };
}
