import type { Report } from "./report.ts";
import { orderClock, type ReportScope, within } from "./scope.ts";

export const basket: Report = {
  name: "basket",
  title: "Bought together",
  answers: "Which products are bought together?",
  definition: [
    "Pairs of products in one purchase, which may hold orders of several sellers, whatever became of it; how many of each it holds makes no difference.",
    "What several sellers of an imported history offer under the same id is one product, named by that id; else each publication is a product, named by its own.",
    "The commonest pairs are listed first; --limit says how many.",
  ],
  groupings: ["publication"],
  columns: () => [
    { key: "one", header: "ONE", kind: "id" },
    { key: "other", header: "OTHER", kind: "id" },
    { key: "purchases", header: "TOGETHER", kind: "integer", means: "Purchases that hold both." },
    { key: "withOne", header: "WITH ONE", kind: "integer", means: "Purchases that hold the one." },
    {
      key: "withOther",
      header: "WITH OTHER",
      kind: "integer",
      means: "Purchases that hold the other.",
    },
    {
      key: "otherRate",
      header: "OTHER %",
      kind: "share",
      means: "How often the other is bought with the one.",
    },
    {
      key: "lift",
      header: "LIFT",
      kind: "number",
      means: "How many times as often as if neither had to do with the other.",
    },
  ],
  chart: () => ({ kind: "bar", x: "one", y: ["purchases"] }),
  sql,
};

/** How a product is called, by its first publication. */
const named = (publication: string) =>
  `case when ${publication}.source is null then ${publication}.id::text else coalesce(${publication}.external_id, ${publication}.id::text) end`;

function sql(scope: ReportScope): string {
  const local = orderClock(scope, "o.created_at");
  return `with product as (
  select p.id, case when p.source is null or p.external_id is null then p.id
    else first_value(p.id) over (partition by p.source, p.external_id order by p.id) end as product
  from publication p
), bought as (
  select distinct o.purchase_id, p.product
  from "order" o join order_line l on l.order_id = o.id join product p on p.id = l.publication_id
  where ${within(scope, "o.created_at", local)}
), pair as (
  select a.product as one, b.product as other, count(*) as purchases
  from bought a join bought b on b.purchase_id = a.purchase_id and b.product > a.product
  group by 1, 2 order by purchases desc, one, other limit ${scope.limit}
), each as (
  select product, count(*) as purchases from bought group by 1
)
select ${named("po")} as one, ${named("pt")} as other, g.purchases,
  o.purchases as "withOne", t.purchases as "withOther", round(g.purchases::numeric / o.purchases, 4) as "otherRate",
  round(g.purchases::numeric * (select count(distinct purchase_id) from bought) / (o.purchases * t.purchases), 2) as lift
from pair g join each o on o.product = g.one join each t on t.product = g.other
  join publication po on po.id = g.one join publication pt on pt.id = g.other
order by g.purchases desc, g.one, g.other`;
}
