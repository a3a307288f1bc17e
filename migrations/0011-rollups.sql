-- Sums of sales by day, which reports read instead of every order; the worker keeps them current.

create table sales_day (
  -- By the order's own clocks where it has a zone, else by those of the rollup's.
  day date not null,
  gathered_by text not null check (gathered_by in ('all', 'seller', 'category', 'state')),
  -- The id or the state that the row is of; empty: of all, or of orders without a seller.
  key text not null,
  currency char(3) not null,
  purchases bigint not null,
  orders bigint not null,
  lines bigint not null,
  units bigint not null,
  lines_minor bigint not null,
  shipping_minor bigint not null,
  sold_orders bigint not null,
  sold_minor bigint not null,
  primary key (gathered_by, day, key, currency)
);
create index sales_day_day on sales_day (day);

-- Whose days they are, and up to which position of the log they tell; no row: there are none yet.
create table sales_rollup (
  only_one boolean primary key default true check (only_one),
  time_zone text not null,
  position bigint not null,
  changed_at timestamptz not null
);

-- Days whose sums may have changed since then: of orders of which the log tells something later, and, by category
-- only, of those with a publication whose categories changed. It looks no further than 50,000 events.
create view sales_changed_day as
  with news as materialized (
    (select id, subject_kind, subject_id, data from event
      where position > (select position from sales_rollup) order by position limit 50000)
    union all
    select id, subject_kind, subject_id, data from event where position is null
  ), changed as (
    select distinct subject_id as order_id, false as only_category from news where subject_kind = 'order'
    union all
    select distinct l.order_id, true
    from (select * from news where subject_kind = 'publication') n
    left join lateral (
      select e.data from event e where e.subject_id = n.subject_id and e.id < n.id order by e.id desc limit 1
    ) before on true
    cross join lateral (
      select order_id from order_line where publication_id = n.subject_id offset 0
    ) l
    where n.data -> 'categories' is distinct from before.data -> 'categories'
  )
  select (o.created_at at time zone coalesce(o.time_zone, r.time_zone))::date as day,
    bool_and(c.only_category) as only_category
  from changed c cross join sales_rollup r
  cross join lateral (select created_at, time_zone from "order" where id = c.order_id offset 0) o
  group by 1;

grant select, insert, update, delete on sales_day, sales_rollup to mkt_app;
grant select on sales_changed_day to mkt_app;
grant select on sales_day, sales_rollup to mkt_operator, mkt_support;

create view analytics.sales_day as select * from public.sales_day;
create view analytics.sales_changed_day as select * from public.sales_changed_day;
-- Near: so little came later that it is quicker to look at that than at every order.
create view analytics.sales_rollup as
  select time_zone, position, changed_at,
    (select coalesce(max(position), 0) from public.event) - position <= 50000
      and (select count(*) from (select from public.event where position is null limit 50001) waiting) <= 50000 as near
  from public.sales_rollup;
grant select on analytics.sales_day, analytics.sales_changed_day, analytics.sales_rollup
  to mkt_analyst, mkt_operator, mkt_support;
