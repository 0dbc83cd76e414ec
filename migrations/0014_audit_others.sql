-- An entry may concern others than its columns name: of a transfer between two organizations the new owner. It stays one entry,
-- and stands in their logs too (contract 10). Whom, its data says, which is hashed with it; what was written before names nobody.

create or replace function audit_logs_of(entry audit_entries) returns table (log_kind text, log_id bigint)
language sql immutable as $$
  select 'organization'::text, entry.org_id where entry.org_id is not null
  union
  select 'enterprise', entry.business_id where entry.business_id is not null
  union
  select 'user', entry.user_id where entry.user_id is not null
  union
  select 'user', entry.actor_id where entry.actor_id is not null
  union
  select each ->> 'type', (each ->> 'id')::bigint
  from jsonb_path_query(entry.data, '$.also_concerns[*]') each
  union
  select 'service', 0
  where coalesce(entry.org_id, entry.business_id, entry.user_id, entry.actor_id) is null
    and jsonb_path_exists(entry.data, '$.also_concerns[*]') is not true
$$;
