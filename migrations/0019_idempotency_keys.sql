-- The answers of creating calls that carried an Idempotency-Key (promises P22), for a day, written in the transaction of the effect.
-- Neither the key nor the request nor a secret stands here: the key as its digest, the request as a keyed hash, the answer without
-- what had the form of a secret. Rows go by themselves: nothing refers to them, and they outlive whom they belong to by hours.

create table idempotency_keys (
  id bigint generated always as identity primary key,
  principal_type text not null check (principal_type in ('user', 'token', 'client')),
  principal_id bigint not null,
  key_digest text not null,
  fingerprint text not null,
  status smallint not null check (status between 200 and 299),
  answer json not null,
  created_at timestamptz not null,
  unique (principal_type, principal_id, key_digest)
);
create index idempotency_keys_created_at on idempotency_keys (created_at);
