-- Tokens that nobody uses are looked for from one place to the next, a bounded number at a time: by the moment of their secret and their id.
create index concurrently tokens_by_age on tokens (secret_issued_at, id) where revoked_at is null;
drop index concurrently tokens_secret_issued_at;
