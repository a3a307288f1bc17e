import { CURRENCY, chartOver, keyColumns, keyNamed } from "./keys.ts";
import type { Report } from "./report.ts";
import { clock, isPeriod, orderClock, periodOf, type ReportScope, within } from "./scope.ts";

export const payouts: Report = {
  name: "payouts",
  title: "Payouts",
  answers: "What was captured, kept as fees and given back, and what is owed to sellers?",
  definition: [
    "Made of the ledger, each posting in the period in which it was made: a refund counts when it is granted, in whatever period its order was paid.",
    "Owed is captured less fees, refunds and chargebacks; by period it is what the period added to it, and can be negative.",
    "Payments that came when nobody wanted them any more never were the seller's, and are left out.",
    "Postings whose time an import inferred count too, since money has to add up.",
  ],
  groupings: ["seller", "month", "week", "day"],
  columns: (by) => [
    ...keyColumns(by),
    CURRENCY,
    {
      key: "payments",
      header: "PAYMENTS",
      kind: "integer",
      means: "Payments that were captured.",
    },
    {
      key: "capturedMinor",
      header: "CAPTURED",
      kind: "money",
      means: "What the payment provider took from buyers.",
    },
    {
      key: "feesMinor",
      header: "FEES",
      kind: "money",
      means: "What the marketplace keeps; of what goes back it gives up its part.",
    },
    {
      key: "refundsMinor",
      header: "REFUNDS",
      kind: "money",
      means: "Granted to buyers, whether or not they have it yet.",
    },
    {
      key: "chargebacksMinor",
      header: "CHARGEBACKS",
      kind: "money",
      means: "Lost to banks, as far as the marketplace does not bear it.",
      wide: true,
    },
    { key: "owedMinor", header: "OWED", kind: "money" },
  ],
  chart: (by) => chartOver(by, ["capturedMinor", "owedMinor"]),
  sql,
};

function sql(scope: ReportScope): string {
  const { by } = scope;
  const local = scope.ownZones ? orderClock(scope, "e.at") : clock(scope, "e.at");
  const isTimed = isPeriod(by) || scope.since !== null || scope.until !== null;
  // Only orders with a zone of their own are looked at: few, or none.
  const zones =
    isTimed && scope.ownZones
      ? '\n  left join "order" o on o.id = e.order_id and o.time_zone is not null'
      : "";
  const [key, order] = isPeriod(by)
    ? [periodOf(by, local), "sums.key, currency"]
    : ["e.seller_id", `captured desc, sums.key, currency limit ${scope.limit}`];
  return `with sums as (
  select ${key} as key, e.currency,
    count(*) filter (where e.kind = 'captured' and e.account = 'cash') as payments,
    coalesce(sum(e.amount_minor) filter (where e.kind = 'captured' and e.account = 'cash'), 0) as captured,
    coalesce(-sum(e.amount_minor) filter (where e.account = 'fee'), 0) as fees,
    coalesce(sum(e.amount_minor) filter (where e.kind = 'refund_requested' and e.account in ('seller', 'fee')), 0) as refunds,
    coalesce(sum(e.amount_minor) filter (where e.kind = 'chargeback_settled' and e.account in ('seller', 'fee')), 0) as chargebacks,
    coalesce(-sum(e.amount_minor) filter (where e.account = 'seller'), 0) as owed
  from ledger_entry e${zones}
  where ${within(scope, "e.at", local)}
  group by 1, 2
)
select ${keyNamed(by, "key")}, currency, payments, captured::bigint as "capturedMinor", fees::bigint as "feesMinor",
  refunds::bigint as "refundsMinor", chargebacks::bigint as "chargebacksMinor", owed::bigint as "owedMinor"
from sums order by ${order}`;
}
