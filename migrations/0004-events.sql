-- The event log and what follows it.

-- The id is given while the row of its thing is locked, so within one thing ids are in the order of
-- commits. Across things they are not: readers follow position, which the sequencer gives.
create table event (
  id bigint generated always as identity primary key,
  position bigint unique,
  -- Makes an event that is copied from another store land once.
  source_key text unique,
  type text not null,
  subject_kind text not null,
  subject_id uuid not null,
  revision bigint not null,
  actor text not null,
  occurred_at timestamptz not null,
  data jsonb not null,
  -- What people typed and what says who they are: erasing a person empties this and nothing else.
  personal jsonb
);
create index event_unsequenced on event (id) where position is null;
create index event_subject on event (subject_id, id);

-- How far each follower of the log has come.
create table cursor (
  name text primary key,
  position bigint not null,
  note jsonb not null default '{}',
  changed_at timestamptz not null
);

-- Things whose event could not be applied: their later events wait behind it, nobody else's do.
create table set_aside (
  subject_id uuid primary key,
  event_id bigint not null references event,
  error text not null,
  attempts integer not null default 1,
  since timestamptz not null
);

create table activity (
  id uuid primary key,
  kind text not null check (kind in ('home', 'search', 'view')),
  user_id uuid,
  publication_id uuid,
  words text,
  result_count integer,
  at timestamptz not null
);
create index activity_at on activity (at);

-- Each dump of the graph: where its files are, and how far the log had come.
create table graph_dump (
  id uuid primary key,
  position bigint not null,
  manifest_key text not null,
  vertices bigint not null,
  edges bigint not null,
  created_at timestamptz not null
);
