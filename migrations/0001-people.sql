-- Users and what they may do. E-mail, name and address are personal data: analysts never see them.

create table "user" (
  id uuid primary key,
  email text not null,
  email_folded text not null unique,
  name text not null,
  address text not null,
  password_hash text not null,
  banned_at timestamptz,
  revision bigint not null default 1,
  created_at timestamptz not null
);

create table user_role (
  user_id uuid not null references "user",
  role text not null check (role in ('operator', 'support', 'analyst')),
  granted_by uuid references "user",
  granted_at timestamptz not null,
  primary key (user_id, role)
);

-- Only the hash of a token is kept: a copy of this table opens no session.
create table session (
  token_hash bytea primary key,
  user_id uuid not null references "user",
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index session_of_user on session (user_id);

-- Who did what for whom. Rows are only ever added.
create table audit (
  id uuid primary key,
  actor_id uuid,
  on_behalf_of uuid,
  action text not null,
  subject_kind text,
  subject_id text,
  detail jsonb not null default '{}',
  at timestamptz not null
);
create index audit_subject on audit (subject_id);
