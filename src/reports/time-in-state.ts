import { RESERVATION_MINUTES } from "../domain/order.ts";
import { ORDER_SLA_DAYS } from "../domain/stuck.ts";
import { ORDER_TIMERS } from "../domain/timers.ts";
import { hours, isOneOfSource } from "./durations.ts";
import type { Report } from "./report.ts";
import { isGiven, literal, orderClock, type ReportScope, within } from "./scope.ts";

/** A parcel's SLA is its estimate, so its hours differ by order. */
const { shipped: _, ...FIXED_DAYS } = ORDER_SLA_DAYS;
/** Hours in a state after which an order is stuck. */
const SLA_HOURS: Readonly<Record<string, number>> = {
  reserved: RESERVATION_MINUTES / 60,
  ...Object.fromEntries(Object.entries(FIXED_DAYS).map(([state, days]) => [state, days * 24])),
  delivered: ORDER_TIMERS.completion.days * 24,
};

export const timeInState: Report = {
  name: "time-in-state",
  title: "Time in state",
  answers: "How long do orders stay in each state, and does it keep to its SLA?",
  definition: [
    "Orders placed in the period count. The time of an order in a state is from when it came into it until it left it; each of several stays counts. States that are ends are left out.",
    "Stays are left out when the time of coming or leaving was inferred. Durations of an imported history are differences of what its own clocks showed, and what its source knew as one order counts once.",
    "The SLA is the time after which the dashboard calls an order stuck. That of shipped is the estimate, so it differs by order. A reservation may last longer: its timer stands still while a payment is open.",
    "Orders that are in a state now have no duration yet: they are counted apart, by their time until now.",
  ],
  groupings: ["state"],
  columns: () => [
    { key: "state", header: "STATE", kind: "text" },
    { key: "orders", header: "ORDERS", kind: "integer", means: "Stays that ended." },
    { key: "medianHours", header: "MEDIAN H", kind: "hours" },
    { key: "p90Hours", header: "P90 H", kind: "hours", means: "Nine of ten stayed no longer." },
    { key: "p99Hours", header: "P99 H", kind: "hours" },
    { key: "slaHours", header: "SLA H", kind: "hours", means: "After which it is stuck." },
    {
      key: "within",
      header: "WITHIN",
      kind: "integer",
      means: "Those that ended within the SLA.",
      wide: true,
    },
    { key: "withinRate", header: "WITHIN %", kind: "share" },
    { key: "inState", header: "NOW", kind: "integer", means: "Orders that are in the state." },
    {
      key: "over",
      header: "OVER",
      kind: "integer",
      means: "Those of them that have been for longer than the SLA.",
    },
    {
      key: "oldestHours",
      header: "OLDEST H",
      kind: "hours",
      means: "How long the first of them has been.",
      wide: true,
    },
  ],
  chart: () => ({ kind: "bar", x: "state", y: ["medianHours", "p90Hours", "p99Hours"] }),
  sql,
};

/** States that wait for something, in the order of an order's way. */
const STATES = ["reserved", "paid", "shipped", "not_delivered", "delivered", "disputed"];

const GIVEN_ENTRIES = {
  reserved: ["placed", "created_at"],
  paid: ["paid", "paid_at"],
  shipped: ["shipped", "shipped_at"],
  delivered: ["delivered", "delivered_at"],
} as const;

/**
 * When an order (alias `o`) came into a state that it was in until then; null when it was inferred. Its row knows the
 * last time of most states; where it came into one again, or into another, its history is asked.
 */
function entry(state: string, isLast: string, until: string): string {
  const own = Object.entries(GIVEN_ENTRIES).map(
    ([name, [step, column]]) =>
      `when ${state} = '${name}' and ${isLast} then case when ${isGiven(step)} then o.${column} end`,
  );
  return `case ${own.join(" ")} else (
      select case when not e.inferred then e.at end from transition e
      where e.subject_id = o.id and e.to_state = ${state} and e.at <= ${until} order by e.at desc, e.id desc limit 1) end`;
}

/** The cases of states whose time is the same for every order. */
const FIXED = Object.entries(SLA_HOURS)
  .map(([name, limit]) => `when '${name}' then ${limit}`)
  .join(" ");

/** Hours that an order may be in a state by its SLA; null: nobody estimated when its parcel arrives. */
const allowed = (state: string): string =>
  `case ${state} ${FIXED} when 'shipped' then ${hours("o.shipped_at", "o.estimated_delivery_at")} end`;

/** `offset 0` keeps a duration from being worked out again for each of the figures that are made of it. */
function sql(scope: ReportScope): string {
  const local = orderClock(scope, "o.created_at");
  const placed = `${within(scope, "o.created_at", local)} and ${isOneOfSource}`;
  const states = STATES.map((state) => `'${state}'`).join(", ");
  const now = `${literal(scope.now)}::timestamptz`;
  return `with stay as (
  select s.state, case when not s.inferred then ${hours("s.entered", "s.at", "s.time_zone")} end as hours, s.allowed
  from (
    select l.from_state as state, l.at, l.inferred, o.time_zone, ${allowed("l.from_state")} as allowed,
      ${entry("l.from_state", "l.event <> 'fail_delivery'", "l.at")} as entered
    from transition l join "order" o on o.id = l.subject_id
    where l.machine = 'order' and l.from_state in (${states}) and ${placed} offset 0
  ) s offset 0
), past as (
  select state, count(hours) as orders, percentile_cont(array[0.5, 0.9, 0.99]) within group (order by hours) as hours,
    count(*) filter (where hours <= allowed) as within, count(allowed) filter (where hours is not null) as limited
  from stay group by 1
), present as (
  select s.state, count(*) as orders, count(*) filter (where s.hours > s.allowed) as over, max(s.hours) as oldest
  from (
    select s.state, s.allowed, ${hours("s.entered", now, "s.time_zone")} as hours
    from (
      select o.state, o.time_zone, ${allowed("o.state")} as allowed, ${entry("o.state", "true", now)} as entered
      from "order" o where o.state in (${states}) and ${placed}
    ) s
  ) s group by 1
)
select state, coalesce(p.orders, 0) as orders, round(p.hours[1]::numeric, 2) as "medianHours",
  round(p.hours[2]::numeric, 2) as "p90Hours", round(p.hours[3]::numeric, 2) as "p99Hours",
  case state ${FIXED} end as "slaHours",
  case when p.limited > 0 then p.within end as within, round(p.within::numeric / nullif(p.limited, 0), 4) as "withinRate",
  coalesce(n.orders, 0) as "inState", coalesce(n.over, 0) as over, round(n.oldest::numeric, 2) as "oldestHours"
from past p full join present n using (state)
order by array_position(array[${states}], state)`;
}
