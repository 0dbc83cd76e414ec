-- What ends a cached fact. Every transaction that changes what a decision rests on says which things it touched (`changes`), and
-- gets the next number of one sequence without gaps at its very end (`change_epoch`). The number is taken from one row, whose lock
-- is held until the commit: whoever sees the number sees everything up to it. Numbers of a PostgreSQL sequence would not do: they
-- commit out of order, and a reader that remembers the highest misses the late one.
--
-- Triggers write it, not the code that changes the tables: no statement can forget it, not even one typed by hand.

create table change_epoch (
  only_row boolean primary key default true check (only_row),
  epoch bigint not null
);
insert into change_epoch (epoch) values (0);

-- One row a transaction, for some minutes: a node that was away for longer forgets everything. `epoch` is null only inside of the
-- transaction.
create table change_commits (
  transaction_id xid8 primary key,
  epoch bigint,
  committed_at timestamptz
);
create index change_commits_epoch on change_commits (epoch);
create index change_commits_committed_at on change_commits (committed_at);

-- `kind` everything: too many things to name.
create table changes (
  transaction_id xid8 not null references change_commits (transaction_id) on delete cascade,
  kind text not null check (kind in ('token', 'account', 'repository', 'enterprise', 'client', 'signing_key', 'everything')),
  id bigint not null
);
create index changes_transaction_id on changes (transaction_id);

create function take_change_epoch() returns trigger language plpgsql as $$
declare
  taken bigint;
begin
  update change_epoch set epoch = epoch + 1 returning epoch into taken;
  update change_commits set epoch = taken, committed_at = clock_timestamp() where transaction_id = new.transaction_id;
  perform pg_notify('gatehouse_changes', taken::text);
  return null;
end $$;

-- Deferred twice: when the transaction commits, what it has deferred runs in the order in which it arose, and what that defers once
-- more after all of it. So the number is taken last of all, whatever else takes locks then (the record takes those of its logs): two
-- transactions never wait for each other in a circle, and the one row is locked for no longer than the commit takes.
create function come_last() returns trigger language plpgsql as $$
begin
  update change_commits set epoch = null where transaction_id = new.transaction_id;
  return null;
end $$;
create constraint trigger change_commits_come_last after insert on change_commits
  deferrable initially deferred for each row execute function come_last();
create constraint trigger change_commits_take_epoch after update on change_commits
  deferrable initially deferred for each row when (new.epoch is null) execute function take_change_epoch();

create function note_everything() returns trigger language plpgsql as $$
begin
  insert into change_commits (transaction_id) values (pg_current_xact_id()) on conflict do nothing;
  insert into changes (transaction_id, kind, id) values (pg_current_xact_id(), 'everything', 0);
  return null;
end $$;

-- A function and triggers for each table. `things`: which things a touched row `c` stands for, as a query of (kind, id).
-- `on_insert`: a new row can change what was already known (a membership), not only add what nobody has asked for yet (a token).
-- `watched`: the columns that count; null: all.
create function note_changes_of(relation regclass, things text, on_insert boolean, watched text[] default null)
returns void language plpgsql as $do$
declare
  name text := format('note_changes_of_%s', relation);
  operation text;
  touched text;
