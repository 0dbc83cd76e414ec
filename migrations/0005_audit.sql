-- The record (L1, L2): exactly one entry an action, written in its transaction. No foreign keys: an entry outlives what
-- it speaks of.

create table audit_entries (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default now(),
  action text not null,
  actor_id bigint,
  actor text,
  user_id bigint,
  "user" text,
  org_id bigint,
  org text,
  business_id bigint,
  business text,
  repo_id bigint,
  repo text,
  -- Of the credential that acted; null for a session.
  token_id bigint,
  hashed_token text,
  programmatic_access_type text,
  token_scopes text,
  -- Of the token acted on.
  managed_token_id bigint,
  managed_hashed_token text,
  request_id text,
  actor_ip text,
  user_agent text,
  operation_type text not null check (operation_type in ('create', 'modify', 'remove', 'access')),
  outcome text not null check (outcome in ('done', 'refused')),
  reason text,
  data jsonb not null
);
create index audit_entries_org_id on audit_entries (org_id, id desc);
create index audit_entries_business_id on audit_entries (business_id, id desc);
create index audit_entries_user_id on audit_entries (user_id, id desc);
create index audit_entries_actor_id on audit_entries (actor_id, id desc);
