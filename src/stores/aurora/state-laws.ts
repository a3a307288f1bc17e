import { type RawBuilder, sql } from "kysely";
import { COMPLETION_DAYS, DISPATCH_DAYS, LATE_DELIVERY_DAYS } from "../../domain/order.ts";
import { OPEN_PAYMENT_STATES, UNDECIDED_PAYMENT_STATES } from "../../domain/payment.ts";
import { PAST_FLAGS } from "../../domain/timers.ts";
import { type Machine, TRANSITIONS } from "../../domain/transitions.ts";
import { among, type FaultRow, type LawQuery, type LawSubject, SOLD_STATES } from "./law-query.ts";

const sold = among(SOLD_STATES);
const soldOrRefunded = among([...SOLD_STATES, "refunded"]);
const past = sql`array[${sql.join(PAST_FLAGS.map((flag) => sql.lit(flag)))}]::text[]`;
const onItsWay = among(["shipped", "delivered", "not_delivered", "lost", "returned"]);
const before = (now: string, days: number) =>
  sql`${now}::timestamptz - make_interval(days => ${sql.lit(days)})`;
const minute = (column: RawBuilder<unknown>) =>
  sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI')`;

/** What must hold of states, of how they were reached, and of when they are left. */
export const stateLaws: readonly LawQuery[] = [
  {
    law: "paid-has-shipment",
    subject: "order",
    faults: ({ holds }) => sql<FaultRow>`
      select 'order' as kind, o.id, o.id as order_id, format('it is %s and has no shipment', o.state) as problem
      from "order" o where ${holds("o.id")} and o.state in ${soldOrRefunded}
        and not exists (select from shipment s where s.order_id = o.id and s.state <> 'cancelled')`,
  },
  history("publication", "publication", sql`null::uuid`),
  history("order", "order", sql`s.id`),
  history("payment", "payment", sql`s.order_id`),
  history("refund", "refund", sql`(select p.order_id from payment p where p.id = s.payment_id)`),
  history("shipment", "shipment", sql`s.order_id`),
  history("dispute", "dispute", sql`s.order_id`),
  {
    law: "states-agree",
    subject: "order",
    faults: ({ holds }) => sql<FaultRow>`
      with told as (
        select o.id, o.state, o.seller_id, o.paid_at, o.shipped_at, o.delivered_at, parcel.*, dispute.*
        from "order" o cross join lateral (
          select count(*) filter (where state <> 'cancelled') as alive,
            coalesce(bool_or(state in ${onItsWay}), false) as was_shipped,
            coalesce(bool_or(state = 'delivered'), false) as was_delivered
          from shipment s where s.order_id = o.id
        ) parcel cross join lateral (
          select coalesce(bool_or(state = 'open'), false) as is_disputed,
            coalesce(bool_or(state = 'refunded'), false) as was_lost
          from dispute d where d.order_id = o.id
        ) dispute
        where ${holds("o.id")}
      ), judged as (
        select id, case
          when state = 'disputed' and not is_disputed then 'it is disputed and has no open dispute'
          when state <> 'disputed' and is_disputed then format('it is %s and has an open dispute', state)
          when was_lost and state <> 'refunded' then format('it is %s, but its dispute was refunded', state)
          when state in ('reserved', 'expired', 'cancelled') and alive > 0 then format('it is %s and has a shipment', state)
          when state = 'paid' and was_shipped then 'it is paid, but its shipment is under way'
          when state = 'shipped' and not was_shipped then 'it is shipped, but its shipment is not'
          when state = 'delivered' and not was_delivered then 'it is delivered, but its shipment is not'
          when was_delivered and delivered_at is null then 'its shipment is delivered, but it knows no time of delivery'
          when delivered_at is not null and not was_delivered and seller_id is not null
            then 'it knows a time of delivery, but its shipment is not delivered'
          when state in ${sold} and paid_at is null then format('it is %s, but knows no time of payment', state)
          when state = 'shipped' and shipped_at is null then 'it is shipped, but knows no time of it'
        end as problem from told
      )
      select 'order' as kind, id, id as order_id, problem from judged where problem is not null`,
  },
  {
    law: "timers-on-time",
    subject: "order",
    faults: ({ holds, lately }) => sql<FaultRow>`
      select 'order' as kind, o.id, o.id as order_id,
        case o.state when 'reserved' then 'expire-reservation' end as repair,
        case o.state
          when 'reserved' then format('it is reserved until %s', ${minute(sql`o.reserved_until`)})
          when 'paid' then format('it is paid since %s and not on its way', ${minute(sql`o.paid_at`)})
          when 'shipped' then format('it was to arrive at %s',
            ${minute(sql`coalesce(o.estimated_delivery_at, o.shipped_at)`)})
          else format('it is delivered since %s and not completed', ${minute(sql`o.delivered_at`)}) end as problem
      from "order" o
      where ${holds("o.id")} and not o.flags && ${past} and (
        o.state = 'reserved' and o.reserved_until < ${lately}::timestamptz and not exists (
          select from payment p where p.order_id = o.id and p.state in ${among(OPEN_PAYMENT_STATES)} and not p.late)
        or o.state = 'paid' and o.paid_at < ${before(lately, DISPATCH_DAYS)}
        or o.state = 'shipped' and coalesce(o.estimated_delivery_at, o.shipped_at) < ${before(lately, LATE_DELIVERY_DAYS)}
        or o.state = 'delivered' and o.delivered_at < ${before(lately, COMPLETION_DAYS)})`,
  },
  {
    law: "timers-on-time",
    subject: "payment",
    faults: ({ holds, lately }) => sql<FaultRow>`
      select 'payment' as kind, p.id, p.order_id,
        format('it is %s, and its deadline was %s', p.state, ${minute(sql`p.deadline_at`)}) as problem
      from payment p join "order" o on o.id = p.order_id
      where ${holds("p.id")} and p.state in ${among(UNDECIDED_PAYMENT_STATES)}
        and p.deadline_at < ${lately}::timestamptz and not o.flags && ${past}`,
  },
];

