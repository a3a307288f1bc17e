import { type RawBuilder, sql } from "kysely";
import { daysAfter } from "../../domain/order.ts";
import type {
  BoardFrom,
  BoardPage,
  BoardRow,
  BoardSort,
  StateCount,
} from "../../domain/order-board.ts";
import { OPEN_PAYMENT_STATES } from "../../domain/payment.ts";
import {
  LIVE_ORDER_STATES,
  type LiveOrderState,
  ORDER_SLA_DAYS,
  SETTLED_ORDER_STATES,
} from "../../domain/stuck.ts";
import { ORDER_TIMERS, PAST_FLAGS } from "../../domain/timers.ts";
import { figureQueries } from "./board-figures.ts";
import { queueQueries } from "./board-queues.ts";
import { cursorOf, isLive, lits, pastFlags, readPage, rowsOf } from "./board-rows.ts";
import { type Aurora, query } from "./client.ts";

export type BoardStore = ReturnType<typeof boardStore>;

export interface BoardQuery {
  sort: BoardSort;
  from: BoardFrom;
  limit: number;
  state?: string | undefined;
  flag?: string | undefined;
  /** The beginning of an order's id. */
  idStart?: string | undefined;
  /** Bought or sold by one of these. */
  people?: readonly string[] | undefined;
}

/** By what each order of rows sorts, written as an index has it. */
const KEYS: Record<BoardSort, { key: RawBuilder<unknown> | null; descending: boolean }> = {
  newest: { key: null, descending: true },
  oldest: { key: null, descending: false },
  total: { key: sql`o.total_minor`, descending: true },
  age: { key: sql`o.changed_at`, descending: false },
};

/** From when an order waits in a state; written as the timers' indexes have it. */
const WAITS_FROM: Record<LiveOrderState, RawBuilder<unknown>> = {
  reserved: sql`o.reserved_until`,
  paid: sql`o.paid_at`,
  shipped: sql`coalesce(o.estimated_delivery_at, o.shipped_at)`,
  delivered: sql`o.delivered_at`,
  not_delivered: sql`o.changed_at`,
  disputed: sql`o.changed_at`,
};

const isPaying = sql`(o.state = 'reserved' and exists (select from payment p where p.order_id = o.id
  and p.state in (${lits(OPEN_PAYMENT_STATES)}) and not p.late))`;
const boardRow = sql`o.id, o.state, o.flags, o.total_minor, o.currency, o.buyer_id, b.email as buyer_email,
  o.seller_id, s.email as seller_email, o.created_at, o.changed_at, o.reserved_until, o.paid_at, o.shipped_at,
  o.delivered_at, o.estimated_delivery_at, ${isPaying} as is_paying`;
const people = sql`join "user" b on b.id = o.buyer_id left join "user" s on s.id = o.seller_id`;

/** What the dashboard reads. Each question is answered by indexes, however many orders there are. */
export const boardStore = (db: Aurora) => ({
  ...queueQueries(db),
  ...figureQueries(db),

  /** Orders in pages that begin at a row, so that the last page costs what the first does. */
  orders: (want: BoardQuery): Promise<BoardPage<BoardRow>> =>
    readPage(
      want,
      (backward, limit) => orderRows(db, want, { backward, limit }),
      (backward) => hasBeyond(db, want, backward),
    ),

  /** How many orders stand in each live state, and since when. */
  liveCounts: (): Promise<StateCount[]> =>
    rowsOf<StateCount>(
      db,
      sql`
      with counted as (
        select state, count(*) as count, min(changed_at) as oldest_at from "order"
        where state in (${lits(LIVE_ORDER_STATES)}) group by state
      )
      select c.*, (select o.changed_at from "order" o where o.state = c.state
        order by o.changed_at offset (c.count - 1) / 2 limit 1) as median_at
      from counted c`,
    ),

  /** How many orders stand in each of the other states. */
  settledCounts: (): Promise<StateCount[]> =>
    rowsOf<StateCount>(
      db,
      sql`
      select state, count(*) as count, null as oldest_at, null as median_at from "order"
      where state in (${lits(SETTLED_ORDER_STATES)}) group by state`,
    ),

  /** Ids of users whose e-mail begins so. */
  usersBeginning: (text: string, limit: number): Promise<string[]> =>
    query(async () => {
      const rows = await db
        .selectFrom("user")
        .select("id")
        .where((eb) => eb.fn("starts_with", ["emailFolded", eb.val(text)]), "=", sql.lit(true))
        .orderBy("emailFolded")
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    }),

  /** Orders past their SLA or their timer, at most so many of each state; those longest in it first. */
  stuck: (at: string, limit: number): Promise<BoardRow[]> => {
    const each = LIVE_ORDER_STATES.map(
      (state) => sql`(select o.id from "order" o where o.state = ${sql.lit(state)} and ${isLive}
        and ${isStuck(state, at)} order by ${WAITS_FROM[state]} limit ${limit})`,
    );
    return rowsOf<BoardRow>(
      db,
      sql`
      select ${boardRow} from "order" o ${people}
      where o.id in (${sql.join(each, sql` union all `)}) and not ${isPaying}`,
    );
  },
});

