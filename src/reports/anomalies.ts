import { CURRENCY } from "./keys.ts";
import type { Report } from "./report.ts";
import { isGiven, literal, orderClock, type ReportScope, within } from "./scope.ts";

const WEEKS = 8;
const WEEKS_MIN = 4;
const SCALES = 3.5;
/** By so much the median absolute deviation of a normal distribution falls short of its standard deviation. */
const MAD_SCALE = 1.4826;
/** However calm the weeks before were, a scale is at least this share of what is expected. */
const SCALE_SHARE = 0.05;
/** The money of fewer orders can be anything. */
const ORDERS_FOR_MONEY = 10;

export const anomalies: Report = {
  name: "anomalies",
  title: "Anomalies",
  answers: "On which days were orders or money outside of what was to be expected?",
  definition: [
    `Method: median and median absolute deviation (MAD). Expected is the median of the same weekday of the ${WEEKS} weeks before, the band reaches ${SCALES} scales to both sides, a scale being ${MAD_SCALE} × MAD: for figures that are normally distributed, their standard deviation.`,
    `A scale is at least ${SCALE_SHARE * 100} % of what is expected, and at least what chance does to a count: the square root of the orders that are expected, and as large a part of the money. A band does not go below 0. Money is only judged where at least ${ORDERS_FOR_MONEY} orders are expected: that of a few can be anything.`,
    `Orders count on the day they were placed, whatever became of them, unless their time was inferred; money is price times quantity, without shipping. A day without orders counts as 0. Only whole days are judged that have ${WEEKS_MIN} of those weeks behind them since the currency's first order.`,
  ],
  groupings: ["day"],
  columns: () => [
    { key: "day", header: "DAY", kind: "text" },
    CURRENCY,
    {
      key: "outside",
      header: "OUTSIDE",
      kind: "text",
      means: "Which figure left its band, and whether above or below.",
    },
    { key: "orders", header: "ORDERS", kind: "integer" },
    {
      key: "ordersLow",
      header: "ORDERS FROM",
      kind: "number",
      means: "The lower end of their band.",
    },
    {
      key: "ordersHigh",
      header: "ORDERS TO",
      kind: "number",
      means: "The upper end of their band.",
    },
    { key: "linesMinor", header: "GOODS", kind: "money" },
    {
      key: "linesLowMinor",
      header: "GOODS FROM",
      kind: "money",
      means: "The lower end of their band.",
    },
    {
      key: "linesHighMinor",
      header: "GOODS TO",
      kind: "money",
      means: "The upper end of their band.",
    },
    {
      key: "ordersScales",
      header: "ORDERS' SCALES",
      kind: "number",
      means: "How many scales orders are from what was expected.",
      wide: true,
    },
    {
      key: "linesScales",
      header: "GOODS' SCALES",
      kind: "number",
      means: "The same of goods.",
      wide: true,
    },
  ],
  chart: () => ({ kind: "bar", x: "day", y: ["ordersScales", "linesScales"] }),
  sql,
};

function sql(scope: ReportScope): string {
  const { since, until, now, timeZone } = scope;
  const local = orderClock(scope, "o.created_at");
  const from = since === null ? "" : ` and s.day >= ${literal(since)}::timestamp`;
  const today = `(${literal(now)}::timestamptz at time zone ${literal(timeZone)})::date`;
  const end = until === null ? today : `least(${today}, ${literal(until)}::timestamp::date)`;
  return `with placed as (
  select ${local}::date as day, o.currency, count(*) as orders, sum(o.lines_minor) as lines
  from "order" o where ${isGiven("placed")} and ${within({ ...scope, since: null }, "o.created_at", local)}
  group by 1, 2
), spans as (
  select currency, min(day) as first from placed group by 1
), days as (
  select s.currency, d::date as day, coalesce(p.orders, 0)::float8 as orders, coalesce(p.lines, 0)::float8 as lines
  from spans s cross join lateral generate_series(s.first, ${end} - 1, interval '1 day') d
  left join placed p on p.currency = s.currency and p.day = d::date
), expected as (
  select s.currency, s.day, s.orders, s.lines, array_agg(b.orders) as orders_before, array_agg(b.lines) as lines_before,
    percentile_cont(0.5) within group (order by b.orders) as orders_median,
    percentile_cont(0.5) within group (order by b.lines) as lines_median
  from days s cross join generate_series(1, ${WEEKS}) as weeks
  join days b on b.currency = s.currency and b.day = s.day - 7 * weeks
  where true${from}
  group by 1, 2, 3, 4 having count(*) >= ${WEEKS_MIN}
), scales as (
  select e.*, greatest(${MAD_SCALE} * o.mad, c.share * orders_median, 1) as orders_scale,
    greatest(${MAD_SCALE} * l.mad, c.share * lines_median, 1) as lines_scale
  from expected e
  cross join lateral (select greatest(${SCALE_SHARE}, 1 / sqrt(greatest(orders_median, 1))) as share) c
  cross join lateral (select percentile_cont(0.5) within group (order by abs(b - orders_median)) as mad from unnest(orders_before) b) o
  cross join lateral (select percentile_cont(0.5) within group (order by abs(b - lines_median)) as mad from unnest(lines_before) b) l
), judged as (
  select *, ((orders - orders_median) / orders_scale)::numeric as orders_by, case when orders_median >= ${ORDERS_FOR_MONEY} then ((lines - lines_median) / lines_scale)::numeric end as lines_by
  from scales
)
select to_char(day, 'YYYY-MM-DD') as day, currency,
  concat_ws(', ', case when orders_by > ${SCALES} then 'orders above' when orders_by < -${SCALES} then 'orders below' end,
    case when lines_by > ${SCALES} then 'goods above' when lines_by < -${SCALES} then 'goods below' end) as outside,
  orders::bigint as orders, round(greatest(0, orders_median - ${SCALES} * orders_scale)::numeric, 1) as "ordersLow",
  round((orders_median + ${SCALES} * orders_scale)::numeric, 1) as "ordersHigh", lines::bigint as "linesMinor",
  case when lines_by is not null then greatest(0, lines_median - ${SCALES} * lines_scale)::bigint end as "linesLowMinor",
  case when lines_by is not null then (lines_median + ${SCALES} * lines_scale)::bigint end as "linesHighMinor",
  round(orders_by, 2) as "ordersScales", round(lines_by, 2) as "linesScales"
from judged where abs(orders_by) > ${SCALES} or abs(lines_by) > ${SCALES}
order by judged.day, currency`;
}
