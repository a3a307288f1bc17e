import type { LawName } from "../domain/law.ts";
import type { SickMarketplace } from "./sick-marketplace.ts";

/** One thing that is wrong with Aurora's rows: the law it breaks, whose name is said, and how to undo it. */
interface Sickness {
  law: LawName;
  what: string;
  /** Whose id the fault names. */
  of: (market: SickMarketplace) => Promise<string> | string;
  /** Laws that speak of the same, so that they are broken too. */
  also?: readonly LawName[];
  /** `$1` is that id. */
  spoil: string;
  cure: string;
}

const paymentOf = (order: keyof SickMarketplace["orders"]) => (market: SickMarketplace) =>
  market.ask(
    "select id from payment where order_id = $1 and state <> 'rejected'",
    market.orders[order],
  );
/** The refund of an order. */
export const refundOfOrder = (market: SickMarketplace, id: string) =>
  market.ask(
    "select r.id from refund r join payment p on p.id = r.payment_id where p.order_id = $1",
    id,
  );
const refundOf = (order: keyof SickMarketplace["orders"]) => (market: SickMarketplace) =>
  refundOfOrder(market, market.orders[order]);
const shipmentOf = (order: keyof SickMarketplace["orders"]) => (market: SickMarketplace) =>
  market.ask("select id from shipment where order_id = $1", market.orders[order]);
const order = (name: keyof SickMarketplace["orders"]) => (market: SickMarketplace) =>
  market.orders[name];
const lamp = ({ lampId }: SickMarketplace) => lampId;