function isStuck(state: LiveOrderState, at: string): RawBuilder<boolean> {
  const days = { reserved: 0, delivered: ORDER_TIMERS.completion.days, ...ORDER_SLA_DAYS }[state];
  return sql`${WAITS_FROM[state]} < ${daysAfter(at, -days)}`;
}

/** The order of rows, or the one from behind. */
function ordering(sort: BoardSort, backward: boolean): RawBuilder<unknown> {
  const { key, descending } = KEYS[sort];
  const way = descending === backward ? sql`asc` : sql`desc`;
  return key ? sql`${key} ${way}, o.id ${way}` : sql`o.id ${way}`;
}

/** Rows from the one that the cursor names on, in this order or, `strictly`, before it. */
function bound(
  { sort, from }: BoardQuery,
  { backward, strictly = false }: { backward: boolean; strictly?: boolean },
): RawBuilder<boolean> {
  const cursor = cursorOf(from);
  if (cursor === undefined) return sql`true`;
  const { key, descending } = KEYS[sort];
  const id = cursor.slice(cursor.lastIndexOf("~") + 1);
  const operator = sql.raw(`${descending === backward ? ">" : "<"}${strictly ? "" : "="}`);
  if (!key) return sql`o.id ${operator} ${id}`;
  const value = cursor.slice(0, cursor.lastIndexOf("~"));
  return sql`(${key}, o.id) ${operator} (${value}, ${id})`;
}

function orderRows(
  db: Aurora,
  want: BoardQuery,
  { backward, limit }: { backward: boolean; limit: number },
): Promise<BoardRow[]> {
  const order = ordering(want.sort, backward);
  const where = bound(want, { backward });
  return rowsOf<BoardRow>(
    db,
    sql`
    select ${boardRow} from "order" o ${people}
    where o.id in (${foundIds(want, where, order, limit)})
    order by ${order} limit ${limit}`,
  );
}

/** Whether there are rows on the side of the cursor to which the page does not go. */
async function hasBeyond(db: Aurora, want: BoardQuery, backward: boolean): Promise<boolean> {
  const where = bound(want, { backward: !backward, strictly: true });
  const ids = foundIds(want, where, ordering(want.sort, !backward), 1);
  const [row] = await rowsOf<{ found: boolean }>(db, sql`select exists (${ids}) as found`);
  return row?.found === true;
}

/**
 * The ids of the first so many, several times perhaps. What an index cannot hold in this order together (several
 * states by age, what somebody bought and sold) is asked for one by one.
 */
function foundIds(
  { sort, state, flag, idStart, people: users }: BoardQuery,
  where: RawBuilder<boolean>,
  order: RawBuilder<unknown>,
  limit: number,
): RawBuilder<unknown> {
  const states = state === undefined ? (sort === "age" ? LIVE_ORDER_STATES : undefined) : [state];
  const inState = states?.map((one) => sql`o.state = ${one}`) ?? [sql`true`];
  const ofPeople = users
    ? users.flatMap((id) => [sql`o.buyer_id = ${id}`, sql`o.seller_id = ${id}`])
    : [sql`true`];
  const also = [where];
  if (flag !== undefined) also.push(isFlagged(flag));
  if (idStart !== undefined) also.push(begins(idStart));
  if (ofPeople.length === 0) return sql`select o.id from "order" o where false`;
  const parts = inState.flatMap((one) =>
    ofPeople.map(
      (party) => sql`(select o.id from "order" o
        where ${sql.join([one, party, ...also], sql` and `)} order by ${order} limit ${limit})`,
    ),
  );
  return sql.join(parts, sql` union all `);
}

function isFlagged(flag: string): RawBuilder<boolean> {
  const has = sql<boolean>`${flag} = any(o.flags)`;
  return (PAST_FLAGS as readonly string[]).includes(flag)
    ? has
    : sql`(${has} and o.flags <> '{}' and not o.flags <@ ${pastFlags})`;
}

/** Ids that begin so: hexadecimal digits with or without hyphens. */
function begins(start: string): RawBuilder<boolean> {
  const digits = start.replaceAll("-", "").slice(0, 32);
  return sql`o.id between ${uuid(digits.padEnd(32, "0"))} and ${uuid(digits.padEnd(32, "f"))}`;
}

function uuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
