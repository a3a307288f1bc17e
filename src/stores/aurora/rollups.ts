import { sql } from "kysely";
import type pg from "pg";
import type { Profile } from "../../config.ts";
import { SOLD_STATES } from "../../domain/sold-states.ts";
import { type Aurora, aloneWith, connectAlone, query } from "./client.ts";
import { LAST_POSITION } from "./log.ts";

export type RollupStore = ReturnType<typeof rollupStore>;

/** How far the sums of days tell, and the log. */
export interface RollupState {
  /** Null: there are no sums yet. */
  position: number | null;
  timeZone: string | null;
  lastPosition: number;
}

/** The sums of sales of a day, of all or of one seller, category or state. */
export interface DaySums {
  purchases: number;
  orders: number;
  lines: number;
  units: number;
  linesMinor: number;
  shippingMinor: number;
  soldOrders: number;
  soldMinor: number;
}

/** A day whose sums are not what its orders come to. */
export interface DayDifference {
  day: string;
  by: "all" | "seller" | "category" | "state";
  /** Empty where it is of all, or of orders without a seller. */
  key: string;
  currency: string;
  kept: DaySums | null;
  counted: DaySums | null;
}

/** Days that differ, at most so many, and how many there are of all. */
export interface RollupCheck {
  days: number;
  compared: number;
  wrong: number;
  differences: DayDifference[];
}

/** From so many events on all is made anew: that is quicker than to look for each order's day. */
const NEAR_EVENTS = 50_000;

/**
 * What takes rows away must wait for whoever makes sums of them, and say that there are none: the first keeps others
 * from making any until the transaction ends.
 */
export const ROLLUP = {
  lock: "select pg_advisory_xact_lock(726115006)",
  forget: "delete from sales_rollup",
  empty: "delete from sales_day",
} as const;
const LOCK = 726_115_006;

/** Sums of sales by day. Whatever changes them has a connection of its own, since it may take long. */
export const rollupStore = (db: Aurora, profile: Profile) => ({
  /** Where the sums are. */
  state: (): Promise<RollupState> =>
    query(async () => {
      const { rows } = await sql<RollupState>`
        select r.position, r.time_zone as "timeZone", ${sql.raw(LAST_POSITION)} as "lastPosition"
        from (values (1)) as one (n) left join sales_rollup r on true`.execute(db);
      return rows[0] ?? { position: null, timeZone: null, lastPosition: 0 };
    }),

  /**
   * Follows the log up to its last position: the days of all orders that it tells of are computed anew from the
   * orders, or all of them where that is far ahead or the zone another one. Gives how many days; undefined, and
   * nothing done, while somebody else is at it, unless it `waits` for that.
   */
  catchUp: (
    timeZone: string,
    at: string,
    { waits = false } = {},
  ): Promise<{ days: number } | undefined> =>
    (waits ? whenFree : ifFree)(profile, async (client) => {
      const { rows } = await client.query(
        `select r.time_zone = $1 and ${LAST_POSITION} - r.position <= ${NEAR_EVENTS} as near from sales_rollup r`,
        [timeZone],
      );
      if (rows[0]?.near !== true) return { days: await makeAnew(client, timeZone, at) };
      const changed = await client.query("select day::text from sales_changed_day");
      const days: string[] = changed.rows.map(({ day }) => day);
      await client.query("delete from sales_day where day = any ($1::date[])", [days]);
      await client.query(insertSums(ORDERS_OF_DAYS), [timeZone, days]);
      await client.query(`update sales_rollup set position = ${LAST_POSITION}, changed_at = $1`, [
        at,
      ]);
      return { days: days.length };
    }),

  /** Makes all sums anew, once nobody else is at it. Gives how many days there are. */
  rebuild: (timeZone: string, at: string): Promise<{ days: number }> =>
    whenFree(profile, async (client) => ({ days: await makeAnew(client, timeZone, at) })),

  /** Compares the sums with the orders as both are at one moment, but for days that the log has news of. */
  compare: (limit: number): Promise<RollupCheck> =>
    whenFree(profile, async (client) => {
      const { rows } = await client.query(COMPARE, [limit]);
      return rows[0]?.check as RollupCheck;
    }),
});

type Work<T> = (client: pg.Client) => Promise<T>;

/** Runs in one transaction that sees one moment, once nobody else makes sums. */
const whenFree = <T>(profile: Profile, work: Work<T>): Promise<T> =>
  connected(profile, async (client) => {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    return atOneMoment(client, work);
  });

/** The same; undefined, and nothing done, while somebody else makes sums. */
const ifFree = <T>(profile: Profile, work: Work<T>): Promise<T | undefined> =>
  connected(profile, async (client) => {
    const { rows } = await client.query("select pg_try_advisory_lock($1) as mine", [LOCK]);
    return rows[0]?.mine === true ? atOneMoment(client, work) : undefined;
  });

/** After the lock, so that it sees what others left. */
async function atOneMoment<T>(client: pg.Client, work: Work<T>): Promise<T> {
  await client.query("begin isolation level repeatable read");
  // Purchases are counted by sorting: all of them at once, when sums are made anew.
  await client.query("set local work_mem = '256MB'");
  const done = await work(client);
  await client.query("commit");
  return done;
}

/** On a connection of its own. */
const connected = <T>(profile: Profile, work: Work<T>): Promise<T> =>
  query(() => aloneWith(connectAlone(profile), work));

async function makeAnew(client: pg.Client, timeZone: string, at: string): Promise<number> {
  await client.query("delete from sales_day");
  await client.query(insertSums(ALL_ORDERS), [timeZone]);
  await client.query(
    `insert into sales_rollup (time_zone, position, changed_at) values ($1, ${LAST_POSITION}, $2)
      on conflict (only_one) do update
      set time_zone = excluded.time_zone, position = excluded.position, changed_at = excluded.changed_at`,
    [timeZone, at],
  );
  const { rows } = await client.query("select count(distinct day)::int as days from sales_day");
  return rows[0]?.days ?? 0;
}

