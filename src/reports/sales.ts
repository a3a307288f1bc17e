import type { Grouping, Report, ReportColumn } from "./report.ts";
import { isPeriod, orderClock, periodName, periodOf, type ReportScope, within } from "./scope.ts";

const KEYS: Partial<Record<Grouping, readonly ReportColumn[]>> = {
  category: [
    { key: "category", header: "CATEGORY", kind: "text" },
    { key: "categoryId", header: "CATEGORY ID", kind: "id", wide: true },
  ],
  seller: [{ key: "sellerId", header: "SELLER", kind: "id" }],
  publication: [
    { key: "publicationId", header: "PUBLICATION", kind: "id" },
    { key: "externalId", header: "EXTERNAL ID", kind: "text", wide: true },
  ],
  state: [{ key: "state", header: "STATE", kind: "text" }],
};

/** Orders that were paid and are not given back. */
const SOLD =
  "o.state in ('paid', 'shipped', 'delivered', 'completed', 'not_delivered', 'disputed')";

export const sales: Report = {
  name: "sales",
  title: "Sales",
  answers: "How much is ordered, when, of what and from whom?",
  definition: [
    "An order counts when it was placed, whatever became of it; sold are those that were paid and neither cancelled nor given back in full.",
    "Money of lines is price times quantity without shipping.",
    "By category or publication only that part of an order counts that is of it; a publication of two categories counts in both.",
  ],
  groupings: ["month", "week", "day", "category", "seller", "publication", "state"],
  columns: (by) => [
    ...(KEYS[by] ?? [{ key: "period", header: by.toUpperCase(), kind: "text" }]),
    { key: "currency", header: "CURRENCY", kind: "text", wide: true },
    {
      key: "purchases",
      header: "PURCHASES",
      kind: "integer",
      means: "What was bought at once; an order is its part from one seller.",
      wide: true,
    },
    { key: "orders", header: "ORDERS", kind: "integer" },
    { key: "lines", header: "LINES", kind: "integer", wide: true },
    { key: "units", header: "UNITS", kind: "integer" },
    {
      key: "linesMinor",
      header: "GOODS",
      kind: "money",
      means: "Price times quantity of all lines.",
    },
    { key: "shippingMinor", header: "SHIPPING", kind: "money" },
    { key: "totalMinor", header: "TOTAL", kind: "money", means: "Goods and shipping." },
    {
      key: "averageOrderMinor",
      header: "AVERAGE",
      kind: "money",
      means: "Total by orders, rounded to whole minor units.",
    },
    {
      key: "soldOrders",
      header: "SOLD",
      kind: "integer",
      means: "Orders that were paid and neither cancelled nor given back in full.",
    },
    { key: "soldMinor", header: "SOLD TOTAL", kind: "money", means: "The total of sold orders." },
  ],
  chart: (by) => ({
    kind: isPeriod(by) ? "line" : "bar",
    x: by === "category" || by === "state" ? by : isPeriod(by) ? "period" : `${by}Id`,
    y: ["linesMinor"],
  }),
  sql: (scope) =>
    scope.by === "category" || scope.by === "publication" ? ofLines(scope) : ofOrders(scope),
};

/** The key's column and its name in the rows, for groupings that are a column of the order. */
function keyOf(scope: ReportScope, local: string): { key: string; name: string } {
  const { by } = scope;
  if (isPeriod(by))
    return { key: periodOf(by, local), name: `${periodName(by, "o.key")} as period` };
  return by === "seller"
    ? { key: "o.seller_id", name: 'o.key as "sellerId"' }
    : { key: "o.state", name: "o.key as state" };
}

/** An order's own money counts once, however many lines it has. */
function ofOrders(scope: ReportScope): string {
  const local = orderClock(scope, "o.created_at");
  const { key, name } = keyOf(scope, local);
  const order = isPeriod(scope.by) ? "o.key, o.currency" : "o.goods desc, o.key, o.currency";
  return `with counted as (
  select o.id, ${key} as key, o.currency, o.purchase_id, o.lines_minor, o.shipping_minor, o.total_minor, ${SOLD} as sold
  from "order" o where ${within(scope, "o.created_at", local)}
), of_lines as (
  select c.key, c.currency, count(*) as lines, sum(l.quantity) as units
  from counted c join order_line l on l.order_id = c.id group by 1, 2
), of_orders as (
  select key, currency, count(distinct purchase_id) as purchases, count(*) as orders, sum(lines_minor) as goods,
    sum(shipping_minor) as shipping, sum(total_minor) as total, count(*) filter (where sold) as sold_orders,
    coalesce(sum(total_minor) filter (where sold), 0) as sold
  from counted group by 1, 2
)
select ${name}, o.currency, o.purchases, o.orders, coalesce(l.lines, 0) as lines, coalesce(l.units, 0) as units,
  o.goods::bigint as "linesMinor", o.shipping::bigint as "shippingMinor", o.total::bigint as "totalMinor",
  round(o.total / o.orders)::bigint as "averageOrderMinor", o.sold_orders as "soldOrders", o.sold::bigint as "soldMinor"
from of_orders o left join of_lines l on l.key is not distinct from o.key and l.currency = o.currency
order by ${order}`;
}

function ofLines(scope: ReportScope): string {
  const local = orderClock(scope, "o.created_at");
  const [join, key, name] =
    scope.by === "category"
      ? [
          "join publication_category pc on pc.publication_id = l.publication_id",
          "pc.category_id",
          `(select c.name from category c where c.id = g.key) as category, g.key as "categoryId"`,
        ]
      : [
          "",
          "l.publication_id",
          `g.key as "publicationId", (select p.external_id from publication p where p.id = g.key) as "externalId"`,
        ];
  return `with counted as (
  select ${key} as key, o.currency, o.id, o.purchase_id, l.quantity, l.quantity * l.unit_price_minor as goods,
    l.shipping_minor as shipping, ${SOLD} as sold
  from "order" o join order_line l on l.order_id = o.id ${join}
  where ${within(scope, "o.created_at", local)}
), g as (
  select key, currency, count(distinct purchase_id) as purchases, count(distinct id) as orders, count(*) as lines,
    sum(quantity) as units, sum(goods) as goods, sum(shipping) as shipping,
    count(distinct id) filter (where sold) as sold_orders,
    coalesce(sum(goods + shipping) filter (where sold), 0) as sold
  from counted group by 1, 2 order by goods desc, key, currency limit ${scope.limit}
)
select ${name}, g.currency, g.purchases, g.orders, g.lines, g.units, g.goods::bigint as "linesMinor",
  g.shipping::bigint as "shippingMinor", (g.goods + g.shipping)::bigint as "totalMinor",
  round((g.goods + g.shipping) / g.orders)::bigint as "averageOrderMinor", g.sold_orders as "soldOrders",
  g.sold::bigint as "soldMinor"
from g order by g.goods desc, g.key, g.currency`;
}
