import { keyAxis, keyColumns, keyNamed } from "./keys.ts";
import type { Report, ReportColumn } from "./report.ts";
import { literal, type ReportScope } from "./scope.ts";

const DAYS = 30;
/** An offer that is sold out in less is short. */
const SHORT_DAYS = 7;

const OFFERS: readonly ReportColumn[] = [
  { key: "publications", header: "PUBLICATIONS", kind: "integer" },
  { key: "soldOut", header: "SOLD OUT", kind: "integer", means: "Publications with nothing left." },
  {
    key: "short",
    header: "SHORT",
    kind: "integer",
    means: `Publications that last less than ${SHORT_DAYS} days, with something left.`,
  },
];

export const stock: Report = {
  name: "stock",
  title: "Stock",
  answers: "How long does what is in stock last, and what is sold out?",
  definition: [
    "Active publications with what is in stock now.",
    `Days of cover are stock by the units a day of the last ${DAYS} days of the marketplace's time, or of the time from --since to --until. What sold nothing then has none.`,
    "Units are those of orders that were placed then and neither expired nor were cancelled.",
    "A publication of two categories counts in both.",
  ],
  groupings: ["publication", "seller", "category", "all"],
  columns: (by) => [
    ...keyColumns(by),
    ...(by === "publication"
      ? [
          { key: "sellerId", header: "SELLER", kind: "id", wide: true } as const,
          {
            key: "isSoldOut",
            header: "SOLD OUT",
            kind: "text",
            means: "`yes` when nothing is left.",
          } as const,
        ]
      : OFFERS),
    { key: "stock", header: "STOCK", kind: "integer" },
    { key: "sold", header: "SOLD", kind: "integer", means: "Units of the last days." },
    { key: "soldADay", header: "A DAY", kind: "number" },
    { key: "daysOfCover", header: "DAYS OF COVER", kind: "number" },
  ],
  chart: (by) => ({
    kind: "bar",
    x: keyAxis(by),
    y: [by === "publication" ? "daysOfCover" : "soldOut"],
  }),
  sql: (scope) => (scope.by === "publication" ? ofPublications(scope) : gathered(scope)),
};

/** The time that the rate is of, and its length in days. */
function span({ since, until, now, timeZone }: ReportScope): {
  from: string;
  to: string;
  days: string;
} {
  const moment = (local: string) =>
    `${literal(local)}::timestamp at time zone ${literal(timeZone)}`;
  const to = until === null ? `${literal(now)}::timestamptz` : moment(until);
  const from = since === null ? `${to} - interval '${DAYS} days'` : moment(since);
  const days =
    since === null ? `${DAYS}.0` : `(date_part('epoch', ${to} - (${from})) / 86400)::numeric`;
  return { from, to, days };
}

function offers(scope: ReportScope): string {
  const { from, to } = span(scope);
  return `with recent as (
  select l.publication_id, sum(l.quantity) as units
  from "order" o join order_line l on l.order_id = o.id
  where o.created_at >= ${from} and o.created_at < ${to} and o.state not in ('expired', 'cancelled')
  group by 1
), offer as (
  select p.id, p.external_id, p.seller_id, p.stock, coalesce(r.units, 0) as units
  from publication p left join recent r on r.publication_id = p.id where p.state = 'active'
)`;
}

const rate = (units: string, days: string) => `round(${units} / ${days}, 2)`;
const cover = (stock: string, units: string, days: string) =>
  `round(${stock} * ${days} / nullif(${units}, 0), 1)`;

function ofPublications(scope: ReportScope): string {
  const { days } = span(scope);
  return `${offers(scope)}
select p.id as "publicationId", p.external_id as "externalId", p.seller_id as "sellerId",
  case when p.stock = 0 then 'yes' else 'no' end as "isSoldOut", p.stock, p.units as sold,
  ${rate("p.units", days)} as "soldADay", ${cover("p.stock", "p.units", days)} as "daysOfCover"
from offer p order by p.stock / nullif(p.units, 0)::numeric nulls last, p.units desc, p.stock, p.id limit ${scope.limit}`;
}

function gathered(scope: ReportScope): string {
  const { by } = scope;
  const { days } = span(scope);
  const join = by === "category" ? "join publication_category pc on pc.publication_id = p.id" : "";
  const key = by === "category" ? "pc.category_id" : by === "seller" ? "p.seller_id" : "'all'";
  return `${offers(scope)}, g as (
  select ${key} as key, count(*) as publications, count(*) filter (where p.stock = 0) as sold_out,
    count(*) filter (where p.stock > 0 and p.stock * ${days} < p.units * ${SHORT_DAYS}) as short,
    sum(p.stock) as stock, sum(p.units) as units
  from offer p ${join} group by 1
)
select ${keyNamed(by, "g.key")}, g.publications, g.sold_out as "soldOut", g.short, g.stock, g.units as sold,
  ${rate("g.units", days)} as "soldADay", ${cover("g.stock", "g.units", days)} as "daysOfCover"
from g order by g.sold_out desc, g.units desc, g.key limit ${scope.limit}`;
}
