import { type RawBuilder, sql } from "kysely";
import { CAPTURED_PAYMENT_STATES } from "../../domain/payment.ts";
import { lits, rowsOf } from "./board-rows.ts";
import type { Aurora } from "./client.ts";

/** A stretch of time, ISO-8601: from its first moment to before its last. */
export interface Stretch {
  from: string;
  until: string;
}

export interface OrderFigures {
  currency: string;
  placed: number;
  totalMinor: number;
}

/** What happened to orders in a stretch, whenever they were placed. Times are in seconds; null: to none. */
export interface StepFigures {
  paid: number;
  shipped: number;
  delivered: number;
  /** Delivered after what was promised. */
  late: number;
  /** Delivered, with a promise. */
  promised: number;
  reservedSeconds: number | null;
  paidSeconds: number | null;
  shippedSeconds: number | null;
  deliveredSeconds: number | null;
}

interface VisitFigures {
  home: number;
  search: number;
  view: number;
  withoutResult: number;
}

export interface CategoryFigure {
  category: string;
  currency: string;
  units: number;
  totalMinor: number;
}

/** Orders are followed so long after they were placed: what happens to them later is left out. */
const FOLLOWED_DAYS = 45;

const placedIn = ({ from, until }: Stretch) =>
  sql`o.created_at >= ${from} and o.created_at < ${until}`;
const isIn = (moment: RawBuilder<unknown>, { from, until }: Stretch) =>
  sql`(${moment} >= ${from} and ${moment} < ${until})`;

