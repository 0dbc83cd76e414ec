-- People and organizations share one namespace of logins, because a repository is addressed as login/name.
-- Ids come from sequences and are never used again (F4); the name of a deleted row is free for another object.

create table accounts (
  id bigint generated always as identity primary key,
  type text not null check (type in ('User', 'Organization')),
  login text not null check (login ~ '^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?$'),
  login_key text not null generated always as (lower(login)) stored,
  profile_name text check (char_length(profile_name) between 1 and 255),
  created_at timestamptz not null default now(),
  constraint accounts_login_taken unique (login_key),
  constraint accounts_id_type unique (id, type)
);

create table users (
  id bigint primary key references accounts (id) on delete cascade,
  email text not null check (char_length(email) between 3 and 254),
  email_key text not null generated always as (lower(email)) stored,
  email_verified boolean not null default false,
  password_hash text,
  site_admin boolean not null default false,
  suspended_at timestamptz,
  constraint users_email_taken unique (email_key)
);

-- A person's session (T5) and the one-time right to choose the first password. Only digests are stored.
create table sessions (
  id bigint generated always as identity primary key,
  digest text not null unique,
  user_id bigint not null references users (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_user_id on sessions (user_id);

create table password_setups (
  digest text primary key,
  user_id bigint not null references users (id) on delete cascade,
  expires_at timestamptz not null
);
create index password_setups_user_id on password_setups (user_id);

-- Backend services and gateways.
create table clients (
  id bigint generated always as identity primary key,
  client_id text not null unique check (client_id ~ '^[A-Za-z0-9_]{1,64}$'),
  name text not null check (char_length(name) between 1 and 255),
  capabilities text[] not null,
  audiences text[] not null,
  -- An explicit tag, never "no rows": a client of all organizations is not a client whose last organization was deleted.
  organizations text not null check (organizations in ('all', 'listed')),
  created_at timestamptz not null
);

create table client_secrets (
  digest text primary key,
  client_id bigint not null references clients (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz
);
create index client_secrets_client_id on client_secrets (client_id);
