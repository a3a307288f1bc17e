import { sql } from "kysely";
import { among, type FaultRow, type LawQuery, SOLD_STATES } from "./law-query.ts";

const soldOrRefunded = among([...SOLD_STATES, "refunded"]);

/** What must hold of publications, of what was sold of them, and of reviews. */
export const stockLaws: readonly LawQuery[] = [
  {
    law: "stock-not-negative",
    subject: "publication",
    faults: ({ holds }) => sql<FaultRow>`
      select 'publication' as kind, id, null::uuid as order_id, format('its stock is %s', stock) as problem
      from publication where ${holds("id")} and stock < 0`,
  },
  {
    law: "stock-equals-movements",
    subject: "publication",
    faults: ({ holds }) => sql<FaultRow>`
      select 'publication' as kind, p.id, null::uuid as order_id,
        format('its stock is %s, its movements make %s', p.stock, moved.total) as problem
      from publication p cross join lateral (
        select coalesce(sum(delta), 0) as total from stock_movement where publication_id = p.id
      ) moved
      where ${holds("p.id")} and p.stock <> moved.total`,
  },
  {
    law: "stock-equals-movements",
    subject: "order",
    // A reservation takes, its end gives back; goods that came back are put on the shelf once a parcel.
    faults: ({ holds }) => sql<FaultRow>`
      with line as (
        select l.id, l.line_number, l.order_id, l.quantity, l.publication_id,
          case when o.state in ('expired', 'cancelled') then 0 else -l.quantity end as held,
          l.quantity * (select count(*) from shipment s where s.order_id = o.id and s.restocked_at is not null) as back
        from "order" o join order_line l on l.order_id = o.id where ${holds("o.id")}
      ), moved as (
        select m.order_line_id,
          coalesce(sum(m.delta) filter (where m.reason <> 'returned'), 0) as held,
          coalesce(sum(m.delta) filter (where m.reason = 'returned'), 0) as back,
          bool_and(m.publication_id = line.publication_id) as own
        from line join stock_movement m on m.order_line_id = line.id group by m.order_line_id
      )
      select 'order' as kind, line.order_id as id, line.order_id,
        case when not moved.own then format('line %s has movements of another publication', line.line_number)
          else format('the movements of line %s make %s, not %s', line.line_number,
            coalesce(moved.held + moved.back, 0), line.held + line.back) end as problem
      from line left join moved on moved.order_line_id = line.id
      where coalesce(moved.held, 0) <> line.held or coalesce(moved.back, 0) <> line.back or not moved.own`,
  },
  {
    law: "sold-units-match-orders",
    subject: "publication",
    faults: ({ holds }) => sql<FaultRow>`
      select 'publication' as kind, p.id, null::uuid as order_id,
        format('it has sold %s units, its orders say %s', p.sold_units, sold.units) as problem
      from publication p cross join lateral (
        select coalesce(sum(l.quantity), 0) as units
        from order_line l join "order" o on o.id = l.order_id
        where l.publication_id = p.id and o.state in ${soldOrRefunded}
      ) sold
      where ${holds("p.id")} and p.sold_units <> sold.units`,
  },
  {
    law: "ratings-match-reviews",
    subject: "publication",
    faults: ({ holds }) => sql<FaultRow>`
      select 'publication' as kind, p.id, null::uuid as order_id,
        format('it counts %s reviews with %s stars, there are %s with %s', p.rating_count, p.rating_sum,
          given.count, given.sum) as problem
      from publication p cross join lateral (
        select count(*) as count, coalesce(sum(rating), 0) as sum from review where publication_id = p.id
      ) given
      where ${holds("p.id")} and (p.rating_count <> given.count or p.rating_sum <> given.sum)`,
  },
  {
    law: "totals-add-up",
    subject: "order",
    faults: ({ holds }) => sql<FaultRow>`
      with whole as (
        select o.*, p.currency as purchase_currency, p.buyer_id as purchaser_id, lines.*
        from "order" o
        join purchase p on p.id = o.purchase_id
        cross join lateral (
          select coalesce(sum(l.quantity * l.unit_price_minor), 0) as lines_sum,
            count(*) as lines_count, coalesce(sum(l.shipping_minor), 0) as shipping_sum,
            -- Half up, as the fee of each line was rounded.
            coalesce(sum(div(l.quantity::numeric * l.unit_price_minor * l.fee_bps + 5000, 10000)), 0) as fee_sum,
            bool_and(offer.seller_id = o.seller_id) as own
          from order_line l join publication offer on offer.id = l.publication_id where l.order_id = o.id
        ) lines
        where ${holds("o.id")}
      )
      select 'order' as kind, id, id as order_id, case
        when lines_minor <> lines_sum then format('its lines make %s, it says %s', lines_sum, lines_minor)
        when total_minor <> lines_minor + shipping_minor
          then format('%s and %s for shipping are not %s', lines_minor, shipping_minor, total_minor)
        when currency <> purchase_currency
          then format('it is in %s, its purchase in %s', currency, purchase_currency)
        when fee_minor <> fee_sum then format('its fee is %s, its lines make %s', fee_minor, fee_sum)
        when shipping_minor <> shipping_sum
          then format('its shipping is %s, its lines make %s', shipping_minor, shipping_sum)
        when buyer_id <> purchaser_id then 'its purchase is of another buyer'
        when lines_count = 0 then 'it has no lines'
        else 'it holds a publication of another seller' end as problem
      from whole
      where lines_minor <> lines_sum or total_minor <> lines_minor + shipping_minor
        or currency <> purchase_currency or fee_minor <> fee_sum or buyer_id <> purchaser_id
        or shipping_minor <> shipping_sum
        -- A source may have known an order of nothing: it has no seller then.
        or own is distinct from true and (lines_count > 0 or seller_id is not null)
      union all
      select 'payment', p.id, o.id, format('it is in %s, its order in %s', p.currency, o.currency)
      from "order" o join payment p on p.order_id = o.id
      where ${holds("o.id")} and p.currency <> o.currency`,
  },
  {
    law: "reviews-after-delivery",
    subject: "order",
    faults: ({ holds }) => sql<FaultRow>`
      with written as (
        select r.*, l.order_id as line_order_id, l.publication_id as line_publication_id, o.delivered_at,
          o.buyer_id, count(*) over (partition by r.order_line_id) as of_line
        from "order" o join review r on r.order_id = o.id join order_line l on l.id = r.order_line_id
        where ${holds("o.id")}
      )
      select 'review' as kind, id, order_id, case
        when delivered_at is null then 'its order was never delivered'
        when line_order_id <> order_id then 'its line belongs to another order'
        when line_publication_id <> publication_id then 'its line is of another publication'
        when author_id <> buyer_id then 'its author is not the buyer'
        else format('it is one of %s reviews of the same line', of_line) end as problem
      from written
      where delivered_at is null or line_order_id <> order_id or line_publication_id <> publication_id
        or author_id <> buyer_id or of_line > 1`,
  },
];
