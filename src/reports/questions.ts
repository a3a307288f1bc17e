import { chartOver, keyColumns, keyNamed } from "./keys.ts";
import type { Report } from "./report.ts";
import { clock, isPeriod, periodOf, type ReportScope, within } from "./scope.ts";

export const questions: Report = {
  name: "questions",
  title: "Questions",
  answers: "Are questions answered, how soon, and do those who ask buy?",
  definition: [
    "A question counts when it was asked, whatever became of it: one that was deleted or closed was not answered.",
    "Somebody who asked about a publication counts once for it, when they first asked in the time asked for; they bought when later an order of theirs with it was placed and paid.",
    "Somebody who viewed a publication counts once for it, when they first did in that time, if they never asked about it and do not sell it; they bought likewise. Views without login are left out.",
  ],
  groupings: ["month", "week", "day", "seller", "publication"],
  columns: (by) => [
    ...keyColumns(by),
    { key: "asked", header: "ASKED", kind: "integer" },
    { key: "answered", header: "ANSWERED", kind: "integer" },
    { key: "answerRate", header: "ANSWER RATE", kind: "share", means: "Answered by asked." },
    {
      key: "medianHours",
      header: "MEDIAN H",
      kind: "hours",
      means: "From question to answer, of those that were answered.",
    },
    { key: "p90Hours", header: "P90 H", kind: "hours", means: "Nine of ten answers came by then." },
    { key: "askers", header: "ASKERS", kind: "integer", means: "By publication.", wide: true },
    { key: "askersBought", header: "ASKERS BOUGHT", kind: "integer", wide: true },
    {
      key: "askersConversion",
      header: "ASKED, BOUGHT",
      kind: "share",
      means: "Askers who bought, by askers.",
    },
    {
      key: "viewers",
      header: "VIEWERS",
      kind: "integer",
      means: "By publication; those who never asked about it.",
      wide: true,
    },
    { key: "viewersBought", header: "VIEWERS BOUGHT", kind: "integer", wide: true },
    {
      key: "viewersConversion",
      header: "ONLY VIEWED, BOUGHT",
      kind: "share",
      means: "Viewers who bought, by viewers.",
    },
  ],
  chart: (by) => chartOver(by, ["answerRate", "askersConversion", "viewersConversion"]),
  sql,
};

function sql(scope: ReportScope): string {
  const { by } = scope;
  const keyAt = (column: string) =>
    isPeriod(by)
      ? periodOf(by, clock(scope, column))
      : by === "seller"
        ? "seller_id"
        : "publication_id";
  const order = isPeriod(by)
    ? "sums.key"
    : `asked desc, viewers desc, sums.key limit ${scope.limit}`;
  return `with every as (
  select e.subject_id as id, (e.data ->> 'publicationId')::uuid as publication_id, (e.data ->> 'sellerId')::uuid as seller_id,
    (e.data ->> 'askerId')::uuid as user_id, e.occurred_at as at
  from event e where e.subject_kind = 'question' and e.type = 'question.asked'
), answers as (
  select e.subject_id as id, min(e.occurred_at) as at from event e where e.subject_kind = 'question' and e.type = 'question.answered' group by 1
), asked as (
  select * from every where ${within(scope, "at", clock(scope, "at"))}
), pairs as (
  select true as asked, publication_id, seller_id, user_id, min(at) as at from asked group by 2, 3, 4
  union all
  select false, a.publication_id, p.seller_id, a.user_id, min(a.at)
  from activity a join publication p on p.id = a.publication_id and p.seller_id <> a.user_id
  where a.kind = 'view' and ${within(scope, "a.at", clock(scope, "a.at"))}
    and not exists (select from every e where e.publication_id = a.publication_id and e.user_id = a.user_id)
  group by 2, 3, 4
), converted as (
  select distinct p.publication_id, p.user_id
  from pairs p join order_line l on l.publication_id = p.publication_id
  join "order" o on o.id = l.order_id and o.buyer_id = p.user_id and o.paid_at is not null and o.created_at >= p.at
), parts as (
  select ${keyAt("q.at")} as key, count(*) as asked, count(a.id) as answered,
    percentile_cont(array[0.5, 0.9]) within group (order by extract(epoch from a.at - q.at) / 3600) as hours,
    0 as askers, 0 as askers_bought, 0 as viewers, 0 as viewers_bought
  from asked q left join answers a on a.id = q.id group by 1
  union all
  select ${keyAt("p.at")}, 0, 0, null, count(*) filter (where p.asked), count(c.user_id) filter (where p.asked),
    count(*) filter (where not p.asked), count(c.user_id) filter (where not p.asked)
  from pairs p left join converted c using (publication_id, user_id) group by 1
), sums as (
  select key, sum(asked)::bigint as asked, sum(answered)::bigint as answered, max(hours) as hours,
    sum(askers)::bigint as askers, sum(askers_bought)::bigint as askers_bought, sum(viewers)::bigint as viewers,
    sum(viewers_bought)::bigint as viewers_bought
  from parts group by 1
)
select ${keyNamed(by, "sums.key")}, asked, answered, round(answered::numeric / nullif(asked, 0), 4) as "answerRate",
  round(hours[1]::numeric, 2) as "medianHours", round(hours[2]::numeric, 2) as "p90Hours",
  askers, askers_bought as "askersBought", round(askers_bought::numeric / nullif(askers, 0), 4) as "askersConversion",
  viewers, viewers_bought as "viewersBought",
  round(viewers_bought::numeric / nullif(viewers, 0), 4) as "viewersConversion"
from sums order by ${order}`;
}