/**
 * A history is legal when each step stands in the table and all of them together lead from nothing to the
 * present state: every other state is left as often as it is entered. The order of the rows is not asked for,
 * since steps of one moment, written by several processes, have none.
 */
function history(machine: Machine, subject: LawSubject, orderId: RawBuilder<unknown>): LawQuery {
  const legal = TRANSITIONS.filter((row) => row.machine === machine);
  const table = sql.join(
    legal.map(
      ({ from, event, to }) => sql`(${sql.lit(from ?? "")}, ${sql.lit(event)}, ${sql.lit(to)})`,
    ),
  );
  return {
    law: "legal-states",
    subject,
    faults: ({ holds }) => sql<FaultRow>`
      with steps as (
        select t.subject_id, coalesce(t.from_state, '') as from_state, t.event, t.to_state
        from transition t join ${sql.table(subject)} s on s.id = t.subject_id
        where ${holds("s.id")} and t.machine = ${sql.lit(machine)}
      ), left_over as (
        select subject_id, state, sum(change) as times
        from (select subject_id, to_state as state, 1 as change from steps
          union all select subject_id, from_state, -1 from steps where from_state <> '') as changes
        group by subject_id, state having sum(change) <> 0
      ), ends as (
        select subject_id, array_agg(state order by state) filter (where times > 0) as states,
          count(*) = 1 and max(times) = 1 as is_one
        from left_over group by subject_id
      )
      select ${sql.lit(machine)} as kind, s.id, ${orderId} as order_id,
        format('it went from %s to %s by %s, which is in no table', coalesce(nullif(wrong.from_state, ''), 'nothing'),
          wrong.to_state, wrong.event) as problem
      from ${sql.table(subject)} s join steps wrong on wrong.subject_id = s.id
      where (wrong.from_state, wrong.event, wrong.to_state) not in (values ${table})
      union all
      select ${sql.lit(machine)}, s.id, ${orderId},
        format('it is %s, but its history leads to %s', s.state, coalesce(array_to_string(ends.states, ' and '), 'nothing'))
      from ${sql.table(subject)} s left join ends on ends.subject_id = s.id
      where ${holds("s.id")} and (ends.is_one and ends.states = array[s.state]) is not true`,
  };
}
