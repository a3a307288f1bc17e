-- Least privilege: each role may do what its people do, and no more.

grant usage on schema public to mkt_app, mkt_operator, mkt_support;

-- Operations run as mkt_app. History is only added to; nothing is deleted.
grant select, insert on "user", user_role, session, audit, category, publication,
  publication_category, stock_movement, purchase, "order", order_line, payment, refund, shipment,
  shipment_scan, review, transition, webhook, event, cursor, set_aside, activity, graph_dump
  to mkt_app;
grant update (email, email_folded, name, address, password_hash, banned_at, revision) on "user" to mkt_app;
grant update (expires_at, ended_at) on session to mkt_app;
grant update (name, name_folded, revision) on category to mkt_app;
grant update (state, price_minor, stock, version, revision, availability, sold_units, rating_sum,
  rating_count) on publication to mkt_app;
grant update (state, flags, revision, reserved_until, estimated_delivery_at, changed_at) on "order" to mkt_app;
grant update (state, provider_id, reason, card_brand, card_last_four, instrument, deadline_at,
  revision, changed_at) on payment to mkt_app;
grant update (state, provider_id, reason, revision, changed_at) on refund to mkt_app;
grant update (state, provider_id, carrier, tracking_code, label_url, estimated_delivery_at, revision,
  changed_at) on shipment to mkt_app;
grant update (state, reason, attempts, done_at) on webhook to mkt_app;
grant update (position) on event to mkt_app;
grant update on cursor, set_aside to mkt_app;
-- Never updated, but locked: the last operator stays one.
grant update (role) on user_role to mkt_app;
-- A role is revoked, a category leaves a publication, a repaired event leaves the list.
grant delete on user_role, publication_category, set_aside to mkt_app;

-- People who read with psql: operators everything but secrets, support what a case needs.
grant select on user_role, audit, category, publication, publication_category, stock_movement,
  purchase, "order", order_line, refund, shipment, shipment_scan, review, transition,
  webhook, event, cursor, set_aside, activity, graph_dump to mkt_operator;
grant select (id, email, name, address, banned_at, revision, created_at) on "user" to mkt_operator;
grant select on category, publication, publication_category, stock_movement, purchase, "order",
  order_line, refund, shipment, shipment_scan, review, transition, webhook to mkt_support;
grant select (id, email, name, address, banned_at, revision, created_at) on "user" to mkt_support;
-- A card's token charges the card: nobody reads it.
grant select (id, order_id, state, amount_minor, currency, provider_id, reason, card_brand,
  card_last_four, instrument, deadline_at, revision, created_at, changed_at) on payment
  to mkt_operator, mkt_support;

-- Analysts see views without personal data, and nothing behind them.
create schema analytics;
grant usage on schema analytics to mkt_analyst, mkt_operator, mkt_support;

create view analytics."user" as
  select id, banned_at is not null as banned, created_at from public."user";
create view analytics.category as select id, name, created_at from public.category;
create view analytics.publication as
  select id, seller_id, state, price_minor, currency, stock, availability, sold_units, rating_sum,
    rating_count, created_at from public.publication;
create view analytics.publication_category as select * from public.publication_category;
create view analytics.purchase as select id, buyer_id, currency, created_at from public.purchase;
create view analytics."order" as select * from public."order";
create view analytics.order_line as select * from public.order_line;
create view analytics.payment as
  select id, order_id, state, amount_minor, currency, reason, card_brand, created_at, changed_at
  from public.payment;
-- Why money went back is text that people typed.
create view analytics.refund as
  select id, payment_id, state, amount_minor, provider_id, revision, created_at, changed_at
  from public.refund;
create view analytics.shipment as
  select id, order_id, state, carrier, estimated_delivery_at, created_at, changed_at
  from public.shipment;
create view analytics.review as select * from public.review;
create view analytics.transition as select * from public.transition;
create view analytics.event as
  select id, position, type, subject_kind, subject_id, revision, occurred_at, data
  from public.event;
create view analytics.activity as
  select id, kind, publication_id, words, result_count, at from public.activity;
grant select on all tables in schema analytics to mkt_analyst, mkt_operator, mkt_support;
