-- Whether the token of a grant was revoked stands with the grant too: a list of what is granted skips a million of them by their index
-- alone. A trigger says it, so that nodes of an older version do as well.

alter table grants add column token_revoked boolean not null default false;

create function mark_grant_of_revoked_token() returns trigger language plpgsql as $$
begin
  update grants set token_revoked = new.revoked_at is not null where token_id = new.id;
  return null;
end $$;
create trigger tokens_mark_grant after update of revoked_at on tokens
  for each row when ((old.revoked_at is null) <> (new.revoked_at is null)) execute function mark_grant_of_revoked_token();
