-- What reports are made of.

-- The zone whose clocks an order's source told it by; null: the marketplace's.
alter table "order" add time_zone text;

create or replace view analytics."order" as select * from public."order";
-- Users are known to analysts by their ids alone.
create or replace view analytics.activity as
  select id, kind, publication_id, words, result_count, at, user_id from public.activity;
