-- Exchanged tokens (T3): shorter and narrower texts of a token, made by a backend service for another. A row says what it was
-- narrowed to when it was made and never changes but for its end; what it is worth is judged at use, beside its token.

create table exchanged_tokens (
  -- Out of one sequence with the tokens: no `jti` of an introspection names two.
  id bigint primary key default nextval('tokens_id_seq'),
  digest text not null unique,
  -- The text of the token from which it was made, through whatever chain: it goes with this row.
  secret_digest text not null references token_secrets (digest) on delete cascade,
  parent_id bigint references exchanged_tokens (id) on delete cascade,
  depth smallint not null check (depth between 1 and 3),
  client_id bigint not null references clients (id) on delete cascade,
  issued_at timestamptz not null,
  expires_at timestamptz not null check (isfinite(expires_at)),
  ended_at timestamptz,
  -- In the form of the token: scopes of a classic one, permissions of a fine-grained one.
  scopes text[],
  permissions jsonb,
  -- Whether only the repositories of exchanged_token_repositories count.
  narrows_repositories boolean not null,
  -- For whom it is; null: for everybody.
  audience text[] check (cardinality(audience) > 0),
  -- Who acts for the holder, the last one first; ids of people.
  actor_ids bigint[] not null,
  constraint exchanged_tokens_form check (num_nonnulls(scopes, permissions) = 1),
  constraint exchanged_tokens_parent check ((depth = 1) = (parent_id is null))
);
create index exchanged_tokens_secret_digest on exchanged_tokens (secret_digest);
create index exchanged_tokens_parent_id on exchanged_tokens (parent_id) where parent_id is not null;
create index exchanged_tokens_client_id on exchanged_tokens (client_id);
create index exchanged_tokens_expires_at on exchanged_tokens (expires_at);

create table exchanged_token_repositories (
  exchanged_token_id bigint not null references exchanged_tokens (id) on delete cascade,
  repository_id bigint not null references repositories (id) on delete cascade,
  primary key (exchanged_token_id, repository_id)
);
create index exchanged_token_repositories_repository_id on exchanged_token_repositories (repository_id);
