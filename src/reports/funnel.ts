import { keyAxis, keyColumns } from "./keys.ts";
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
    "A user counts once a step, however often and in whatever order, whether or not with the steps before; shares are of those who took the earlier step: how many of them took this one too.",
    "What was done without login has no user, and counts apart.",
    "Orders count as shipped when they were handed over or delivered, as reviewed when any line of them was.",
  ],
  groupings: ["step", "day", "week", "month"],
  columns: (by) => [
    ...(isPeriod(by) ? keyColumns(by) : []),
    { key: "step", header: "STEP", kind: "text" },
    { key: "users", header: "USERS", kind: "integer", means: "Different users who did it." },
    {
      key: "usersOfBefore",
      header: "OF BEFORE",
      kind: "share",
      means: "Of the users of the step before, those who took this one too.",
    },
    {
      key: "usersOfFirst",
      header: "OF FIRST",
      kind: "share",
      means: "Of the users of the first step, those who took this one too.",
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
      header: "ORDERS OF BEFORE",
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
  chart: (by) => ({ kind: "bar", x: keyAxis(by), y: ["users"] }),
  sql,
};

/** In their order; a user's steps are bits of one number. */
const STEPS = [
  "home",
  "search",
  "view",
  "question",
  "buy",
  "pay",
  "ship",
  "deliver",
  "review",
] as const;
const bit = (step: (typeof STEPS)[number]) => 1 << STEPS.indexOf(step);

function sql(scope: ReportScope): string {
  const { by } = scope;
  const period = (local: string) => (isPeriod(by) ? periodOf(by, local) : "null::timestamp");
  const [seen, asked, placed] = [
    clock(scope, "a.at"),
    clock(scope, "e.occurred_at"),
    orderClock(scope, "o.created_at"),
  ];
  const name = isPeriod(by) ? `${periodName(by, "period")} as period, ` : "";
  const steps = STEPS.map((step, index) => `(${index + 1}, '${step}', ${bit(step)})`).join(", ");
  return `with looked as (
  select ${period(seen)} as period, a.kind, a.user_id, count(*) as times
  from activity a where ${within(scope, "a.at", seen)} group by 1, 2, 3
), asked as (
  select ${period(asked)} as period, (e.data ->> 'askerId')::uuid as user_id, count(*) as times
  from event e where e.subject_kind = 'question' and e.type = 'question.asked' and ${within(scope, "e.occurred_at", asked)}
  group by 1, 2
), bought as (
  select ${period(placed)} as period, o.buyer_id as user_id, count(*) as placed, count(o.paid_at) as paid,
    count(coalesce(o.shipped_at, o.delivered_at)) as shipped, count(o.delivered_at) as delivered,
    count(r.order_id) as reviewed
  from "order" o left join (select distinct order_id from review) r on r.order_id = o.id
  where ${within(scope, "o.created_at", placed)} group by 1, 2
), counted as (
  select period, kind as step, sum(times) filter (where user_id is not null) as times,
    sum(times) filter (where user_id is null) as anonymous, null::numeric as orders
  from looked group by 1, 2
  union all
  select period, 'question', sum(times), null, null from asked group by 1
  union all
  select o.period, s.step, s.orders, null, s.orders
  from (select period, sum(placed) as placed, sum(paid) as paid, sum(shipped) as shipped, sum(delivered) as delivered,
    sum(reviewed) as reviewed from bought group by 1) o
  cross join lateral (values ('buy', placed), ('pay', paid), ('ship', shipped), ('deliver', delivered),
    ('review', reviewed)) s(step, orders)
), steps (place, step, bit) as (
  values ${steps}
), done as (
  -- What each user did, a bit for a step.
  select period, user_id, bit_or(bits) as bits
  from (
    select l.period, l.user_id, s.bit as bits from looked l join steps s on s.step = l.kind where l.user_id is not null
    union all
    select period, user_id, ${bit("question")} from asked
    union all
    select period, user_id, ${bit("buy")} + case when paid > 0 then ${bit("pay")} else 0 end
      + case when shipped > 0 then ${bit("ship")} else 0 end + case when delivered > 0 then ${bit("deliver")} else 0 end
      + case when reviewed > 0 then ${bit("review")} else 0 end
    from bought
  ) d group by 1, 2
), people as (
  select d.period, s.place, count(*) as users, count(*) filter (where d.bits & (s.bit >> 1) <> 0) as came_from_before,
    count(*) filter (where d.bits & ${bit("home")} <> 0) as came_from_home
  from done d join steps s on d.bits & s.bit <> 0 group by 1, 2
), filled as (
  select p.period, s.place, s.step, coalesce(u.users, 0) as users, coalesce(u.came_from_before, 0) as came_from_before,
    coalesce(u.came_from_home, 0) as came_from_home, coalesce(c.times, 0) as times,
    case when s.place <= 3 then coalesce(c.anonymous, 0) end as anonymous,
    case when s.place >= 5 then coalesce(c.orders, 0) end as orders
  from (${isPeriod(by) ? "select distinct period from counted" : "select null::timestamp"}) p(period)
  cross join steps s
  left join counted c on c.step = s.step and c.period is not distinct from p.period
  left join people u on u.place = s.place and u.period is not distinct from p.period
)
select ${name}step, users, round(came_from_before::numeric / nullif(lag(users) over w, 0), 4) as "usersOfBefore",
  round(came_from_home::numeric / nullif(first_value(users) over w, 0), 4) as "usersOfFirst", times::bigint as times,
  anonymous::bigint as anonymous, orders::bigint as orders,
  round(orders / nullif(lag(orders) over w, 0), 4) as "ordersOfBefore",
  round(orders / nullif(max(orders) filter (where step = 'buy') over (partition by period), 0), 4) as "ordersOfFirst"
from filled window w as (partition by period order by place) order by filled.period, place`;
}
