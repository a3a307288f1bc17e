import { chartOver, keyColumns, keyNamed } from "./keys.ts";
import type { Report } from "./report.ts";
import { clock, isPeriod, periodOf, type ReportScope, within } from "./scope.ts";

const CLICK_MINUTES = 30;
const BUY_HOURS = 24;

export const search: Report = {
  name: "search",
  title: "Searches",
  answers: "What do people search for, what is not there, and what leads to a sale?",
  definition: [
    "Every search counts, each page of its results as one; words are folded to small letters and single spaces.",
    `Clicked is a search after which the same user viewed any publication within ${CLICK_MINUTES} minutes.`,
    `Bought is one that was clicked so, the publication being one of an order that the user placed within ${BUY_HOURS} hours of the view, and paid.`,
    "Nobody knows what those did next who searched without login: they are left out of the shares of clicks and sales.",
  ],
  groupings: ["words", "day", "week", "month"],
  columns: (by) => [
    ...keyColumns(by),
    { key: "searches", header: "SEARCHES", kind: "integer" },
    { key: "users", header: "USERS", kind: "integer", means: "Different users who searched so." },
    {
      key: "anonymous",
      header: "ANONYMOUS",
      kind: "integer",
      means: "Searches without login.",
      wide: true,
    },
    {
      key: "withoutResult",
      header: "WITHOUT RESULT",
      kind: "integer",
      means: "Searches that found nothing.",
    },
    {
      key: "withoutResultShare",
      header: "WITHOUT %",
      kind: "share",
      means: "Without result by searches.",
    },
    { key: "clicked", header: "CLICKED", kind: "integer", wide: true },
    {
      key: "clickThrough",
      header: "CLICK-THROUGH",
      kind: "share",
      means: "Clicked by searches with login.",
    },
    { key: "bought", header: "BOUGHT", kind: "integer", wide: true },
    {
      key: "conversion",
      header: "CONVERSION",
      kind: "share",
      means: "Bought by searches with login.",
    },
  ],
  chart: (by) => chartOver(by, ["searches", "withoutResult"]),
  sql,
};

function sql(scope: ReportScope): string {
  const { by } = scope;
  const local = clock(scope, "a.at");
  const [key, order] = isPeriod(by)
    ? [periodOf(by, "local"), "counted.key"]
    : [
        "lower(btrim(regexp_replace(coalesce(words, ''), '\\s+', ' ', 'g')))",
        `searches desc, counted.key limit ${scope.limit}`,
      ];
  return `with seen as (
  select a.id, a.kind, a.user_id, a.publication_id, a.words, a.result_count, a.at, ${local} as local,
    a.kind = 'search' and ${within({ ...scope, since: null }, "a.at", local)} as counts
  from activity a where a.kind in ('search', 'view') and ${within({ ...scope, until: null }, "a.at", local)}
), sold as (
  select distinct s.id
  from seen s join order_line l on l.publication_id = s.publication_id
  join "order" o on o.id = l.order_id and o.buyer_id = s.user_id and o.paid_at is not null
    and o.created_at between s.at and s.at + interval '${BUY_HOURS} hours'
  where s.kind = 'view'
), followed as (
  -- The next view of the same user, and the next that led to a sale.
  select s.*, min(s.at) filter (where s.kind = 'view') over w - s.at as until_view,
    min(s.at) filter (where b.id is not null) over w - s.at as until_sale
  from seen s left join sold b on b.id = s.id
  window w as (partition by s.user_id order by s.at desc)
), counted as (
  select ${key} as key, count(*) as searches, count(distinct user_id) as users, count(user_id) as known,
    count(result_count) as told, count(*) filter (where result_count = 0) as without_result,
    count(user_id) filter (where until_view <= interval '${CLICK_MINUTES} minutes') as clicked,
    count(user_id) filter (where until_sale <= interval '${CLICK_MINUTES} minutes') as bought
  from followed where counts group by 1
)
select ${keyNamed(by, "counted.key")}, searches, users, searches - known as anonymous, without_result as "withoutResult",
  round(without_result::numeric / nullif(told, 0), 4) as "withoutResultShare", clicked,
  round(clicked::numeric / nullif(known, 0), 4) as "clickThrough", bought,
  round(bought::numeric / nullif(known, 0), 4) as conversion
from counted order by ${order}`;
}
