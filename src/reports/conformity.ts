import {
  CURRENCY,
  chartOver,
  firstKeyOfOrder,
  joinOrder,
  keyColumns,
  keyNamed,
  keyOfGathered,
} from "./keys.ts";
import type { Report, ReportColumn } from "./report.ts";
import { isPeriod, orderClock, type ReportScope, within } from "./scope.ts";

const FIGURES: readonly ReportColumn[] = [
  { key: "reviews", header: "REVIEWS", kind: "integer" },
  { key: "nonConforming", header: "NON-CONFORMING", kind: "integer" },
  {
    key: "nonConformingRate",
    header: "NON-CONFORMING %",
    kind: "share",
    means: "Non-conforming by all reviews.",
  },
  { key: "averageRating", header: "RATING", kind: "number", means: "From 1 to 5." },
  { key: "disputes", header: "DISPUTES", kind: "integer", means: "Opened in the period." },
  { key: "notAsDescribed", header: "NOT AS DESCRIBED", kind: "integer" },
  { key: "notReceived", header: "NOT RECEIVED", kind: "integer" },
  { key: "chargebacks", header: "CHARGEBACKS", kind: "integer" },
];

const REASONS: readonly ReportColumn[] = [
  CURRENCY,
  { key: "disputes", header: "DISPUTES", kind: "integer" },
  { key: "share", header: "SHARE", kind: "share", means: "Of all disputes." },
  { key: "open", header: "OPEN", kind: "integer" },
  { key: "dismissed", header: "DISMISSED", kind: "integer" },
  { key: "partRefunded", header: "PART REFUNDED", kind: "integer" },
  { key: "refunded", header: "REFUNDED", kind: "integer" },
  {
    key: "upheldRate",
    header: "UPHELD",
    kind: "share",
    means: "All or a part given back, by those decided.",
  },
  { key: "refundedMinor", header: "GIVEN BACK", kind: "money" },
];

export const conformity: Report = {
  name: "conformity",
  title: "Conformity",
  answers: "Is what buyers get what they were promised, of whom and of what not, and why?",
  definition: [
    "Reviews count when they were written, one a line of an order; disputes when they were opened, one an order at a time.",
    "A dispute is of all categories that its order's lines are of. A line of two categories counts in both.",
    "By reason there are the disputes alone, and what became of them.",
  ],
  groupings: ["month", "week", "day", "all", "seller", "category", "reason"],
  columns: (by) => [...keyColumns(by), ...(by === "reason" ? REASONS : FIGURES)],
  chart: (by) =>
    by === "reason"
      ? { kind: "bar", x: "reason", y: ["disputes"] }
      : chartOver(by, ["nonConformingRate"]),
  sql: (scope) => (scope.by === "reason" ? ofReasons(scope) : ofReviews(scope)),
};

function ofReviews(scope: ReportScope): string {
  const { by } = scope;
  const [written, opened] = [orderClock(scope, "r.created_at"), orderClock(scope, "d.created_at")];
  const isByCategory = by === "category";
  const firstKey = (moment: string) =>
    isByCategory ? "pc.category_id" : firstKeyOfOrder(by, moment);
  const reviewed = isByCategory
    ? "join publication_category pc on pc.publication_id = r.publication_id"
    : "";
  const disputed = isByCategory
    ? `cross join lateral (select distinct c.category_id
      from order_line l join publication_category c on c.publication_id = l.publication_id where l.order_id = d.order_id) pc`
    : "";
  return `with reviewed as (
  select ${keyOfGathered(scope)} as key, sum(o.reviews) as reviews, sum(o.bad) as bad, sum(o.ratings) as ratings
  from (
    select ${firstKey("r.created_at")} as key, o.time_zone, count(*) as reviews, count(*) filter (where not r.conforms) as bad,
      sum(r.rating) as ratings
    from review r ${joinOrder(by, "r.order_id")} ${reviewed} where ${within(scope, "r.created_at", written)} group by 1, 2
  ) o group by 1
), disputed as (
  select ${keyOfGathered(scope)} as key, sum(o.disputes) as disputes,
    sum(o.disputes) filter (where o.reason = 'not_as_described') as not_as_described,
    sum(o.disputes) filter (where o.reason = 'not_received') as not_received,
    sum(o.disputes) filter (where o.reason = 'chargeback') as chargebacks
  from (
    select ${firstKey("d.created_at")} as key, o.time_zone, d.reason, count(*) as disputes
    from dispute d ${joinOrder(by, "d.order_id")} ${disputed} where ${within(scope, "d.created_at", opened)} group by 1, 2, 3
  ) o group by 1
), g as (
  select coalesce(r.key, d.key) as key, coalesce(r.reviews, 0) as reviews, coalesce(r.bad, 0) as bad, r.ratings,
    coalesce(d.disputes, 0) as disputes, coalesce(d.not_as_described, 0) as not_as_described,
    coalesce(d.not_received, 0) as not_received, coalesce(d.chargebacks, 0) as chargebacks
  from reviewed r full join disputed d on d.key = r.key
)
select ${keyNamed(by, "g.key")}, g.reviews, g.bad as "nonConforming", round(g.bad / nullif(g.reviews, 0), 4) as "nonConformingRate",
  round(g.ratings / nullif(g.reviews, 0), 2) as "averageRating", g.disputes,
  g.not_as_described as "notAsDescribed", g.not_received as "notReceived", g.chargebacks
from g order by ${isPeriod(by) ? "g.key" : "g.bad desc, g.disputes desc, g.reviews desc, g.key"}`;
}

function ofReasons(scope: ReportScope): string {
  const opened = orderClock(scope, "d.created_at");
  return `with g as (
  select d.reason, o.currency, count(*) as disputes, count(*) filter (where d.state = 'open') as open,
    count(*) filter (where d.state = 'dismissed') as dismissed, count(*) filter (where d.state = 'partially_refunded') as part,
    count(*) filter (where d.state = 'refunded') as refunded, coalesce(sum(d.refunded_minor), 0) as money
  from dispute d join "order" o on o.id = d.order_id where ${within(scope, "d.created_at", opened)} group by 1, 2
)
select g.reason, g.currency, g.disputes, round(g.disputes / sum(g.disputes) over (), 4) as share, g.open, g.dismissed,
  g.part as "partRefunded", g.refunded,
  round((g.part + g.refunded)::numeric / nullif(g.disputes - g.open, 0), 4) as "upheldRate", g.money::bigint as "refundedMinor"
from g order by g.disputes desc, g.reason, g.currency`;
}
