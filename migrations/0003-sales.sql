-- Purchases, orders, payments, refunds, shipments, reviews, and every state that they went through.

create table purchase (
  id uuid primary key,
  buyer_id uuid not null references "user",
  -- The buyer's idempotency key, and a digest of what it was first used for.
  key text not null,
  request_digest text not null,
  ship_to text not null,
  currency char(3) not null,
  created_at timestamptz not null,
  unique (buyer_id, key)
);

create table "order" (
  id uuid primary key,
  purchase_id uuid not null references purchase,
  buyer_id uuid not null references "user",
  seller_id uuid not null references "user",
  state text not null check (state in ('reserved', 'paid', 'shipped', 'delivered', 'completed',
    'expired', 'cancelled', 'not_delivered', 'disputed', 'refunded')),
  lines_minor bigint not null check (lines_minor > 0),
  shipping_minor bigint not null check (shipping_minor >= 0),
  total_minor bigint not null,
  currency char(3) not null,
  flags text[] not null default '{}',
  revision bigint not null default 1,
  -- Without an open payment the stock is held until then.
  reserved_until timestamptz not null,
  estimated_delivery_at timestamptz,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  check (total_minor = lines_minor + shipping_minor),
  check (buyer_id <> seller_id)
);
create index order_purchase on "order" (purchase_id);
create index order_buyer on "order" (buyer_id, id);
create index order_seller on "order" (seller_id, id);
create index order_state on "order" (state, id);
create index order_reserved on "order" (reserved_until) where state = 'reserved';

create table order_line (
  id uuid primary key,
  order_id uuid not null references "order",
  line_number integer not null check (line_number > 0),
  publication_id uuid not null references publication,
  -- The publication as it stood when it was bought.
  publication_version integer not null,
  quantity integer not null check (quantity > 0),
  unit_price_minor bigint not null check (unit_price_minor > 0),
  unique (order_id, line_number)
);
create index order_line_publication on order_line (publication_id);

create table payment (
  id uuid primary key,
  order_id uuid not null references "order",
  state text not null check (state in ('created', 'in_process', 'authorized', 'approved', 'rejected',
    'cancelled', 'partially_refunded', 'refunded', 'in_mediation', 'charged_back')),
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  card_token text not null,
  provider_id text unique,
  reason text,
  card_brand text,
  card_last_four text,
  -- The provider's fingerprint of the instrument: the same card has the same one.
  instrument text,
  -- An open payment holds the reservation until then.
  deadline_at timestamptz not null,
  revision bigint not null default 1,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
create index payment_order on payment (order_id);
-- At most one payment of an order can still take money.
create unique index payment_open on payment (order_id)
  where state in ('created', 'in_process', 'authorized', 'approved');

create table refund (
  id uuid primary key,
  payment_id uuid not null references payment,
  state text not null check (state in ('requested', 'pending', 'succeeded', 'failed')),
  amount_minor bigint not null check (amount_minor > 0),
  reason text not null,
  provider_id text unique,
  revision bigint not null default 1,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
create index refund_payment on refund (payment_id);
create index refund_unsettled on refund (id) where state in ('requested', 'pending');

create table shipment (
  id uuid primary key,
  order_id uuid not null references "order",
  state text not null check (state in ('pending', 'handling', 'ready_to_ship', 'shipped', 'delivered',
    'not_delivered', 'lost', 'returned', 'cancelled')),
  provider_id text unique,
  carrier text,
  tracking_code text,
  label_url text,
  estimated_delivery_at timestamptz,
  revision bigint not null default 1,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
create index shipment_order on shipment (order_id);

create table shipment_scan (
  shipment_id uuid not null references shipment,
  provider_scan_id text not null,
  state text not null,
  description text not null,
  place text not null,
  at timestamptz not null,
  primary key (shipment_id, provider_scan_id)
);

create table review (
  id uuid primary key,
  order_line_id uuid not null unique references order_line,
  order_id uuid not null references "order",
  publication_id uuid not null references publication,
  author_id uuid not null references "user",
  conforms boolean not null,
  rating integer not null check (rating between 1 and 5),
  created_at timestamptz not null
);
create index review_order on review (order_id);
create index review_publication on review (publication_id);

-- Every state that a thing went through. Rows are only ever added.
create table transition (
  id uuid primary key,
  machine text not null,
  subject_id uuid not null,
  event text not null,
  from_state text,
  to_state text not null,
  actor text not null,
  at timestamptz not null
);
create index transition_subject on transition (subject_id, id);

-- What providers told us, as they told it, forged messages too.
create table webhook (
  id uuid primary key,
  provider text not null check (provider in ('payments', 'shipping')),
  -- Null when the message was refused: a forged id must not hide a true one.
  provider_event_id text,
  state text not null check (state in ('received', 'done', 'failed', 'refused')),
  body text not null,
  reason text,
  attempts integer not null default 0,
  received_at timestamptz not null,
  done_at timestamptz,
  unique (provider, provider_event_id)
);
create index webhook_received on webhook (id) where state in ('received', 'failed');
