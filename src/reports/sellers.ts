import { PAST_FLAGS } from "../domain/timers.ts";
import type { Report } from "./report.ts";
import { isGiven, literal, orderClock, type ReportScope, within } from "./scope.ts";

/** How long a seller has to hand a paid order over, as MercadoLibre measures it. */
const DISPATCH_HOURS = 72;
const WINDOW_DAYS = 60;
/** Before so many sales there is no level. */
const SALES_FOR_LEVEL = 10;
/** At most these shares of claims, cancellations and late dispatches, from the best level to the worst but one. */
const LEVELS = [
  { level: "green", claims: 0.02, cancellations: 0.015, late: 0.1 },
  { level: "yellow", claims: 0.045, cancellations: 0.035, late: 0.18 },
  { level: "orange", claims: 0.08, cancellations: 0.04, late: 0.22 },
] as const;

/** Of an order that came with its history nobody knows how long it waits. */
const PAST = `array[${PAST_FLAGS.map(literal).join(", ")}]`;

const percent = (share: number) => `${Number((share * 100).toFixed(1))} %`;

export const sellers: Report = {
  name: "sellers",
  title: "Sellers' reputation",
  answers: "Which sellers keep their word, and which do not?",
  definition: [
    `Reputation as MercadoLibre defines it, over the orders that were placed in the last ${WINDOW_DAYS} days of the marketplace's time (--since and --until choose others) and paid: the sales.`,
    "A claim is a dispute of a sale, counted once a sale, unless it was dismissed; a bank's chargeback is none.",
    "Cancelled by the seller is a sale that the seller cancelled, or that was cancelled because nothing was dispatched in time.",
    `Dispatched late is a sale whose parcel was first handed over more than ${DISPATCH_HOURS} hours after it was paid, or that still waits for it, unless it came with a history; its rate is by sales that were handed over, or are late. Times that an import inferred are left out.`,
    `Levels are those of MercadoLibre in Brazil since March 2023, at most so many claims, cancellations and late dispatches: ${LEVELS.map(
      ({ level, claims, cancellations, late }) =>
        `${level} ${percent(claims)}, ${percent(cancellations)}, ${percent(late)}`,
    ).join("; ")}; red is the rest. With fewer than ${SALES_FOR_LEVEL} sales there is no level.`,
  ],
  groupings: ["seller"],
  columns: () => [
    { key: "sellerId", header: "SELLER", kind: "id" },
    { key: "level", header: "LEVEL", kind: "text" },
    { key: "sales", header: "SALES", kind: "integer", means: "Orders that were paid." },
    {
      key: "completed",
      header: "COMPLETED",
      kind: "integer",
      means: "Sales that are complete: conforming, or undisputed in time.",
    },
    { key: "claims", header: "CLAIMS", kind: "integer", wide: true },
    { key: "claimsRate", header: "CLAIMS RATE", kind: "share", means: "Claims by sales." },
    { key: "cancellations", header: "CANCELLED", kind: "integer", wide: true },
    {
      key: "cancellationsRate",
      header: "CANCELLED RATE",
      kind: "share",
      means: "Sales cancelled by the seller, by sales.",
    },
    { key: "lateDispatches", header: "LATE", kind: "integer", wide: true },
    {
      key: "lateDispatchesRate",
      header: "LATE RATE",
      kind: "share",
      means: "Late dispatches by sales that were handed over or are late.",
    },
  ],
  chart: () => ({
    kind: "bar",
    x: "sellerId",
    y: ["claimsRate", "cancellationsRate", "lateDispatchesRate"],
  }),
  sql,
};

/** Orders of the window: the last days before now, or before `until`, unless the scope says since when. */
function inWindow(scope: ReportScope, local: string): string {
  const { since, until, now } = scope;
  const asked = within(scope, "o.created_at", local);
  if (since !== null) return asked;
  const days = `interval '${WINDOW_DAYS} days'`;
  if (until === null) return `o.created_at > ${literal(now)}::timestamptz - ${days}`;
  return `${asked} and ${local} >= ${literal(until)}::timestamp - ${days}`;
}

function sql(scope: ReportScope): string {
  const local = orderClock(scope, "o.created_at");
  const levels = LEVELS.map(
    ({ level, claims, cancellations, late }) =>
      `when claims <= ${claims} * sales and cancellations <= ${cancellations} * sales and late <= ${late} * dispatched then '${level}'`,
  );
  return `with sale as (
  select o.id, o.seller_id, o.state, o.paid_at + interval '${DISPATCH_HOURS} hours' as deadline, o.shipped_at,
    ${isGiven("paid")} and ${isGiven("shipped")} as is_given, o.flags && ${PAST} as is_past
  from "order" o where o.paid_at is not null and o.seller_id is not null and ${inWindow(scope, local)}
), claimed as (
  select distinct order_id from dispute where reason <> 'chargeback' and state <> 'dismissed'
), judged as (
  select s.seller_id, s.state, c.order_id is not null as claimed, h.cancelled,
    case
      when not s.is_given or s.is_past and s.state = 'paid' then null
      when s.state = 'paid' then nullif(s.deadline < ${literal(scope.now)}::timestamptz, false)
      when s.shipped_at is not null then coalesce(h.handed_at, s.shipped_at) > s.deadline
    end as late
  from sale s left join claimed c on c.order_id = s.id
  -- Only what was cancelled, or may be late, has its history looked at: a parcel sent again was handed over before.
  cross join lateral (
    select min(t.at) filter (where t.event = 'hand_over') as handed_at,
      bool_or(t.event = 'miss_dispatch' or t.event = 'cancel' and t.actor = 'user:' || s.seller_id) as cancelled
    from transition t
    where t.subject_id = s.id and t.machine = 'order' and (s.state = 'cancelled' or s.shipped_at > s.deadline)
  ) h
), counted as (
  select seller_id, count(*) as sales, count(*) filter (where state = 'completed') as completed,
    count(*) filter (where claimed) as claims, count(*) filter (where cancelled) as cancellations,
    count(*) filter (where late) as late, count(late) as dispatched
  from judged group by 1
)
select seller_id as "sellerId",
  case when sales < ${SALES_FOR_LEVEL} then null
    ${levels.join("\n    ")}
    else 'red' end as level,
  sales, completed, claims, round(claims::numeric / sales, 4) as "claimsRate", cancellations,
  round(cancellations::numeric / sales, 4) as "cancellationsRate", late as "lateDispatches",
  round(late::numeric / nullif(dispatched, 0), 4) as "lateDispatchesRate"
from counted order by sales desc, seller_id limit ${scope.limit}`;
}
