-- Analysts see no e-mail, no name and no address: these grants and views keep them, not the commands.
-- Masked columns stand where they are looked for; why each is as it is: docs/decisions/masking.md.

-- Nobody reaches the tables through what PostgreSQL grants to everybody.
revoke all on schema public from public;
revoke execute on all functions in schema public from public;
do $$ begin
  execute format('revoke temporary on database %I from public', current_database());
  execute format('grant temporary on database %I to mkt_app, mkt_operator, mkt_support', current_database());
end $$;

-- What a source calls a thing is shown when it is a code, and masked when it can be an e-mail or somebody's name.
create function analytics.code(value text) returns text immutable parallel safe
  return case when strpos(value, '@') > 0 or strpos(value, ' ') > 0 then '***' else value end;

-- What people typed to look for somebody rather than for goods: e-mails, telephone numbers, house numbers in a street.
create function analytics.tells_of_somebody(words text) returns boolean immutable parallel safe
  return words ~* '@|＠|%40|\d([ .()/-]{0,2}\d){6}'
    or words ~ '\d' and words ~* '\m(calle|avenida|avda|av|rua|street|st|road|rd|avenue|ave|travessa|praça|plaza|camino|pasaje)\M';

-- Looked up by what was searched for.
create index user_name_lower on "user" (lower(name));
create index user_address_lower on "user" (lower(address));

revoke execute on function analytics.code, analytics.tells_of_somebody from public;
grant execute on function analytics.code, analytics.tells_of_somebody to mkt_analyst, mkt_operator, mkt_support;

-- A source may call its users by e-mail or by name: none of its ids is shown.
create or replace view analytics."user" as
  select id, banned_at is not null as banned, created_at, source,
    case when external_id is not null then '***' end as external_id,
    '***' as email, '***' as name, '***' as address
  from public."user";
create or replace view analytics.purchase as
  select id, buyer_id, currency, created_at, source, analytics.code(external_id) as external_id,
    '***' as ship_to
  from public.purchase;
create or replace view analytics.publication as
  select id, seller_id, state, price_minor, currency, stock, availability, sold_units, rating_sum,
    rating_count, created_at, analytics.code(external_id) as external_id, source
  from public.publication;
-- Orders of one purchase that are one order at their source stay so: the same id is masked alike.
create or replace view analytics."order" as
  select id, purchase_id, buyer_id, seller_id, state, lines_minor, shipping_minor, total_minor, currency, flags,
    revision, reserved_until, estimated_delivery_at, created_at, changed_at, fee_minor, paid_at, shipped_at,
    delivered_at,
    case when strpos(external_id, '@') > 0 or strpos(external_id, ' ') > 0
      then '*** ' || left(md5(purchase_id::text || external_id), 8) else external_id end as external_id,
    case when analytics.tells_of_somebody(source_status) then '***' else source_status end as source_status,
    inferred, time_zone
  from public."order";
create or replace view analytics.order_line as
  select id, order_id, line_number, publication_id, publication_version, quantity, unit_price_minor, fee_bps,
    analytics.code(external_id) as external_id, shipping_minor
  from public.order_line;
create or replace view analytics.activity as
  select id, kind, publication_id,
    case when analytics.tells_of_somebody(words)
        or exists (select from public."user" u where lower(u.name) = lower(btrim(words)))
        or exists (select from public."user" u where lower(u.address) = lower(btrim(words)))
      then '***' else words end as words,
    result_count, at, user_id
  from public.activity;
