-- The catalogue of operations is one of the things that nodes keep: who puts another one in force says so as every other change does.
alter table changes drop constraint changes_kind_check;
alter table changes add constraint changes_kind_check
  check (kind in ('token', 'account', 'repository', 'enterprise', 'client', 'signing_key', 'catalogue', 'everything'));

create function note_changes_of_catalogue() returns trigger language plpgsql as $$
begin
  insert into change_commits (transaction_id) values (pg_current_xact_id()) on conflict do nothing;
  insert into changes (transaction_id, kind, id) values (pg_current_xact_id(), 'catalogue', 0);
  return null;
end $$;
create trigger note_catalogue after insert or update or delete or truncate on catalogue
  for each statement execute function note_changes_of_catalogue();
