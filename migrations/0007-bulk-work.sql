-- What comes in bulk: imported and seeded histories, and runs over files that can be resumed and undone.

-- Where a thing came from (a mapping's name, or `seed:RUN`; null: it was made here), and its id there.
alter table "user" add source text, add external_id text;
alter table category add source text;
alter table publication add source text;
alter table purchase add source text, add external_id text;
create index user_source on "user" (source, external_id) where source is not null;
create index publication_source on publication (source) where source is not null;
create index purchase_source on purchase (source, external_id) where source is not null;

-- A source may know a purchase of nothing: it is kept as a cancelled order without a seller.
alter table "order"
  add external_id text,
  add source_status text,
  -- Which of placed, paid, shipped, delivered the source did not say: they were inferred.
  add inferred text[] not null default '{}',
  alter seller_id drop not null,
  drop constraint order_lines_minor_check,
  add constraint order_lines_minor_check check (lines_minor > 0 or lines_minor = 0 and seller_id is null),
  add constraint order_without_seller check (seller_id is not null or state = 'cancelled');
create index order_placed on "order" (created_at);
-- No timer touches what came with its history: it does not stand in the way of those that are due.
drop index order_reserved, order_to_dispatch, order_to_arrive, order_to_complete;
create index order_reserved on "order" (reserved_until)
  where state = 'reserved' and not (flags && array['imported', 'seeded']::text[]);
create index order_to_dispatch on "order" (paid_at)
  where state = 'paid' and not (flags && array['imported', 'seeded']::text[]);
create index order_to_arrive on "order" ((coalesce(estimated_delivery_at, shipped_at)))
  where state = 'shipped' and not (flags && array['imported', 'seeded']::text[]);
create index order_to_complete on "order" (delivered_at)
  where state = 'delivered' and not (flags && array['imported', 'seeded']::text[]);

alter table order_line
  add external_id text,
  -- Its share of what the order's shipping costs.
  add shipping_minor bigint not null default 0 check (shipping_minor >= 0);
update order_line l set shipping_minor = o.shipping_minor
  from "order" o where o.id = l.order_id and l.line_number = 1;

-- Made up to tell a history: no provider knows them.
alter table payment add synthesised boolean not null default false;
alter table shipment add synthesised boolean not null default false;
-- Its time was inferred: the source did not give it.
alter table transition add inferred boolean not null default false;

-- Happened elsewhere, or before: followers pass over it unless asked.
alter table event add imported boolean not null default false;
-- What the relay has something to do for.
create index event_to_apply on event (position)
  where not imported or subject_kind in ('publication', 'category');

-- Runs over the rows of a file, or over a history.
create table bulk_run (
  id uuid primary key,
  command text not null,
  actor_id uuid not null references "user",
  input_name text not null,
  -- SHA-256 of the command, its options, who ran it and the file's content: the same again goes on.
  input_digest text not null,
  options jsonb not null default '{}',
  state text not null check (state in ('running', 'interrupted', 'finished', 'undone')),
  total integer,
  done integer not null default 0,
  failed integer not null default 0,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
create index bulk_run_digest on bulk_run (input_digest);

-- What became of each line. `started`: it is being done, or was when its process ended.
create table bulk_row (
  run_id uuid not null references bulk_run,
  line bigint not null,
  state text not null check (state in ('started', 'done', 'failed', 'undone', 'kept')),
  subject_kind text,
  subject_id text,
  -- What the operation gave, in the fields of the results file.
  result jsonb,
  code text,
  reason text,
  -- What undoing it needs; null: it cannot be undone.
  undo jsonb,
  changed_at timestamptz not null,
  primary key (run_id, line)
);

grant select, insert on bulk_run, bulk_row to mkt_app;
grant update (state, total, done, failed, changed_at) on bulk_run to mkt_app;
grant update (state, subject_kind, subject_id, result, code, reason, undo, changed_at) on bulk_row to mkt_app;

grant select on bulk_run, bulk_row to mkt_operator;
grant select (source, external_id) on "user" to mkt_operator, mkt_support;
grant select (synthesised) on payment to mkt_operator, mkt_support;

-- Views keep the columns that they were made with.
create or replace view analytics."user" as
  select id, banned_at is not null as banned, created_at, source, external_id from public."user";
create or replace view analytics.category as
  select id, name, created_at, fee_bps, source from public.category;
create or replace view analytics.publication as
  select id, seller_id, state, price_minor, currency, stock, availability, sold_units, rating_sum,
    rating_count, created_at, external_id, source from public.publication;
create or replace view analytics.purchase as
  select id, buyer_id, currency, created_at, source, external_id from public.purchase;
create or replace view analytics."order" as select * from public."order";
create or replace view analytics.order_line as select * from public.order_line;
create or replace view analytics.payment as
  select id, order_id, state, amount_minor, currency, reason, card_brand, created_at, changed_at, late,
    synthesised
  from public.payment;
create or replace view analytics.shipment as
  select id, order_id, state, carrier, estimated_delivery_at, created_at, changed_at, synthesised
  from public.shipment;
create or replace view analytics.transition as select * from public.transition;
create or replace view analytics.event as
  select id, position, type, subject_kind, subject_id, revision, occurred_at, data, imported
  from public.event;

-- Worlds that `mkt seed` made: their rows carry `seed:` and the run in `source`.
create table seed_run (
  run text primary key,
  -- All that the world follows from.
  parameters jsonb not null,
  actor_id uuid not null,
  state text not null check (state in ('writing', 'written', 'leaving')),
  -- What `mkt unseed` has still to take out of DynamoDB: ids of users, publications and categories.
  leaving jsonb,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
-- Positions whose events were taken away: none is given twice, so that whoever follows the log is never misled.
-- No two stretches touch.
create table event_gap (
  first_position bigint primary key,
  last_position bigint not null check (last_position >= first_position),
  at timestamptz not null
);
grant select, insert on seed_run to mkt_app;
grant update (state, changed_at) on seed_run to mkt_app;
grant select on event_gap to mkt_app;
grant select on seed_run, event_gap to mkt_operator;

-- A row that was begun and not touched, because somebody pressed Ctrl-C, leaves the journal again.
grant delete on bulk_row to mkt_app;