begin
  foreach operation in array array['insert', 'update', 'delete'] loop
    continue when operation = 'insert' and not on_insert;
    touched := case operation
      when 'insert' then 'select * from rows_after'
      when 'delete' then 'select * from rows_before'
      else 'select * from rows_before union all select * from rows_after'
    end;
    if operation = 'update' and watched is not null then
      touched := format(
        'select b.* from rows_before b join rows_after a using (id) where (%1$s) is distinct from (%2$s)',
        (select string_agg('a.' || quote_ident(each), ', ') from unnest(watched) each),
        (select string_agg('b.' || quote_ident(each), ', ') from unnest(watched) each));
    end if;
    execute format($body$
      create function %1$s() returns trigger language plpgsql as $function$
      begin
        -- A cascade runs once for each row that it starts from, mostly for nothing.
        if not exists (select from %4$s) then return null; end if;
        with things as materialized (
          select distinct thing.kind, thing.id from (%2$s) c cross join lateral (%3$s) thing (kind, id) where thing.id is not null
        ), size as (select count(*) as n from things), noted as (
          insert into changes (transaction_id, kind, id)
          select pg_current_xact_id(), things.kind, things.id from things, size where size.n <= 200
          union all
          select pg_current_xact_id(), 'everything', 0 from size where size.n > 200
        )
        insert into change_commits (transaction_id)
        select pg_current_xact_id() from size where size.n > 0
        on conflict do nothing;
        return null;
      end $function$ $body$, name || '_' || operation, touched, things,
      case operation when 'insert' then 'rows_after' else 'rows_before' end);
    execute format(
      'create trigger note_%1$s after %1$s on %2$s referencing %3$s for each statement execute function %4$s()',
      operation, relation,
      case operation
        when 'insert' then 'new table as rows_after'
        when 'delete' then 'old table as rows_before'
        else 'old table as rows_before new table as rows_after'
      end, name || '_' || operation);
  end loop;
  execute format('create trigger note_truncate after truncate on %s execute function note_everything()', relation);
end $do$;

-- People, organizations, and what a person is where.
select note_changes_of('accounts', $$select 'account', c.id$$, false);
select note_changes_of('users', $$select 'account', c.id$$, false, array['suspended_at', 'site_admin']);
select note_changes_of('memberships', $$select 'account', c.user_id$$, true);
select note_changes_of('team_members', $$select 'account', c.user_id$$, true);
select note_changes_of('collaborators', $$select 'account', c.user_id$$, true);
select note_changes_of('token_reviewers', $$select 'account', c.user_id$$, true);
select note_changes_of('enterprise_administrators', $$select 'account', c.user_id$$, true);
select note_changes_of('organizations', $$select 'account', c.id union all select 'enterprise', c.enterprise_id$$, false);
select note_changes_of('organization_token_policies', $$select 'account', c.organization_id$$, true);
select note_changes_of('organization_sso', $$select 'account', c.organization_id$$, true);
select note_changes_of('enterprises', $$select 'enterprise', c.id$$, false);
select note_changes_of('enterprise_token_policies', $$select 'enterprise', c.enterprise_id$$, true);

-- Repositories. A team that is deleted takes these rows with it.
select note_changes_of('repositories', $$select 'repository', c.id$$, false, array['owner_id', 'name', 'visibility', 'archived']);
select note_changes_of('team_repositories', $$select 'repository', c.repository_id$$, true);

-- Tokens. `last_used_at` is written all the time and decides nothing.
select note_changes_of('tokens', $$select 'token', c.id$$, false, array[
  'kind', 'user_id', 'name', 'secret_issued_at', 'expires_at', 'revoked_at', 'scopes', 'resource_owner_id']);
select note_changes_of('token_secrets', $$select 'token', c.token_id$$, true);
select note_changes_of('grants', $$select 'token', c.token_id$$, true);
select note_changes_of('grant_repositories',
  $$select 'token', g.token_id from grants g where g.id = c.grant_id$$, true);
select note_changes_of('grant_requests', $$select 'token', c.token_id$$, true);
select note_changes_of('token_sso_authorizations', $$select 'token', c.token_id$$, true);
select note_changes_of('exchanged_tokens',
  $$select 'token', s.token_id from token_secrets s where s.digest = c.secret_digest$$, false);
select note_changes_of('exchanged_token_repositories',
  $$select 'token', s.token_id from exchanged_tokens x join token_secrets s on s.digest = x.secret_digest
    where x.id = c.exchanged_token_id$$, false);

-- Backend services, and the keys by which this service signs.
select note_changes_of('clients', $$select 'client', c.id$$, false);
select note_changes_of('client_secrets', $$select 'client', c.client_id$$, true);
select note_changes_of('client_organizations', $$select 'client', c.client_id$$, true);
select note_changes_of('signing_keys', $$select 'signing_key', c.id$$, true);

drop function note_changes_of(regclass, text, boolean, text[]);
