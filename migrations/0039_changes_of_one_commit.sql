-- What a commit touched is read by every node before it answers from memory again, so it must not be more than a little. 200 things were the
-- most of one statement; a deletion that goes through cascades is a statement for each row that it starts from, and noted a row for each of
-- hundreds of thousands. They are the most of one transaction now: when all is noted, what is more becomes one row.
create or replace function come_last() returns trigger language plpgsql
set enable_seqscan = off as $$
declare
  things_max constant integer := 200;
begin
  if (select count(*) from (
      select from changes where transaction_id = new.transaction_id limit things_max + 1) noted) > things_max then
    delete from changes where transaction_id = new.transaction_id;
    insert into changes (transaction_id, kind, id) values (new.transaction_id, 'everything', 0);
  end if;
  update change_commits set epoch = null where transaction_id = new.transaction_id;
  return null;
end $$;
