import { CURRENCY, chartOver, keyColumns, keyOfOrder } from "./keys.ts";
import type { Report } from "./report.ts";
import { isOfDays, SOLD, salesFigures, salesOfDays } from "./sales-days.ts";
import { isPeriod, orderClock, type ReportScope, within } from "./scope.ts";

export const sales: Report = {
  name: "sales",
  title: "Sales",
  answers: "How much is ordered, when, of what and from whom?",
  definition: [
    "An order counts when it was placed, whatever became of it; sold are those that were paid and neither cancelled nor given back in full.",
    "Money of lines is price times quantity without shipping.",
    "By category or publication only that part of an order counts that is of it; a publication of two categories counts in both.",
  ],
  groupings: ["month", "week", "day", "all", "category", "seller", "publication", "state"],
  columns: (by) => [
    ...keyColumns(by),
    CURRENCY,
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
  chart: (by) => chartOver(by, ["linesMinor"]),
  sql: (scope) =>
    isOfDays(scope) ? salesOfDays(scope, salesOfOrders(scope)) : salesOfOrders(scope),
};

/** The same from every order. */
export const salesOfOrders = (scope: ReportScope): string =>
  scope.by === "category" || scope.by === "publication" ? ofLines(scope) : ofOrders(scope);

/** An order's own money counts once, with its first line, however many it has. */
function ofOrders(scope: ReportScope): string {
  const { by } = scope;
  const local = orderClock(scope, "o.created_at");
  const order = isPeriod(by) ? "g.key, g.currency" : "g.goods desc, g.key, g.currency";
  return `with counted as (
  select ${keyOfOrder(by, local)} as key, o.currency, o.purchase_id, o.lines_minor, o.shipping_minor, o.total_minor,
    ${SOLD} as sold, coalesce(l.line_number, 1) = 1 as is_first, l.quantity
  from "order" o left join order_line l on l.order_id = o.id where ${within(scope, "o.created_at", local)}
), g as (
  select key, currency, count(distinct purchase_id) as purchases, count(*) filter (where is_first) as orders,
    count(quantity) as lines, coalesce(sum(quantity), 0) as units, sum(lines_minor) filter (where is_first) as goods,
    sum(shipping_minor) filter (where is_first) as shipping,
    count(*) filter (where is_first and sold) as sold_orders,
    coalesce(sum(total_minor) filter (where is_first and sold), 0) as sold
  from counted group by 1, 2
)
select ${salesFigures(by)}
from g order by ${order}`;
}

function ofLines(scope: ReportScope): string {
  const local = orderClock(scope, "o.created_at");
  const isByCategory = scope.by === "category";
  const key = isByCategory ? "pc.category_id" : "l.publication_id";
  const join = isByCategory
    ? "join publication_category pc on pc.publication_id = l.publication_id"
    : "";
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
select ${salesFigures(scope.by)}
from g order by g.goods desc, g.key, g.currency`;
}