/** At least one for every law that speaks of Aurora's rows alone. */
export const SICKNESSES: readonly Sickness[] = [
  {
    law: "stock-not-negative",
    what: "more taken than there was",
    of: lamp,
    spoil: `with taken as (update stock_movement set delta = delta - 1000000 where publication_id = $1 and reason = 'published')
      update publication set stock = stock - 1000000 where id = $1`,
    cure: `with given as (update stock_movement set delta = delta + 1000000 where publication_id = $1 and reason = 'published')
      update publication set stock = stock + 1000000 where id = $1`,
  },
  {
    law: "stock-equals-movements",
    what: "a line whose stock was given to another publication",
    of: order("cancelled"),
    spoil: `update stock_movement m set publication_id = gen_random_uuid() from order_line l
      where l.id = m.order_line_id and l.order_id = $1 and m.reason = 'released'`,
    cure: `update stock_movement m set publication_id = l.publication_id from order_line l
      where l.id = m.order_line_id and l.order_id = $1 and m.reason = 'released'`,
    also: ["stock-equals-movements"],
  },
  {
    law: "money-matches-state",
    what: "an order that costs more than was paid",
    of: order("paid"),
    spoil:
      'update "order" set shipping_minor = shipping_minor + 1, total_minor = total_minor + 1 where id = $1',
    cure: 'update "order" set shipping_minor = shipping_minor - 1, total_minor = total_minor - 1 where id = $1',
    also: ["totals-add-up"],
  },
  {
    law: "money-matches-state",
    what: "a cancelled order that keeps a part of the money",
    of: paymentOf("cancelled"),
    spoil: "update refund set amount_minor = amount_minor - 1 where payment_id = $1",
    cure: "update refund set amount_minor = amount_minor + 1 where payment_id = $1",
    also: ["refunds-within-captured", "ledger-balances"],
  },
  {
    law: "refunds-within-captured",
    what: "a refund of more than was captured",
    of: paymentOf("partRefunded"),
    spoil: "update refund set amount_minor = amount_minor * 2000 where payment_id = $1",
    cure: "update refund set amount_minor = amount_minor / 2000 where payment_id = $1",
    also: ["money-matches-state", "ledger-balances"],
  },
  {
    law: "refunds-arrive",
    what: "a refund that failed",
    of: refundOf("partRefunded"),
    spoil: "update refund set state = 'failed' where id = $1",
    cure: "update refund set state = 'succeeded' where id = $1",
    also: ["legal-states", "ledger-balances", "refunds-within-captured"],
  },
  {
    law: "stock-equals-movements",
    what: "a unit of stock that no movement brought",
    of: lamp,
    spoil: "update publication set stock = stock + 1 where id = $1",
    cure: "update publication set stock = stock - 1 where id = $1",
  },
  {
    law: "sold-units-match-orders",
    what: "a sale that no order is",
    of: lamp,
    spoil: "update publication set sold_units = sold_units + 1 where id = $1",
    cure: "update publication set sold_units = sold_units - 1 where id = $1",
  },
  {
    law: "ratings-match-reviews",
    what: "stars that nobody gave",
    of: lamp,
    spoil: "update publication set rating_count = rating_count + 1 where id = $1",
    cure: "update publication set rating_count = rating_count - 1 where id = $1",
    also: ["pages-match-rows"],
  },
  {
    law: "totals-add-up",
    what: "shipping that the total does not know",
    of: order("reserved"),
    spoil: 'update "order" set shipping_minor = shipping_minor + 1 where id = $1',
    cure: 'update "order" set shipping_minor = shipping_minor - 1 where id = $1',
  },
  {
    law: "totals-add-up",
    what: "a fee that no line has",
    of: order("reserved"),
    spoil: 'update "order" set fee_minor = fee_minor + 1 where id = $1',
    cure: 'update "order" set fee_minor = fee_minor - 1 where id = $1',
  },
  {
    law: "one-open-payment",
    what: "two payments that are open",
    of: order("paid"),
    spoil: `with other as (
        insert into payment (id, order_id, state, amount_minor, currency, card_token, deadline_at, created_at, changed_at)
        select '00000000-0000-7000-8000-000000000001', id, 'created', total_minor, currency, '-',
          now() + interval '1 hour', now(), now() from "order" where id = $1
      ), step as (
        insert into transition (id, machine, subject_id, event, to_state, actor, at)
        values (gen_random_uuid(), 'payment', '00000000-0000-7000-8000-000000000001', 'create', 'created', 'hand', now())
      ) insert into event (type, subject_kind, subject_id, revision, actor, occurred_at, data)
      values ('payment.created', 'payment', '00000000-0000-7000-8000-000000000001', 1, 'hand', now(), '{}')`,
    cure: `with step as (delete from transition where subject_id = '00000000-0000-7000-8000-000000000001'),
      told as (delete from event where subject_id = '00000000-0000-7000-8000-000000000001')
      delete from payment where order_id = $1 and id = '00000000-0000-7000-8000-000000000001'`,
  },
  {
    law: "ledger-balances",
    what: "a cent more in cash",
    of: (market) =>
      market.ask(
        "select posting_id from ledger_entry where order_id = $1 and kind = 'captured' limit 1",
        market.orders.paid,
      ),
    spoil:
      "update ledger_entry set amount_minor = amount_minor + 1 where posting_id = $1 and account = 'seller'",
    cure: "update ledger_entry set amount_minor = amount_minor - 1 where posting_id = $1 and account = 'seller'",
  },
  {
    law: "ledger-balances",
    what: "a payment under another payment's name",
    of: paymentOf("paid"),
    spoil: `with moved as (update ledger_entry set kind = 'refunded' where payment_id = $1) select`,
    cure: `with moved as (update ledger_entry set kind = 'captured' where payment_id = $1) select`,
  },
  {
    law: "ledger-balances",
    what: "a refund that the ledger never granted",
    of: refundOf("partRefunded"),
    spoil: `with moved as (update ledger_entry set refund_id = null where refund_id = $1 and kind = 'refund_requested') select`,
    cure: `with moved as (update ledger_entry set refund_id = $1 where kind = 'refund_requested' and refund_id is null) select`,
  },
  {
    law: "paid-has-shipment",
    what: "a paid order whose parcel is gone",
    of: order("paid"),
    spoil:
      "update shipment set order_id = '00000000-0000-7000-8000-000000000000' where order_id = $1",
    cure: "update shipment set order_id = $1 where order_id = '00000000-0000-7000-8000-000000000000'",
  },
  {
    law: "legal-states",
    what: "a step that is in no table",
    of: shipmentOf("paid"),
    spoil: "update transition set event = 'fly' where subject_id = $1 and event = 'create'",
    cure: "update transition set event = 'create' where subject_id = $1 and event = 'fly'",
  },
  {
    law: "legal-states",
    what: "a step that nobody wrote down",
    of: order("completed"),
    spoil: "update transition set machine = 'none' where subject_id = $1 and event = 'deliver'",
    cure: "update transition set machine = 'order' where subject_id = $1 and event = 'deliver'",
  },
  {
    law: "states-agree",
    what: "a disputed order without a dispute",
    of: order("disputed"),
    spoil:
      "update dispute set order_id = '00000000-0000-7000-8000-000000000000' where order_id = $1",
    cure: "update dispute set order_id = $1 where order_id = '00000000-0000-7000-8000-000000000000'",
  },
  {
    law: "states-agree",
    what: "a delivery that the order does not know",
    of: order("partRefunded"),
    spoil: 'update "order" set shipped_at = delivered_at, delivered_at = null where id = $1',
    cure: 'update "order" set delivered_at = shipped_at where id = $1',
  },
  {
    law: "timers-on-time",
    what: "an order that should have been sent long ago",
    of: order("paid"),
    spoil: `update "order" set paid_at = paid_at - interval '8 days' where id = $1`,
    cure: `update "order" set paid_at = paid_at + interval '8 days' where id = $1`,
  },
  {
    law: "reviews-after-delivery",
    what: "a review by somebody else",
    of: (market) =>
      market.ask("select id from review where order_id = $1", market.orders.completed),
    spoil: "update review set author_id = $1 where id = $1",
    cure: 'update review r set author_id = o.buyer_id from "order" o where o.id = r.order_id and r.id = $1',
  },
  {
    law: "refunds-within-captured",
    what: "a payment that says too much of itself",
    of: paymentOf("partRefunded"),
    spoil: "update payment set state = 'approved' where id = $1",
    cure: "update payment set state = 'partially_refunded' where id = $1",
    also: ["legal-states"],
  },
  {
    law: "positions-are-dense",
    what: "an event that left its place",
    of: (market) => market.ask("select id from event order by position desc limit 1"),
    spoil: "update event set position = position + 1 where id = $1::bigint",
    cure: "update event set position = position - 1 where id = $1::bigint",
  },
  {
    law: "revisions-follow-events",
    what: "a change that left no event",
    of: order("reserved"),
    spoil: 'update "order" set revision = revision + 1 where id = $1',
    cure: 'update "order" set revision = revision - 1 where id = $1',
  },
];