/** What happened in a stretch of time. What is read grows with the stretch, not with the history. */
export const figureQueries = (db: Aurora) => ({
  ordersPlaced: (stretch: Stretch): Promise<OrderFigures[]> =>
    rowsOf<OrderFigures>(
      db,
      sql`select currency, count(*) as placed, sum(total_minor)::bigint as total_minor
        from "order" o where ${placedIn(stretch)} group by 1 order by 2 desc, 1`,
    ),

  /** Orders placed by hour or day as the zone's clocks show it: `2026-11-24T10`, `2026-11-24`. */
  ordersPlacedBy: (
    unit: "hour" | "day",
    stretch: Stretch,
    timeZone: string,
  ): Promise<{ at: string; placed: number }[]> =>
    rowsOf(
      db,
      sql`select to_char(date_trunc(${unit}, o.created_at at time zone ${timeZone}),
          ${unit === "hour" ? 'YYYY-MM-DD"T"HH24' : "YYYY-MM-DD"}) as at, count(*) as placed
        from "order" o where ${placedIn(stretch)} group by 1 order by 1`,
    ),

  /** Orders placed by weekday (1: Monday) and hour of the zone's clocks. */
  ordersByWeekHour: (
    stretch: Stretch,
    timeZone: string,
  ): Promise<{ weekday: number; hour: number; placed: number }[]> =>
    rowsOf(
      db,
      sql`select extract(isodow from local)::int as weekday, extract(hour from local)::int as hour, sum(n)::int as placed
        from (select date_trunc('hour', o.created_at) at time zone ${timeZone} as local, count(*) as n
          from "order" o where ${placedIn(stretch)} group by 1) as hours
        group by 1, 2 order by 1, 2`,
    ),

  /** Times that an import inferred are nobody's knowledge: they count for nothing. */
  orderSteps: async (stretch: Stretch): Promise<StepFigures> => {
    const [placed, paid, shipped, delivered] = [
      sql`o.created_at`,
      sql`o.paid_at`,
      sql`o.shipped_at`,
      sql`o.delivered_at`,
    ];
    const happened = (step: string, moment: RawBuilder<unknown>) =>
      sql`${isIn(moment, stretch)} and not ${step} = any(o.inferred)`;
    const took = (step: string, from: RawBuilder<unknown>, to: RawBuilder<unknown>) =>
      sql`percentile_cont(0.5) within group (order by extract(epoch from ${to} - ${from}))
          filter (where ${happened(step, to)})::float8`;
    const [figures] = await rowsOf<StepFigures>(
      db,
      sql`select
          count(*) filter (where ${happened("paid", paid)}) as paid,
          count(*) filter (where ${happened("shipped", shipped)}) as shipped,
          count(*) filter (where ${happened("delivered", delivered)}) as delivered,
          count(*) filter (where ${happened("delivered", delivered)}
            and o.delivered_at > o.estimated_delivery_at) as late,
          count(*) filter (where ${happened("delivered", delivered)}
            and o.estimated_delivery_at is not null) as promised,
          ${took("paid", placed, paid)} as reserved_seconds,
          ${took("shipped", paid, shipped)} as paid_seconds,
          ${took("delivered", shipped, delivered)} as shipped_seconds,
          percentile_cont(0.5) within group (order by extract(epoch from o.changed_at - o.delivered_at))
            filter (where o.state = 'completed' and ${isIn(sql`o.changed_at`, stretch)})::float8 as delivered_seconds
        from "order" o
        where o.created_at >= ${stretch.from}::timestamptz - make_interval(days => ${sql.lit(FOLLOWED_DAYS)})
          and o.created_at < ${stretch.until}`,
    );
    if (!figures) throw new Error("counting gave no row");
    return figures;
  },

  /** Payments that were begun and are decided. `sinceId`: no id of the stretch is smaller. */
  paymentsDecided: (
    stretch: Stretch,
    sinceId: string,
  ): Promise<{ approved: number; rejected: number }> =>
    one(
      db,
      sql`select count(*) filter (where p.state in (${lits(CAPTURED_PAYMENT_STATES)})) as approved,
          count(*) filter (where p.state = 'rejected') as rejected
        from payment p where p.id >= ${sinceId} and ${isIn(sql`p.created_at`, stretch)}`,
      { approved: 0, rejected: 0 },
    ),

  reviewsWritten: (
    stretch: Stretch,
    sinceId: string,
  ): Promise<{ orders: number; written: number; nonconforming: number }> =>
    one(
      db,
      sql`select count(distinct r.order_id) as orders, count(*) as written,
          count(*) filter (where not r.conforms) as nonconforming
        from review r where r.id >= ${sinceId} and ${isIn(sql`r.created_at`, stretch)}`,
      { orders: 0, written: 0, nonconforming: 0 },
    ),

  /** A publication of two categories counts in both. */
  topCategories: (stretch: Stretch, limit: number): Promise<CategoryFigure[]> =>
    rowsOf<CategoryFigure>(
      db,
      sql`select c.name as category, o.currency, sum(l.quantity)::bigint as units,
          sum(l.quantity * l.unit_price_minor)::bigint as total_minor
        from "order" o join order_line l on l.order_id = o.id
          join publication_category pc on pc.publication_id = l.publication_id
          join category c on c.id = pc.category_id
        where ${placedIn(stretch)} group by c.id, o.currency order by 4 desc, c.id limit ${limit}`,
    ),

  visits: (stretch: Stretch): Promise<VisitFigures> =>
    one(
      db,
      sql`select count(*) filter (where kind = 'home') as home, count(*) filter (where kind = 'search') as search,
          count(*) filter (where kind = 'view') as view,
          count(*) filter (where kind = 'search' and result_count = 0) as without_result
        from activity a where ${isIn(sql`a.at`, stretch)}`,
      { home: 0, search: 0, view: 0, withoutResult: 0 },
    ),

  /** Words that were searched for and gave nothing, the most frequent first. */
  searchesWithoutResult: (
    stretch: Stretch,
    limit: number,
  ): Promise<{ words: string; searches: number }[]> =>
    rowsOf(
      db,
      sql`select words, count(*) as searches from activity a
        where kind = 'search' and result_count = 0 and words is not null and ${isIn(sql`a.at`, stretch)}
        group by 1 order by 2 desc, 1 limit ${limit}`,
    ),

  /** The size of the database in bytes, and the version that answers. */
  size: (): Promise<{ bytes: number; version: string }> =>
    one(
      db,
      sql`select pg_database_size(current_database()) as bytes, current_setting('server_version') as version`,
      { bytes: 0, version: "" },
    ),
});

async function one<Row>(db: Aurora, statement: RawBuilder<unknown>, none: Row): Promise<Row> {
  return (await rowsOf<Row>(db, statement))[0] ?? none;
}
