-- Where parcels go, as coarse as reports need it: a state or province, in which nobody can be found.

-- A digit would be that of a house or a postal code, but for codes of regions such as FR-75.
alter table "user" add column region text
  check (char_length(region) between 1 and 60 and (region ~ '^[^@0-9]+$' or region ~ '^[A-Z]{2}-[A-Z0-9]{1,3}$'));
-- As it was when the order was placed: a buyer who moves changes nothing of it.
alter table "order" add column region text
  check (char_length(region) between 1 and 60 and (region ~ '^[^@0-9]+$' or region ~ '^[A-Z]{2}-[A-Z0-9]{1,3}$'));

grant select (region) on "user" to mkt_operator, mkt_support;

-- Orders show it to analysts; users do not, since whoever lives where is nobody's question.
create or replace view analytics."order" as
  select id, purchase_id, buyer_id, seller_id, state, lines_minor, shipping_minor, total_minor, currency, flags,
    revision, reserved_until, estimated_delivery_at, created_at, changed_at, fee_minor, paid_at, shipped_at,
    delivered_at,
    case when strpos(external_id, '@') > 0 or strpos(external_id, ' ') > 0
      then '*** ' || left(md5(purchase_id::text || external_id), 8) else external_id end as external_id,
    case when analytics.tells_of_somebody(source_status) then '***' else source_status end as source_status,
    inferred, time_zone, region
  from public."order";
