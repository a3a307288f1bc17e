-- What can be sold: the facts that decide a sale. What people read stands in DynamoDB.

create table category (
  id uuid primary key,
  name text not null,
  name_folded text not null unique,
  revision bigint not null default 1,
  created_at timestamptz not null
);

create table publication (
  id uuid primary key,
  seller_id uuid not null references "user",
  external_id text,
  state text not null check (state in ('active', 'paused', 'closed')),
  price_minor bigint not null check (price_minor > 0),
  currency char(3) not null,
  stock integer not null check (stock >= 0),
  -- version counts the seller's edits, revision all that is projected.
  version integer not null default 1,
  revision bigint not null default 1,
  -- What the page says about stock; it changes far less often than stock.
  availability text not null check (availability in ('in_stock', 'last_units', 'sold_out')),
  sold_units bigint not null default 0,
  rating_sum bigint not null default 0,
  rating_count bigint not null default 0,
  created_at timestamptz not null,
  unique (seller_id, external_id)
);
create index publication_best_sellers on publication (sold_units desc, id) where state = 'active' and sold_units > 0;
create index publication_newest on publication (created_at desc, id) where state = 'active';
create index publication_rated on publication (rating_count) where rating_count > 0;

create table publication_category (
  publication_id uuid not null references publication,
  category_id uuid not null references category,
  primary key (publication_id, category_id)
);
create index publication_category_category on publication_category (category_id);

-- Stock changes only through these rows: a publication's stock is their sum.
create table stock_movement (
  id uuid primary key,
  publication_id uuid not null references publication,
  delta integer not null check (delta <> 0),
  reason text not null check (reason in ('published', 'adjusted', 'reserved', 'released', 'returned')),
  order_line_id uuid,
  at timestamptz not null
);
create index stock_movement_publication on stock_movement (publication_id);
