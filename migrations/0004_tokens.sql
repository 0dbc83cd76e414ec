-- Tokens, their texts (digests only), what was asked and what is granted.

create table tokens (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('classic', 'fine_grained')),
  user_id bigint not null references users (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 255),
  description text check (char_length(description) <= 1024),
  created_at timestamptz not null,
  secret_issued_at timestamptz not null,
  expires_at timestamptz check (expires_at is null or isfinite(expires_at)),
  token_last_eight text not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_reason text check (revoked_reason in ('leaked', 'unused', 'by_text', 'by_administrator')),
  -- Classic: normalised scopes. Fine-grained: what was last asked; what holds now stands in grants.
  scopes text[],
  resource_owner_id bigint references accounts (id) on delete set null,
  -- The resource owner's id survives his deletion here, so that a token never falls back to another owner.
  resource_owner_id_asked bigint,
  permissions jsonb,
  repository_selection text check (repository_selection in ('none', 'all', 'subset')),
  constraint tokens_kind_members check (
    case kind
      when 'classic' then scopes is not null and permissions is null and repository_selection is null
        and resource_owner_id is null and resource_owner_id_asked is null
      else scopes is null and permissions is not null and repository_selection is not null
        and resource_owner_id_asked is not null
    end
  ),
  constraint tokens_revoked check ((revoked_at is null) = (revoked_reason is null))
);
create index tokens_user_id on tokens (user_id, id desc);
create index tokens_resource_owner_id on tokens (resource_owner_id) where resource_owner_id is not null;
create index tokens_expires_at on tokens (expires_at) where revoked_at is null;

-- The texts by which a token can be presented: at most two (M8). `expires_at` here is the end of the overlap of an older
-- text; the current one has null and ends with its token.
create table token_secrets (
  digest text primary key,
  token_id bigint not null references tokens (id) on delete cascade,
  is_current boolean not null,
  expires_at timestamptz,
  constraint token_secrets_overlap check (is_current = (expires_at is null)),
  constraint token_secrets_two unique (token_id, is_current)
);

create table token_repositories (
  token_id bigint not null references tokens (id) on delete cascade,
  repository_id bigint not null references repositories (id) on delete cascade,
  primary key (token_id, repository_id)
);
create index token_repositories_repository_id on token_repositories (repository_id);

-- What the resource owner lets a fine-grained token do now. No row: pending, denied, revoked by the owner, or left.
create table grants (
  id bigint generated always as identity primary key,
  token_id bigint not null unique references tokens (id) on delete cascade,
  resource_owner_id bigint not null references accounts (id) on delete cascade,
  permissions jsonb not null,
  repository_selection text not null check (repository_selection in ('none', 'all', 'subset')),
  granted_at timestamptz not null,
  -- The lifetime that was approved, null for a life without end; regeneration may not exceed it (M8).
  lifetime_seconds bigint
);
create index grants_resource_owner_id on grants (resource_owner_id);

create table grant_repositories (
  grant_id bigint not null references grants (id) on delete cascade,
  repository_id bigint not null references repositories (id) on delete cascade,
  primary key (grant_id, repository_id)
);
create index grant_repositories_repository_id on grant_repositories (repository_id);

-- What a holder asks of an organization; a review always means exactly the row that the reviewer saw (M7).
create table grant_requests (
  id bigint generated always as identity primary key,
  token_id bigint not null references tokens (id) on delete cascade,
  resource_owner_id bigint not null references organizations (id) on delete cascade,
  state text not null check (state in ('pending', 'approved', 'denied', 'cancelled')),
  permissions jsonb not null,
  repository_selection text not null check (repository_selection in ('none', 'all', 'subset')),
  reason text check (char_length(reason) <= 1024),
  created_at timestamptz not null,
  review_reason text check (char_length(review_reason) <= 1024),
  reviewed_by bigint references users (id) on delete set null,
  reviewed_at timestamptz
);
create unique index grant_requests_one_pending on grant_requests (token_id) where state = 'pending';
create index grant_requests_token_id on grant_requests (token_id, id desc);
create index grant_requests_resource_owner_id on grant_requests (resource_owner_id, state, id desc);
create index grant_requests_reviewed_by on grant_requests (reviewed_by) where reviewed_by is not null;

create table grant_request_repositories (
  request_id bigint not null references grant_requests (id) on delete cascade,
  repository_id bigint not null references repositories (id) on delete cascade,
  primary key (request_id, repository_id)
);
create index grant_request_repositories_repository_id on grant_request_repositories (repository_id);

-- SSO authorisations of tokens (O1). A revoked one stays, because a revoked one needs a new token (O2).
create table token_sso_authorizations (
  token_id bigint not null references tokens (id) on delete cascade,
  organization_id bigint not null references organizations (id) on delete cascade,
  authorized_at timestamptz not null,
  revoked_at timestamptz,
  primary key (token_id, organization_id)
);
create index token_sso_authorizations_organization_id on token_sso_authorizations (organization_id);

create table deploy_keys (
  id bigint generated always as identity primary key,
  repository_id bigint not null references repositories (id) on delete cascade,
  title text not null check (char_length(title) between 1 and 255),
  key text not null check (char_length(key) between 1 and 8192),
  read_only boolean not null,
  -- A key dies with the token that made it (M9). Deleting a token's row or revoking it deletes these rows.
  token_id bigint references tokens (id) on delete cascade,
  added_by text not null,
  created_at timestamptz not null,
  constraint deploy_keys_taken unique (repository_id, key)
);
create index deploy_keys_token_id on deploy_keys (token_id);
