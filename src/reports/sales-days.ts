import { SOLD_STATES } from "../domain/sold-states.ts";
import { keyNamed } from "./keys.ts";
import type { Grouping } from "./report.ts";
import { isPeriod, literal, orderClock, periodOf, type ReportScope } from "./scope.ts";

/** Orders (alias `o`) that were paid and are not given back. */
export const SOLD = `o.state in (${SOLD_STATES.map(literal).join(", ")})`;

/** The columns of sales from sums by key and currency (alias `g`). */
export const salesFigures = (by: Grouping): string => `${keyNamed(by, "g.key")}, g.currency,
    g.purchases, g.orders, g.lines, g.units, g.goods::bigint as "linesMinor", g.shipping::bigint as "shippingMinor",
    (g.goods + g.shipping)::bigint as "totalMinor", round((g.goods + g.shipping) / g.orders)::bigint as "averageOrderMinor",
    g.sold_orders as "soldOrders", g.sold::bigint as "soldMinor"`;

const MIDNIGHT = "T00:00:00";
const isMidnight = (border: string | null): boolean => border?.endsWith(MIDNIGHT) ?? true;

/** Sums of days answer what is asked of whole days, by the zones that they were made for, and of no single thing. */
export const isOfDays = ({ by, since, until, ownZones }: ReportScope): boolean =>
  ownZones && by !== "publication" && isMidnight(since) && isMidnight(until);

/**
 * Sales from the sums that are kept by day, and of the days of orders changed after these were made from the orders
 * themselves: the figures are those of all orders at this moment. Where there are no such sums, for this zone or
 * nearly up to now, they are those of `whole`, the same question asked of all orders.
 */
export function salesOfDays(scope: ReportScope, whole: string): string {
  const { by, timeZone, limit } = scope;
  const gatheredBy = by === "seller" || by === "category" || by === "state" ? by : "all";
  const isByCategory = by === "category";
  const columns =
    "key, currency, purchases, orders, lines, units, goods, shipping, sold_orders, sold";
  return `with fresh as materialized (
  select position from sales_rollup where time_zone = ${literal(timeZone)} and near
), changed as materialized (
  select day from sales_changed_day d
  where (select count(*) from fresh) > 0${isByCategory ? "" : " and not only_category"}${between(scope)}
), parts (${columns}) as (
  select ${keyOfDay(scope)}, currency, purchases, orders, lines, units, lines_minor, shipping_minor, sold_orders, sold_minor
  from sales_day d
  where (select count(*) from fresh) > 0 and gathered_by = ${literal(gatheredBy)}${between(scope)}
    and not exists (select from changed c where c.day = d.day)
  union all
  ${isByCategory ? linesOfChangedDays(scope) : ordersOfChangedDays(scope)}
), g as (
  select key, currency, sum(purchases)::bigint as purchases, sum(orders)::bigint as orders, sum(lines)::bigint as lines,
    sum(units)::bigint as units, sum(goods) as goods, sum(shipping) as shipping, sum(sold_orders)::bigint as sold_orders,
    sum(sold) as sold
  from parts group by 1, 2
)
select * from (
  select ${salesFigures(by)}
  from g
  union all
  select * from (
${whole}
  ) as whole where (select count(*) from fresh) = 0
) as told order by ${isPeriod(by) ? "period" : `"linesMinor" desc, ${columnOf(scope)}`}, currency${isByCategory ? ` limit ${limit}` : ""}`;
}

const columnOf = ({ by }: ReportScope): string =>
  by === "seller" || by === "category" ? `"${by}Id"` : `"${by}"`;

function between({ since, until }: ReportScope): string {
  const day = (border: string) => literal(border.slice(0, -MIDNIGHT.length));
  return `${since === null ? "" : ` and d.day >= ${day(since)}`}${until === null ? "" : ` and d.day < ${day(until)}`}`;
}

/** The key of a day's sums (alias `d`). */
function keyOfDay({ by }: ReportScope): string {
  if (isPeriod(by)) return periodOf(by, "d.day::timestamp");
  if (by === "all") return "'all'";
  return by === "state" ? "d.key" : "nullif(d.key, '')::uuid";
}

/** The orders (alias `o`) of a changed day (alias `d`), found by when they were placed. */
const ordersOfDay = (scope: ReportScope): string => `changed d cross join lateral (
    select * from "order" o
    where o.created_at >= d.day::timestamp at time zone 'UTC' - interval '1 day'
      and o.created_at < d.day::timestamp at time zone 'UTC' + interval '2 days'
      and ${orderClock(scope, "o.created_at")}::date = d.day offset 0
  ) o`;

function ordersOfChangedDays(scope: ReportScope): string {
  const { by } = scope;
  const key = by === "seller" ? "o.seller_id" : by === "state" ? "o.state" : keyOfDay(scope);
  return `select ${key}, o.currency, count(distinct o.purchase_id), count(*), sum(l.lines), sum(l.units), sum(o.lines_minor),
    sum(o.shipping_minor), count(*) filter (where ${SOLD}), coalesce(sum(o.total_minor) filter (where ${SOLD}), 0)
  from ${ordersOfDay(scope)}
  cross join lateral (
    select count(*) as lines, coalesce(sum(quantity), 0) as units from order_line where order_id = o.id
  ) l
  group by 1, 2`;
}

function linesOfChangedDays(scope: ReportScope): string {
  const goods = "l.quantity * l.unit_price_minor";
  return `select pc.category_id, o.currency, count(distinct o.purchase_id), count(distinct o.id), count(*), sum(l.quantity),
    sum(${goods}), sum(l.shipping_minor), count(distinct o.id) filter (where ${SOLD}),
    coalesce(sum(${goods} + l.shipping_minor) filter (where ${SOLD}), 0)
  from ${ordersOfDay(scope)}
  cross join lateral (select * from order_line where order_id = o.id offset 0) l
  join publication_category pc on pc.publication_id = l.publication_id
  group by 1, 2`;
}