/** Which orders (alias `o`, with their `day`) and how their lines are found; $1 is the zone. */
interface OrdersOfSums {
  orders: string;
  /** Lines and units by order, and lines by themselves, of `c`. */
  counts: string;
  lines: string;
}

const ALL_ORDERS: OrdersOfSums = {
  orders: `(select (created_at at time zone coalesce(time_zone, $1))::date as day, * from "order") o`,
  counts: `left join (
    select order_id, count(*) as lines, sum(quantity) as units from order_line group by 1
  ) n on n.order_id = c.id`,
  lines: "join order_line l on l.order_id = c.id",
};

/** Of the days in $2, each found by when its orders were placed. */
const ORDERS_OF_DAYS: OrdersOfSums = {
  orders: `unnest($2::date[]) as d (day) cross join lateral (
    select * from "order"
    where created_at >= d.day::timestamp at time zone 'UTC' - interval '1 day'
      and created_at < d.day::timestamp at time zone 'UTC' + interval '2 days'
      and (created_at at time zone coalesce(time_zone, $1))::date = d.day offset 0
  ) o`,
  counts: `cross join lateral (
    select count(*) as lines, sum(quantity) as units from order_line where order_id = c.id
  ) n`,
  lines: "cross join lateral (select * from order_line where order_id = c.id offset 0) l",
};

const KEYS = "day, gathered_by, key, currency";
const SUMS =
  "purchases, orders, lines, units, lines_minor, shipping_minor, sold_orders, sold_minor";

const insertSums = (of: OrdersOfSums): string =>
  `insert into sales_day (${KEYS}, ${SUMS}) ${sumsOf(of)}`;

/** The sums of days as their orders are: of all, by seller, by state, and by category what its lines come to. */
function sumsOf({ orders, counts, lines }: OrdersOfSums): string {
  const day = orders.includes("d.day") ? "d.day" : "o.day";
  const sold = SOLD_STATES.map((state) => `'${state}'`).join(", ");
  const byOrder = (gatheredBy: string, key: string) => `
    select day, '${gatheredBy}' as gathered_by, ${key} as key, currency, count(distinct purchase_id) as purchases,
      count(*) as orders, sum(lines) as lines, sum(units) as units, sum(lines_minor) as lines_minor,
      sum(shipping_minor) as shipping_minor, count(*) filter (where sold) as sold_orders,
      coalesce(sum(lines_minor + shipping_minor) filter (where sold), 0) as sold_minor
    from counted group by 1, 3, 4`;
  const goods = "l.quantity * l.unit_price_minor";
  return `with placed as materialized (
    select ${day} as day, o.id, o.purchase_id, o.seller_id, o.state, o.currency, o.lines_minor, o.shipping_minor,
      o.state in (${sold}) as sold
    from ${orders}
  ), counted as materialized (
    select c.*, coalesce(n.lines, 0) as lines, coalesce(n.units, 0) as units from placed c ${counts}
  )
  ${byOrder("all", "''")}
  union all ${byOrder("seller", "coalesce(seller_id::text, '')")}
  union all ${byOrder("state", "state")}
  union all
    select c.day, 'category', pc.category_id::text, c.currency, count(distinct c.purchase_id), count(distinct c.id),
      count(*), sum(l.quantity), sum(${goods}), sum(l.shipping_minor), count(distinct c.id) filter (where c.sold),
      coalesce(sum(${goods} + l.shipping_minor) filter (where c.sold), 0)
    from placed c ${lines} join publication_category pc on pc.publication_id = l.publication_id
    group by c.day, pc.category_id, c.currency`;
}

const sumsAsJson = (
  alias: string,
): string => `json_build_object('purchases', ${alias}.purchases, 'orders', ${alias}.orders,
  'lines', ${alias}.lines, 'units', ${alias}.units, 'linesMinor', ${alias}.lines_minor,
  'shippingMinor', ${alias}.shipping_minor, 'soldOrders', ${alias}.sold_orders, 'soldMinor', ${alias}.sold_minor)`;
const sumsAsRow = (alias: string): string =>
  `(${SUMS.split(", ")
    .map((name) => `${alias}.${name}`)
    .join(", ")})`;

const COMPARE = `with zone as materialized (select time_zone from sales_rollup), counted as materialized (
  ${sumsOf(ALL_ORDERS).replaceAll("$1", "(select time_zone from zone)")}
), compared as (
  select coalesce(c.day, k.day) as day, coalesce(c.gathered_by, k.gathered_by) as gathered_by,
    coalesce(c.key, k.key) as key, coalesce(c.currency, k.currency) as currency,
    case when k.day is not null then ${sumsAsJson("k")} end as kept,
    case when c.day is not null then ${sumsAsJson("c")} end as counted,
    ${sumsAsRow("c")} is distinct from ${sumsAsRow("k")} as differs
  from counted c full join sales_day k
    on k.day = c.day and k.gathered_by = c.gathered_by and k.key = c.key and k.currency = c.currency
  where coalesce(c.day, k.day) not in (select day from sales_changed_day)
), wrong as (
  select * from compared where differs order by day, gathered_by, key, currency limit $1
)
select json_build_object(
  'days', (select count(distinct day) from compared),
  'compared', (select count(*) from compared),
  'wrong', (select count(*) from compared where differs),
  'differences', coalesce((select json_agg(json_build_object('day', day, 'by', gathered_by, 'key', key,
    'currency', currency, 'kept', kept, 'counted', counted) order by day, gathered_by, key, currency) from wrong), '[]')
) as check`;
