import type { Report } from "./report.ts";
import {
  isGiven,
  literal,
  orderClock,
  periodName,
  periodOf,
  type ReportScope,
  within,
} from "./scope.ts";

export const cohorts: Report = {
  name: "cohorts",
  title: "Cohorts",
  answers: "Of the buyers who came in one month, how many buy again, and when?",
  definition: [
    "A buyer's month is that of the first order of all that was paid, whatever became of it; an order whose time was inferred does not count.",
    "To buy again is to place such an order at another moment: orders of one purchase are placed at one.",
    "Each cohort has a row for every month until the last in which anybody bought.",
    "--since chooses cohorts; --until leaves out what was bought later.",
  ],
  groupings: ["month"],
  columns: () => [
    { key: "cohort", header: "COHORT", kind: "text", means: "The month of the first order." },
    {
      key: "monthsSince",
      header: "MONTHS SINCE",
      kind: "integer",
      means: "0 is the month of the first order itself.",
    },
    { key: "buyers", header: "BUYERS", kind: "integer", means: "Whose first order was then." },
    {
      key: "returning",
      header: "RETURNING",
      kind: "integer",
      means: "Those of them who bought again in this month.",
    },
    { key: "share", header: "SHARE", kind: "share", means: "Returning by buyers." },
    {
      key: "repeated",
      header: "REPEATED",
      kind: "integer",
      means: "Those who bought again by the end of this month.",
    },
    { key: "repeatRate", header: "REPEAT RATE", kind: "share", means: "Repeated by buyers." },
  ],
  chart: () => ({ kind: "line", x: "monthsSince", y: ["share"] }),
  sql,
};

const monthNumber = (month: string) =>
  `(extract(year from ${month}) * 12 + extract(month from ${month}))`;

function sql(scope: ReportScope): string {
  const local = orderClock(scope, "o.created_at");
  const since = scope.since === null ? "true" : `b.first_at >= ${literal(scope.since)}::timestamp`;
  return `with bought as (
  select o.buyer_id, ${periodOf("month", local)} as month, min(o.created_at) as first, max(o.created_at) as last,
    min(${local}) as first_at
  from "order" o
  where o.paid_at is not null and ${isGiven("placed")} and ${within({ ...scope, since: null }, "o.created_at", local)}
  group by 1, 2
), months as (
  select buyer_id, month, first < last as twice, min(month) over w as cohort, min(first_at) over w as first_at
  from bought window w as (partition by buyer_id)
), since as (
  select b.buyer_id, b.cohort, (${monthNumber("b.month")} - ${monthNumber("b.cohort")})::int as months,
    b.month > b.cohort or b.twice as again
  from months b where ${since}
), buyers as (
  select buyer_id, cohort, min(months) filter (where again) as months from since group by 1, 2
), sizes as (
  select cohort, count(*) as buyers from buyers group by 1
), returned as (
  select cohort, months, count(*) as buyers from since where again group by 1, 2
), repeated as (
  select cohort, months, count(*) as buyers from buyers where months is not null group by 1, 2
), grid as (
  select s.cohort, s.buyers, m.months, coalesce(r.buyers, 0) as returned,
    sum(coalesce(p.buyers, 0)) over (partition by s.cohort order by m.months)::bigint as repeated
  from sizes s
  cross join lateral generate_series(0, (select (${monthNumber("max(month)")})::int from bought)
    - (${monthNumber("s.cohort")})::int) as m(months)
  left join returned r on r.cohort = s.cohort and r.months = m.months
  left join repeated p on p.cohort = s.cohort and p.months = m.months
)
select ${periodName("month", "cohort")} as cohort, months as "monthsSince", buyers, returned as "returning",
  round(returned::numeric / buyers, 4) as share, repeated, round(repeated::numeric / buyers, 4) as "repeatRate"
from grid order by grid.cohort, months`;
}
