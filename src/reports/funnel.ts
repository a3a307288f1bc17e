import type { Report } from "./report.ts";
import {
  clock,
  isPeriod,
  orderClock,
  periodName,
  periodOf,
  type ReportScope,
  within,
} from "./scope.ts";

export const funnel: Report = {
  name: "funnel",
  title: "Funnel",
  answers: "How many people get from home to a review, and where do they stop?",
  definition: [
    "The first four steps count what was done in the time asked for; the others what became, until today, of the orders that were placed in it.",
    "A user counts once a step, however often and in whatever order: nobody has to have taken the steps before.",
    "What was done without login has no user, and counts apart.",
    "Orders count as shipped when they were handed over or delivered, as reviewed when any line of them was.",
  ],
  groupings: ["step", "day", "week", "month"],
  columns: (by) => [
    ...(isPeriod(by) ? [{ key: "period", header: by.toUpperCase(), kind: "text" } as const] : []),
    { key: "step", header: "STEP", kind: "text" },
    { key: "users", header: "USERS", kind: "integer", means: "Different users who did it." },
    {
      key: "usersOfBefore",
      header: "OF BEFORE",
      kind: "share",
      means: "Users by those of the step before.",
    },
    {
      key: "usersOfFirst",
      header: "OF FIRST",
      kind: "share",
      means: "Users by those of the first step.",
    },
    {
      key: "times",
      header: "TIMES",
      kind: "integer",
      means: "How often users did it: orders from buying on.",
      wide: true,
    },
    {
      key: "anonymous",
      header: "ANONYMOUS",
      kind: "integer",
      means: "How often it was done without login; steps that need one have none.",
    },
    { key: "orders", header: "ORDERS", kind: "integer", means: "Orders that came so far." },
    {
      key: "ordersOfBefore",
      header: "OF BEFORE",
      kind: "share",
      means: "Orders by those of the step before.",
    },
    {
      key: "ordersOfFirst",
      header: "OF BOUGHT",
      kind: "share",
      means: "Orders by those that were placed.",
    },
  ],
  chart: (by) => ({ kind: "bar", x: isPeriod(by) ? "period" : "step", y: ["users"] }),
  sql,
};

function sql(scope: ReportScope): string {
  const { by } = scope;
  const period = (local: string) => (isPeriod(by) ? periodOf(by, local) : "null::timestamp");
  const [seen, asked, placed] = [
    clock(scope, "a.at"),
    clock(scope, "e.occurred_at"),
    orderClock(scope, "o.created_at"),
  ];
  const name = isPeriod(by) ? `${periodName(by, "period")} as period, ` : "";
  return `with looked as (
  select ${period(seen)} as period, a.kind, a.user_id, count(*) as times
  from activity a where ${within(scope, "a.at", seen)} group by 1, 2, 3
), asked as (
  select ${period(asked)} as period, e.data ->> 'askerId' as user_id, count(*) as times
  from event e where e.subject_kind = 'question' and e.type = 'question.asked' and ${within(scope, "e.occurred_at", asked)} group by 1, 2
), bought as (
  select ${period(placed)} as period, o.buyer_id, count(*) as placed, count(o.paid_at) as paid,
    count(coalesce(o.shipped_at, o.delivered_at)) as shipped, count(o.delivered_at) as delivered,
    count(r.order_id) as reviewed
  from "order" o left join (select distinct order_id from review) r on r.order_id = o.id
  where ${within(scope, "o.created_at", placed)} group by 1, 2
), ordered as (
  select period, count(*) as buyers, sum(placed) as placed,
    count(*) filter (where paid > 0) as payers, sum(paid) as paid,
    count(*) filter (where shipped > 0) as receivers, sum(shipped) as shipped,
    count(*) filter (where delivered > 0) as owners, sum(delivered) as delivered,
    count(*) filter (where reviewed > 0) as reviewers, sum(reviewed) as reviewed
  from bought group by 1
), counted as (
  select period, kind as step, count(user_id) as users, sum(times) filter (where user_id is not null) as times,
    sum(times) filter (where user_id is null) as anonymous, null::numeric as orders
  from looked group by 1, 2
  union all
  select period, 'question', count(*), sum(times), null, null from asked group by 1
  union all
  select o.period, s.step, s.users, s.orders, null, s.orders
  from ordered o cross join lateral (values ('buy', buyers, placed), ('pay', payers, paid), ('ship', receivers, shipped),
    ('deliver', owners, delivered), ('review', reviewers, reviewed)) s(step, users, orders)
), steps (place, step) as (
  values (1, 'home'), (2, 'search'), (3, 'view'), (4, 'question'), (5, 'buy'), (6, 'pay'), (7, 'ship'), (8, 'deliver'),
    (9, 'review')
), filled as (
  select p.period, s.place, s.step, coalesce(c.users, 0) as users, coalesce(c.times, 0) as times,
    case when s.place <= 3 then coalesce(c.anonymous, 0) end as anonymous,
    case when s.place >= 5 then coalesce(c.orders, 0) end as orders
  from (${isPeriod(by) ? "select distinct period from counted" : "select null::timestamp"}) p(period)
  cross join steps s left join counted c on c.step = s.step and c.period is not distinct from p.period
)
select ${name}step, users, round(users::numeric / nullif(lag(users) over w, 0), 4) as "usersOfBefore",
  round(users::numeric / nullif(first_value(users) over w, 0), 4) as "usersOfFirst", times::bigint as times,
  anonymous::bigint as anonymous, orders::bigint as orders,
  round(orders / nullif(lag(orders) over w, 0), 4) as "ordersOfBefore",
  round(orders / nullif(first_value(orders) over (partition by period order by (place >= 5) desc, place), 0), 4) as "ordersOfFirst"
from filled window w as (partition by period order by place) order by filled.period, place`;
}
