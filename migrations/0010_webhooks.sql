-- Webhooks of organizations (L3, promises P21): who is told, what of, and every attempt to tell. The queue that says when the
-- next attempt is due belongs to pg-boss, in a schema of its own.

create table organization_hooks (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations (id) on delete cascade,
  url text not null check (char_length(url) between 1 and 2048),
  content_type text not null check (content_type in ('json', 'form')),
  insecure_ssl boolean not null,
  -- Kept as it is, because it signs; no answer, log or payload has it.
  secret text check (char_length(secret) between 1 and 255),
  -- The one before, with which is signed as well for a while, so that a receiver can change without losing anything.
  previous_secret text check (char_length(previous_secret) between 1 and 255),
  previous_secret_until timestamptz,
  events text[] not null,
  active boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint organization_hooks_previous check ((previous_secret is null) = (previous_secret_until is null))
);
create index organization_hooks_organization_id on organization_hooks (organization_id, id);

-- One event for one hook, as it was when it happened. Ids of what concerns one token ascend in the order of its changes,
-- because whoever changes a token has locked it.
create table hook_messages (
  id bigint generated always as identity primary key,
  hook_id bigint not null references organization_hooks (id) on delete cascade,
  -- The same over all attempts.
  guid uuid not null default gen_random_uuid(),
  event text not null,
  action text,
  data jsonb not null,
  created_at timestamptz not null default now()
);
create index hook_messages_hook_id on hook_messages (hook_id);
create index hook_messages_created_at on hook_messages (created_at);

-- Every attempt to deliver a message.
create table hook_deliveries (
  id bigint generated always as identity primary key,
  message_id bigint not null references hook_messages (id) on delete cascade,
  hook_id bigint not null references organization_hooks (id) on delete cascade,
  redelivery boolean not null,
  delivered_at timestamptz not null,
  duration_ms integer not null,
  status text not null,
  -- Null: there was no answer.
  status_code integer,
  url text not null,
  request_headers jsonb not null,
  response_headers jsonb not null,
  -- The beginning of it.
  response_body text
);
create index hook_deliveries_hook_id on hook_deliveries (hook_id, id desc);
create index hook_deliveries_message_id on hook_deliveries (message_id);

-- What the token was granted when it asked: what a request adds is told of it also when it is reviewed. Null: nothing.
alter table grant_requests add column permissions_before jsonb;
