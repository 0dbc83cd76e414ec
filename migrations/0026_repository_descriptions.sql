-- What an answer shows of a repository is remembered by nodes like what rules read of it: its description counts as a change.
-- The function is the one that 0018 made, with one column more.

create or replace function note_changes_of_repositories_update() returns trigger language plpgsql as $$
begin
  -- A cascade runs once for each row that it starts from, mostly for nothing.
  if not exists (select from rows_before) then return null; end if;
  with things as materialized (
    select distinct b.id from rows_before b join rows_after a using (id)
    where (a.owner_id, a.name, a.visibility, a.archived, a.description)
      is distinct from (b.owner_id, b.name, b.visibility, b.archived, b.description)
  ), size as (select count(*) as n from things), noted as (
    insert into changes (transaction_id, kind, id)
    select pg_current_xact_id(), 'repository', things.id from things, size where size.n <= 200
    union all
    select pg_current_xact_id(), 'everything', 0 from size where size.n > 200
  )
  insert into change_commits (transaction_id)
  select pg_current_xact_id() from size where size.n > 0
  on conflict do nothing;
  return null;
end $$;
