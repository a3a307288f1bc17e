import { sql } from "kysely";
import { OPEN_PAYMENT_STATES, REFUNDABLE_PAYMENT_STATES } from "../../domain/payment.ts";
import { among, captured, type FaultRow, type LawQuery, SOLD_STATES } from "./law-query.ts";

const sold = among(SOLD_STATES);
const over = among(["reserved", "expired", "cancelled", "refunded"]);

/** What must hold of payments, refunds and the ledger. */
export const moneyLaws: readonly LawQuery[] = [
  {
    law: "money-matches-state",
    subject: "order",
    // What a bank took back is given back by the bank.
    faults: ({ holds }) => sql<FaultRow>`
      with paid as (
        select p.id, p.order_id, p.state, p.amount_minor, p.late, o.state as order_state,
          (select coalesce(sum(r.amount_minor), 0) from refund r where r.payment_id = p.id) as granted
        from "order" o join payment p on p.order_id = o.id
        where ${holds("o.id")} and p.state in ${captured}
      )
      select 'payment' as kind, id, order_id, case
        when not late and order_state in ('reserved', 'expired')
          then format('it was captured, but its order is %s', order_state)
        when late then format('it came too late, and %s of %s are granted back', granted, amount_minor)
        when order_state in ${over}
          then format('its order is %s, and %s of %s are granted back', order_state, granted, amount_minor)
        else format('all of it is granted back, but its order is %s', order_state) end as problem
      from paid
      where not late and order_state in ('reserved', 'expired')
        or state <> 'charged_back' and granted < amount_minor and (late or order_state in ${over})
        or state <> 'charged_back' and granted >= amount_minor and not late and order_state in ${sold}
      union all
      select 'order', o.id, o.id, format('it is %s and its total %s, but %s payments of together %s count',
        o.state, o.total_minor, held.count, held.sum)
      from "order" o cross join lateral (
        select count(*) as count, coalesce(sum(amount_minor), 0) as sum from payment p
        where p.order_id = o.id and not p.late and p.state in ${captured}
      ) held
      where ${holds("o.id")} and o.state in ${sold} and (held.count <> 1 or held.sum <> o.total_minor)`,
  },
  {
    law: "refunds-within-captured",
    subject: "payment",
    faults: ({ holds }) => sql<FaultRow>`
      select 'payment' as kind, p.id, p.order_id,
        case when p.state not in ${captured} then format('it is %s, but %s of it are granted back', p.state, given.granted)
          when given.granted > p.amount_minor
          then format('%s are granted back of %s that were captured', given.granted, p.amount_minor)
          else format('it is %s, but %s of %s were given back', p.state, given.back, p.amount_minor) end as problem
      from payment p cross join lateral (
        select coalesce(sum(amount_minor), 0) as granted,
          coalesce(sum(amount_minor) filter (where state = 'succeeded'), 0) as back
        from refund where payment_id = p.id
      ) given
      where ${holds("p.id")} and (
        given.granted > case when p.state in ${captured} then p.amount_minor else 0 end
        or p.state = 'approved' and given.back <> 0
        or p.state = 'partially_refunded' and (given.back = 0 or given.back = p.amount_minor)
        or p.state = 'refunded' and given.back <> p.amount_minor)`,
  },
  {
    law: "refunds-arrive",
    subject: "refund",
    // No provider here knows those of a payment that came with its history.
    faults: ({ holds, lately }) => sql<FaultRow>`
      select 'refund' as kind, r.id, p.order_id,
        case r.state when 'failed' then format('it failed: %s are owed to the buyer', r.amount_minor)
          else format('it waits to be sent since %s', to_char(r.changed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
        end as problem,
        case r.state when 'failed' then 'request-refund' else 'send-refund' end as repair
      from refund r join payment p on p.id = r.payment_id
      where ${holds("r.id")} and not p.synthesised and p.state in ${among(REFUNDABLE_PAYMENT_STATES)}
        and (r.state = 'failed' or r.state = 'requested' and r.changed_at < ${lately}::timestamptz)`,
  },
  {
    law: "one-open-payment",
    subject: "order",
    faults: ({ holds }) => sql<FaultRow>`
      select 'order' as kind, p.order_id as id, p.order_id, format('%s of its payments are open', count(*)) as problem
      from payment p
      where ${holds("p.order_id")} and not p.late and p.state in ${among(OPEN_PAYMENT_STATES)}
      group by p.order_id having count(*) > 1`,
  },
  {
    law: "ledger-balances",
    subject: "order",
    faults: ({ holds }) => sql<FaultRow>`
      select 'ledger_posting' as kind, e.posting_id as id, (array_agg(e.order_id))[1] as order_id,
        format('it sums to %s %s', sum(e.amount_minor), e.currency) as problem
      from ledger_entry e where ${holds("e.order_id")}
      group by e.posting_id, e.currency having sum(e.amount_minor) <> 0`,
  },
  {
    law: "ledger-balances",
    subject: "order",
    faults: ({ holds }) => sql<FaultRow>`
      with entry as (
        select payment_id, kind, account, amount_minor, currency, seller_id, order_id
        from ledger_entry where ${holds("order_id")}
      ), told as (
        select payment_id,
          coalesce(sum(amount_minor) filter (where account = 'cash'), 0) as cash,
          coalesce(sum(amount_minor) filter (where account = 'cash' and kind in ('captured', 'captured_late')), 0) as captured,
          coalesce(-sum(amount_minor) filter (where account = 'cash' and kind in ('charged_back', 'chargeback_won')), 0) as taken,
          array_agg(distinct currency) as currencies, array_agg(distinct seller_id) as sellers
        from entry group by payment_id
      ), checked as (
        select p.id, p.order_id, p.state, p.amount_minor, p.currency, o.seller_id, told.currencies, told.sellers,
          told.payment_id is not null as has_entries, given.*,
          case when p.state in ${captured} then p.amount_minor else 0 end as due,
          coalesce(told.cash, 0) as cash, coalesce(told.captured, 0) as captured, coalesce(told.taken, 0) as taken
        from "order" o join payment p on p.order_id = o.id left join told on told.payment_id = p.id
        cross join lateral (
          select coalesce(sum(amount_minor), 0) as granted,
            coalesce(sum(amount_minor) filter (where state = 'succeeded'), 0) as back
          from refund r where r.payment_id = p.id
        ) given
        where ${holds("o.id")}
      )
      select 'payment' as kind, id, order_id, case
        when captured <> due then format('the ledger has %s captured, the payment %s', captured, due)
        when cash <> due - back - taken
          then format('the ledger has %s in cash, but %s captured less %s given back less %s taken by a bank is another sum',
            cash, due, back, taken)
        when state = 'charged_back' and taken = 0 then 'the ledger does not know that a bank took it back'
        when state <> 'charged_back' and taken <> 0 then format('the ledger has %s taken by a bank', taken)
        else 'the ledger has it under another currency or seller' end as problem
      from checked
      where captured <> due or cash <> due - back - taken
        or state = 'charged_back' and taken = 0 and granted < amount_minor
        or state <> 'charged_back' and taken <> 0
        or has_entries and (currencies <> array[currency] or sellers <> array[seller_id])`,
  },
  {
    law: "ledger-balances",
    subject: "order",
    // Of a late payment, and of one that a bank gave back, the refund was owed before it was granted.
    faults: ({ holds }) => sql<FaultRow>`
      with entry as (
        select payment_id, refund_id, kind, account, amount_minor from ledger_entry where ${holds("order_id")}
      ), told as (
        select refund_id,
          -sum(amount_minor) filter (where kind = 'refund_requested' and account = 'refund') as granted,
          coalesce(-sum(amount_minor) filter (where kind = 'refunded' and account = 'cash'), 0) as paid
        from entry where refund_id is not null group by refund_id
      ), owed_before as (
        select distinct payment_id from entry where kind = 'chargeback_won' and account = 'refund'
      ), checked as (
        select r.id, p.order_id, r.amount_minor, told.granted, coalesce(told.paid, 0) as paid,
          case r.state when 'succeeded' then r.amount_minor else 0 end as due,
          p.late or owed_before.payment_id is not null as was_owed
        from "order" o join payment p on p.order_id = o.id join refund r on r.payment_id = p.id
        left join told on told.refund_id = r.id left join owed_before on owed_before.payment_id = p.id
        where ${holds("o.id")}
      )
      select 'refund' as kind, id, order_id,
        case when paid <> due then format('the ledger has %s paid, the refund %s', paid, due)
          else format('the ledger has %s granted, the refund %s', coalesce(granted, 0), amount_minor) end as problem
      from checked
      where paid <> due or coalesce(granted, 0) <> amount_minor and not (granted is null and was_owed)`,
  },
];
