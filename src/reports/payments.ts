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

const APPROVED_STATES =
  "('approved', 'partially_refunded', 'refunded', 'in_mediation', 'charged_back')";
const APPROVED = `o.state in ${APPROVED_STATES}`;
/** A payment after which its order can be paid again. */
const ENDED = "(e.state in ('rejected', 'cancelled') or e.late)";

const FIGURES: readonly ReportColumn[] = [
  CURRENCY,
  { key: "payments", header: "PAYMENTS", kind: "integer" },
  { key: "approved", header: "APPROVED", kind: "integer" },
  { key: "rejected", header: "REJECTED", kind: "integer" },
  {
    key: "cancelled",
    header: "GIVEN UP",
    kind: "integer",
    means: "Ended before the provider decided, by a deadline or with its order.",
  },
  { key: "open", header: "OPEN", kind: "integer", wide: true },
  {
    key: "approvalRate",
    header: "APPROVAL",
    kind: "share",
    means: "Approved by approved and rejected.",
  },
  { key: "approvedMinor", header: "APPROVED MONEY", kind: "money" },
  {
    key: "retries",
    header: "RETRIES",
    kind: "integer",
    means: "Payments of orders that had one which was rejected, given up or came late.",
  },
  {
    key: "retriesApproved",
    header: "RETRIES APPROVED",
    kind: "integer",
    means: "Retries that were approved.",
  },
  {
    key: "refunds",
    header: "REFUNDS",
    kind: "integer",
    means: "Granted in the period, of payments of any period.",
  },
  { key: "grantedMinor", header: "GRANTED", kind: "money", means: "What refunds give back." },
  {
    key: "refundedMinor",
    header: "REFUNDED",
    kind: "money",
    means: "That part of it which the buyer has.",
  },
];

const REASONS: readonly ReportColumn[] = [
  { key: "state", header: "STATE", kind: "text", means: "`rejected`, or `cancelled`: given up." },
  CURRENCY,
  { key: "payments", header: "PAYMENTS", kind: "integer" },
  { key: "share", header: "SHARE", kind: "share", means: "Of payments in the same state." },
  { key: "amountMinor", header: "MONEY", kind: "money" },
  {
    key: "paidLater",
    header: "PAID LATER",
    kind: "integer",
    means: "Whose order was paid by another payment after it.",
  },
  { key: "paidLaterRate", header: "PAID LATER %", kind: "share" },
];

export const payments: Report = {
  name: "payments",
  title: "Payments",
  answers: "Are payments approved, why not, are they tried again, and what is given back?",
  definition: [
    "A payment counts when it was made, by what became of it since; one that was refunded had been approved.",
    "Refunds count when they were granted, whatever became of them; one that failed is still owed.",
    "By reason there are the payments that were rejected or given up.",
    "Histories tell little of payments: an import knows only approved ones, at the time of their orders.",
  ],
  groupings: ["month", "week", "day", "all", "seller", "reason"],
  columns: (by) => [...keyColumns(by), ...(by === "reason" ? REASONS : FIGURES)],
  chart: (by) =>
    by === "reason"
      ? { kind: "bar", x: "reason", y: ["payments"] }
      : chartOver(by, ["approvalRate"]),
  sql: (scope) => (scope.by === "reason" ? ofReasons(scope) : ofPayments(scope)),
};

function ofPayments(scope: ReportScope): string {
  const { by } = scope;
  const [made, granted] = [orderClock(scope, "p.created_at"), orderClock(scope, "r.created_at")];
  return `with ended as (
  select e.order_id, min(e.created_at) as first_at from payment e where ${ENDED} group by 1
), made as (
  select ${keyOfGathered(scope)} as key, o.currency, sum(o.count) as payments,
    sum(o.count) filter (where ${APPROVED}) as approved, sum(o.count) filter (where o.state = 'rejected') as rejected,
    sum(o.count) filter (where o.state = 'cancelled') as cancelled, sum(o.money) filter (where ${APPROVED}) as money,
    sum(o.count) filter (where o.is_retry) as retries, sum(o.count) filter (where o.is_retry and ${APPROVED}) as retries_approved
  from (
    select ${firstKeyOfOrder(by, "p.created_at")} as key, o.time_zone, p.currency, p.state,
      p.created_at > e.first_at as is_retry, count(*) as count, sum(p.amount_minor) as money
    from payment p ${joinOrder(by, "p.order_id")} left join ended e on e.order_id = p.order_id
    where ${within(scope, "p.created_at", made)} group by 1, 2, 3, 4, 5
  ) o group by 1, 2
), given as (
  select ${keyOfGathered(scope)} as key, o.currency, sum(o.count) as refunds, sum(o.money) as granted,
    sum(o.money) filter (where o.state = 'succeeded') as refunded
  from (
    select ${firstKeyOfOrder(by, "r.created_at")} as key, o.time_zone, p.currency, r.state, count(*) as count,
      sum(r.amount_minor) as money
    from refund r join payment p on p.id = r.payment_id ${joinOrder(by, "p.order_id")}
    where ${within(scope, "r.created_at", granted)} group by 1, 2, 3, 4
  ) o group by 1, 2
)
select ${keyNamed(by, "g.key")}, g.currency, coalesce(m.payments, 0) as payments, coalesce(m.approved, 0) as approved,
  coalesce(m.rejected, 0) as rejected, coalesce(m.cancelled, 0) as cancelled,
  coalesce(m.payments, 0) - coalesce(m.approved, 0) - coalesce(m.rejected, 0) - coalesce(m.cancelled, 0) as open,
  round(coalesce(m.approved, 0) / nullif(coalesce(m.approved, 0) + coalesce(m.rejected, 0), 0), 4) as "approvalRate",
  coalesce(m.money, 0)::bigint as "approvedMinor", coalesce(m.retries, 0) as retries,
  coalesce(m.retries_approved, 0) as "retriesApproved", coalesce(r.refunds, 0) as refunds,
  coalesce(r.granted, 0)::bigint as "grantedMinor", coalesce(r.refunded, 0)::bigint as "refundedMinor"
from (select key, currency from made union select key, currency from given) g
  left join made m on m.key = g.key and m.currency = g.currency
  left join given r on r.key = g.key and r.currency = g.currency
order by ${isPeriod(by) ? "g.key" : "coalesce(m.payments, 0) desc, g.key"}, g.currency`;
}

function ofReasons(scope: ReportScope): string {
  const { by } = scope;
  const made = orderClock(scope, "p.created_at");
  return `with ended as (
  select p.order_id, p.created_at, p.reason, p.state, p.currency, p.amount_minor
  from payment p ${joinOrder(by, "p.order_id")}
  where p.state in ('rejected', 'cancelled') and ${within(scope, "p.created_at", made)}
), g as (
  select e.reason, e.state, e.currency, count(*) as payments, sum(e.amount_minor) as money,
    count(*) filter (where exists (select from payment p
      where p.order_id = e.order_id and p.created_at > e.created_at and p.state in ${APPROVED_STATES} and not p.late)) as paid
  from ended e group by 1, 2, 3
)
select g.reason, g.state, g.currency, g.payments,
  round(g.payments / sum(g.payments) over (partition by g.state, g.currency), 4) as share, g.money::bigint as "amountMinor",
  g.paid as "paidLater", round(g.paid::numeric / g.payments, 4) as "paidLaterRate"
from g order by g.payments desc, g.reason, g.state, g.currency`;
}
