import { hoursBetween, isOneOfSource, middleOf } from "./durations.ts";
import { chartOver, keyColumns, keyNamed, keyOfOrder } from "./keys.ts";
import type { Report } from "./report.ts";
import { isGiven, isPeriod, literal, orderClock, type ReportScope, within } from "./scope.ts";

export const delivery: Report = {
  name: "delivery",
  title: "Delivery",
  answers: "Do orders arrive when they were promised, and where does the time go?",
  definition: [
    "Orders that were paid count when they were placed. Late is what was delivered after its estimate, overdue what should have been by now and is still to come.",
    "Durations are medians of orders both of whose times are known; a time that was inferred is not. Those of an imported history are differences of what its own clocks showed.",
    "What the source of an import knew as one order counts once, though it has an order for each seller here; by seller each counts.",
    "A region is the state or province that the parcel goes to, as it was when the order was placed; orders of which nobody said it stand in a row without one.",
  ],
  groupings: ["month", "week", "day", "all", "region", "carrier", "seller"],
  columns: (by) => [
    ...keyColumns(by),
    { key: "orders", header: "ORDERS", kind: "integer", means: "Orders that were paid." },
    { key: "shipped", header: "SHIPPED", kind: "integer", wide: true },
    { key: "delivered", header: "DELIVERED", kind: "integer" },
    {
      key: "promised",
      header: "PROMISED",
      kind: "integer",
      means: "Delivered ones that had an estimate.",
      wide: true,
    },
    { key: "late", header: "LATE", kind: "integer", means: "Delivered after the estimate." },
    { key: "lateRate", header: "LATE RATE", kind: "share", means: "Late by promised." },
    {
      key: "overdue",
      header: "OVERDUE",
      kind: "integer",
      means: "Past the estimate and not delivered, cancelled or given back.",
    },
    {
      key: "promisedHours",
      header: "PROMISED H",
      kind: "hours",
      means: "From placing to the estimate, of delivered orders.",
    },
    { key: "hours", header: "REAL H", kind: "hours", means: "From placing to delivery." },
    {
      key: "p90Hours",
      header: "P90 H",
      kind: "hours",
      means: "Nine of ten were delivered within it.",
    },
    {
      key: "paymentHours",
      header: "TO PAYMENT H",
      kind: "hours",
      means: "From placing to approval.",
      wide: true,
    },
    { key: "payments", header: "APPROVALS", kind: "integer", means: "… of so many.", wide: true },
    {
      key: "dispatchHours",
      header: "TO CARRIER H",
      kind: "hours",
      means: "From approval to the carrier.",
    },
    {
      key: "dispatches",
      header: "DISPATCHES",
      kind: "integer",
      means: "… of so many.",
      wide: true,
    },
    {
      key: "transitHours",
      header: "IN TRANSIT H",
      kind: "hours",
      means: "From the carrier to delivery.",
    },
    { key: "transits", header: "TRANSITS", kind: "integer", means: "… of so many.", wide: true },
  ],
  chart: (by) => chartOver(by, ["promisedHours", "hours"]),
  sql,
};

/** The last parcel that the carrier took. */
const CARRIER = `left join lateral (
    select s.carrier from shipment s where s.order_id = o.id and s.carrier is not null order by s.created_at desc, s.id desc limit 1
  ) s on true`;

/** `offset 0` keeps a duration from being worked out again for each of the figures that are made of it. */
function sql(scope: ReportScope): string {
  const { by, now } = scope;
  const local = orderClock(scope, "o.created_at");
  const key = by === "carrier" ? "s.carrier" : keyOfOrder(by, local);
  const once = by === "seller" ? "true" : isOneOfSource;
  return `with counted as (
  select ${key} as key, o.shipped_at is not null as is_shipped,
    o.delivered_at is not null and ${isGiven("delivered")} as is_delivered, o.delivered_at > o.estimated_delivery_at as is_late,
    o.estimated_delivery_at < ${literal(now)}::timestamptz and o.state in ('paid', 'shipped', 'not_delivered') as is_overdue,
    ${hoursBetween("created_at", "estimated_delivery_at")} as promised_hours,
    ${hoursBetween("created_at", "paid_at")} as payment_hours, ${hoursBetween("paid_at", "shipped_at")} as dispatch_hours,
    ${hoursBetween("shipped_at", "delivered_at")} as transit_hours, ${hoursBetween("created_at", "delivered_at")} as hours
  from "order" o ${by === "carrier" ? CARRIER : ""}
  where o.paid_at is not null and ${once} and ${within(scope, "o.created_at", local)} offset 0
), g as (
  select key, count(*) as orders, count(*) filter (where is_shipped) as shipped,
    count(*) filter (where is_delivered) as delivered, count(is_late) filter (where is_delivered) as promised,
    count(*) filter (where is_delivered and is_late) as late, count(*) filter (where is_overdue) as overdue,
    ${middleOf("promised_hours", "is_delivered")} as promised_hours,
    percentile_cont(array[0.5, 0.9]) within group (order by hours) as hours,
    ${middleOf("payment_hours")} as payment_hours, count(payment_hours) as payments,
    ${middleOf("dispatch_hours")} as dispatch_hours, count(dispatch_hours) as dispatches,
    ${middleOf("transit_hours")} as transit_hours, count(transit_hours) as transits
  from counted group by 1
)
select ${keyNamed(by, "g.key")}, g.orders, g.shipped, g.delivered, g.promised, g.late,
  round(g.late::numeric / nullif(g.promised, 0), 4) as "lateRate", g.overdue,
  round(g.promised_hours::numeric, 2) as "promisedHours", round(g.hours[1]::numeric, 2) as hours,
  round(g.hours[2]::numeric, 2) as "p90Hours", round(g.payment_hours::numeric, 2) as "paymentHours", g.payments,
  round(g.dispatch_hours::numeric, 2) as "dispatchHours", g.dispatches,
  round(g.transit_hours::numeric, 2) as "transitHours", g.transits
from g order by ${isPeriod(by) ? "g.key" : "g.orders desc, g.key"}`;
}
