-- When a sale goes wrong: disputes, what is owed to whom, the marketplace's clock, and the times that
-- the timers count from.

-- What the marketplace keeps of a line's price, in basis points; the highest of a publication's categories.
alter table category add fee_bps integer not null default 1000 check (fee_bps between 0 and 10000);

alter table order_line add fee_bps integer not null default 0 check (fee_bps between 0 and 10000);
alter table "order"
  add fee_minor bigint not null default 0 check (fee_minor between 0 and lines_minor),
  add paid_at timestamptz,
  add shipped_at timestamptz,
  add delivered_at timestamptz;
create index order_to_dispatch on "order" (paid_at) where state = 'paid';
create index order_to_arrive on "order" ((coalesce(estimated_delivery_at, shipped_at))) where state = 'shipped';
create index order_to_complete on "order" (delivered_at) where state = 'delivered';

-- A late payment was given up here and approved at the provider all the same: it pays nothing and is
-- refunded in full, so it may stand beside the payment that counts.
alter table payment
  add late boolean not null default false,
  add capture boolean not null default true,
  add next_action_url text,
  -- What became of the bank's taking the money back, while the payment is charged back and after.
  add chargeback text check (chargeback in ('open', 'won', 'lost'));
drop index payment_open;
create unique index payment_open on payment (order_id)
  where state in ('created', 'in_process', 'authorized', 'approved') and not late;
create index payment_undecided on payment (deadline_at) where state in ('created', 'in_process', 'authorized');

-- A refund that failed may be requested again: the provider knows each attempt by a key of its own.
alter table refund
  add attempt integer not null default 1 check (attempt > 0),
  -- Whoever asks for a refund may name it: the same key again is the same refund.
  add key text;
create unique index refund_key on refund (payment_id, key);

-- The seller put a parcel that came back on the shelf again.
alter table shipment add restocked_at timestamptz;
-- Its label is being voided at the carrier since then: nobody hands the parcel over meanwhile.
alter table shipment add voiding_since timestamptz;
create index shipment_under_way on shipment (id) where state in ('handling', 'ready_to_ship', 'shipped', 'not_delivered');

-- What an order's lines took and gave back: the doctor asks of each.
create index stock_movement_line on stock_movement (order_line_id) where order_line_id is not null;

create table dispute (
  id uuid primary key,
  order_id uuid not null references "order",
  -- Null: the whole order.
  order_line_id uuid references order_line,
  state text not null check (state in ('open', 'dismissed', 'refunded', 'partially_refunded')),
  reason text not null check (reason in ('not_received', 'not_as_described', 'chargeback')),
  opened_by text not null,
  resolved_by text,
  refunded_minor bigint check (refunded_minor > 0),
  revision bigint not null default 1,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
create index dispute_order on dispute (order_id);
create unique index dispute_open on dispute (order_id) where state = 'open';

-- Double entry: each posting says what one thing moved from account to account, and sums to zero.
-- Debits are positive. cash: what the provider holds for us; seller: owed to a seller; fee: kept;
-- refund: owed to a buyer; chargeback: taken by a bank, not settled; loss: borne by the marketplace.
create table ledger_entry (
  id uuid primary key,
  posting_id uuid not null,
  kind text not null check (kind in ('captured', 'captured_late', 'refund_requested', 'refunded',
    'charged_back', 'chargeback_won', 'chargeback_settled')),
  account text not null check (account in ('cash', 'seller', 'fee', 'refund', 'chargeback', 'loss')),
  -- The seller of the order, whatever the account.
  seller_id uuid not null references "user",
  order_id uuid not null references "order",
  payment_id uuid not null references payment,
  refund_id uuid references refund,
  amount_minor bigint not null check (amount_minor <> 0),
  currency char(3) not null,
  at timestamptz not null
);
create index ledger_entry_order on ledger_entry (order_id);
create index ledger_entry_seller on ledger_entry (seller_id, id);
create index ledger_entry_posting on ledger_entry (posting_id);

create function ledger_balances() returns trigger language plpgsql as $$
begin
  if exists (select from added group by posting_id, currency having sum(amount_minor) <> 0) then
    raise exception 'a ledger posting does not sum to zero' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger ledger_balances after insert on ledger_entry
  referencing new table as added for each statement execute function ledger_balances();

-- A message that failed waits longer each time, in real time: it must not keep others from their turn.
alter table webhook add next_try_at timestamptz not null default now();
drop index webhook_received;
create index webhook_waiting on webhook (provider, next_try_at, id) where state in ('received', 'failed');

-- How far the marketplace's time runs ahead of real time; only the local profile moves it.
create table clock (
  only_one boolean primary key default true check (only_one),
  offset_ms bigint not null default 0 check (offset_ms >= 0),
  changed_at timestamptz not null
);

grant select, insert on dispute, ledger_entry, clock to mkt_app;
grant update (state, resolved_by, refunded_minor, revision, changed_at) on dispute to mkt_app;
grant update (offset_ms, changed_at) on clock to mkt_app;
grant update (fee_bps) on category to mkt_app;
grant update (paid_at, shipped_at, delivered_at) on "order" to mkt_app;
grant update (late, capture, next_action_url, chargeback) on payment to mkt_app;
grant update (attempt) on refund to mkt_app;
grant update (restocked_at, voiding_since) on shipment to mkt_app;
grant update (next_try_at) on webhook to mkt_app;

grant select on dispute, ledger_entry, clock to mkt_operator, mkt_support;
grant select (late, capture, next_action_url, chargeback) on payment to mkt_operator, mkt_support;

-- Views keep the columns that they were made with.
create or replace view analytics.category as
  select id, name, created_at, fee_bps from public.category;
create or replace view analytics."order" as select * from public."order";
create or replace view analytics.order_line as select * from public.order_line;
create or replace view analytics.payment as
  select id, order_id, state, amount_minor, currency, reason, card_brand, created_at, changed_at, late
  from public.payment;
create view analytics.dispute as
  select id, order_id, order_line_id, state, reason, refunded_minor, created_at, changed_at
  from public.dispute;
create view analytics.ledger_entry as select * from public.ledger_entry;
grant select on all tables in schema analytics to mkt_analyst, mkt_operator, mkt_support;
