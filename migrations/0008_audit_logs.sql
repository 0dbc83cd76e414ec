-- The logs of the record (L2, promises P14). Every entry stands in the log of each organization, enterprise and person that it
-- concerns (else in the service's own), at a position that is given when its transaction commits: positions of a log have no
-- gaps and never change, so that whoever reads a log from one position to the next misses nothing and sees nothing twice,
-- however late a transaction commits. Each log is a chain: a position's hash is made of the one before it and of its entry.

alter table audit_entries add column transaction_id xid8 not null default pg_current_xact_id();
create index audit_entries_transaction_id on audit_entries (transaction_id);

-- The logs are read by position; these served a reading by id.
drop index audit_entries_org_id, audit_entries_business_id, audit_entries_user_id, audit_entries_actor_id;
-- Searches that find a handful in a large log.
create index audit_entries_token_id on audit_entries (token_id) where token_id is not null;
create index audit_entries_hashed_token on audit_entries (hashed_token) where hashed_token is not null;
create index audit_entries_managed_token_id on audit_entries (managed_token_id) where managed_token_id is not null;
create index audit_entries_managed_hashed_token on audit_entries (managed_hashed_token)
  where managed_hashed_token is not null;

create table audit_logs (
  log_kind text not null check (log_kind in ('organization', 'enterprise', 'user', 'service')),
  log_id bigint not null,
  -- What stands before the first hash: random, so that nobody outside can compute one.
  origin bytea not null default sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')),
  -- The last position, and its hash; null while there is none.
  entries bigint not null default 0,
  hash bytea,
  -- Which transaction changed it last: what the next root has to name.
  changed_in xid8 not null default pg_current_xact_id(),
  primary key (log_kind, log_id)
);

create table audit_positions (
  log_kind text not null,
  log_id bigint not null,
  position bigint not null check (position > 0),
  entry_id bigint not null,
  hash bytea not null,
  primary key (log_kind, log_id, position),
  unique (entry_id, log_kind, log_id)
);

-- A member of an entry such that no two lists of members give the same text.
create function audit_member(value text) returns text language sql immutable as
  $$ select coalesce(octet_length(value)::text || ':' || value, '-') $$;

-- What is hashed of an entry: every column. src/db/audit-verification.ts says the same without this function; a column that is
-- added later needs another function, and a way to tell which entries are older.
create function audit_digest(entry audit_entries) returns bytea language sql stable as $$
  select sha256(convert_to(
    audit_member(entry.id::text)
    || audit_member((extract(epoch from entry.created_at) * 1000000)::bigint::text)
    || audit_member(entry.action)
    || audit_member(entry.actor_id::text)
    || audit_member(entry.actor)
    || audit_member(entry.user_id::text)
    || audit_member(entry."user")
    || audit_member(entry.org_id::text)
    || audit_member(entry.org)
    || audit_member(entry.business_id::text)
    || audit_member(entry.business)
    || audit_member(entry.repo_id::text)
    || audit_member(entry.repo)
    || audit_member(entry.token_id::text)
    || audit_member(entry.hashed_token)
    || audit_member(entry.programmatic_access_type)
    || audit_member(entry.token_scopes)
    || audit_member(entry.managed_token_id::text)
    || audit_member(entry.managed_hashed_token)
    || audit_member(entry.request_id)
    || audit_member(entry.actor_ip)
    || audit_member(entry.user_agent)
    || audit_member(entry.operation_type)
    || audit_member(entry.outcome)
    || audit_member(entry.reason)
    || audit_member(entry.data::text)
    || audit_member(entry.transaction_id::text),
    'UTF8'))
$$;

create function audit_next_hash(state bytea, start bytea, digest bytea) returns bytea language sql immutable as
  $$ select sha256(coalesce(state, start) || digest) $$;
create aggregate audit_chain(bytea, bytea) (sfunc = audit_next_hash, stype = bytea);

-- The logs that an entry stands in.
create function audit_logs_of(entry audit_entries) returns table (log_kind text, log_id bigint)
language sql immutable as $$
  select 'organization'::text, entry.org_id where entry.org_id is not null
  union all
  select 'enterprise', entry.business_id where entry.business_id is not null
  union all
  select 'user', entry.user_id where entry.user_id is not null
  union all
  select 'user', entry.actor_id where entry.actor_id is not null and entry.actor_id is distinct from entry.user_id
  union all
  select 'service', 0
  where coalesce(entry.org_id, entry.business_id, entry.user_id, entry.actor_id) is null
$$;

-- Gives the entries of this transaction their positions. The logs are locked in one order, as the last thing that a transaction
-- locks, and for no longer than its commit takes: nobody waits for another's work, and no two wait for each other.
-- Few rows out of large tables: the planner, which knows only what the tables were before, must not read them whole.
create function audit_place_entries() returns void language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  insert into audit_logs (log_kind, log_id)
  select distinct place.log_kind, place.log_id
  from audit_entries entry cross join lateral audit_logs_of(entry) place
  where entry.transaction_id = pg_current_xact_id()
    and not exists (
      select from audit_logs head where head.log_kind = place.log_kind and head.log_id = place.log_id)
  order by place.log_kind, place.log_id
  on conflict do nothing;

  perform from audit_logs head
  where (head.log_kind, head.log_id) in (
    select place.log_kind, place.log_id
    from audit_entries entry cross join lateral audit_logs_of(entry) place
    where entry.transaction_id = pg_current_xact_id())
  order by head.log_kind, head.log_id
  for update;

  with placed as (
    insert into audit_positions (log_kind, log_id, position, entry_id, hash)
    select head.log_kind, head.log_id, head.entries + row_number() over in_log, entry.id,
      audit_chain(coalesce(head.hash, head.origin), audit_digest(entry)) over in_log
    from audit_entries entry
    cross join lateral audit_logs_of(entry) place
    join audit_logs head on head.log_kind = place.log_kind and head.log_id = place.log_id
    where entry.transaction_id = pg_current_xact_id()
      and not exists (select from audit_positions position where position.entry_id = entry.id)
    window in_log as (partition by head.log_kind, head.log_id order by entry.id)
    returning log_kind, log_id, position, hash
  )
  update audit_logs head set entries = last.position, hash = last.hash, changed_in = pg_current_xact_id()
  from (
    select distinct on (placed.log_kind, placed.log_id) placed.log_kind, placed.log_id, placed.position, placed.hash
    from placed
    order by placed.log_kind, placed.log_id, placed.position desc
  ) last
  where head.log_kind = last.log_kind and head.log_id = last.log_id;
end $$;

-- What was written before there were positions: the column was filled with this transaction.
select audit_place_entries();

-- At the commit, once: the first entry takes the others of its transaction with it.
create function audit_place_at_commit() returns trigger language plpgsql
set enable_seqscan = off as $$
begin
  if not exists (select from audit_positions position where position.entry_id = new.id) then
    perform audit_place_entries();
  end if;
  return null;
end $$;
create constraint trigger audit_entries_place after insert on audit_entries
deferrable initially deferred for each row execute function audit_place_at_commit();

-- Nobody changes or removes what was written, the owner of the tables included; positions are given by the commit only.
create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the record is not changed: % of %', lower(tg_op), tg_table_name using errcode = 'insufficient_privilege';
end $$;
create function audit_refuse_by_hand() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 then
    raise exception 'the record is not changed by hand: % of %', lower(tg_op), tg_table_name
      using errcode = 'insufficient_privilege';
  end if;
  return null;
end $$;
create trigger audit_entries_keep before update or delete or truncate on audit_entries
for each statement execute function audit_refuse();
create trigger audit_positions_keep before update or delete or truncate on audit_positions
for each statement execute function audit_refuse();
create trigger audit_logs_keep before delete or truncate on audit_logs
for each statement execute function audit_refuse();
create trigger audit_positions_by_commit before insert on audit_positions
for each statement execute function audit_refuse_by_hand();
create trigger audit_logs_by_commit before insert or update on audit_logs
for each statement execute function audit_refuse_by_hand();
