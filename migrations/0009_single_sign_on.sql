-- How an organization recognises its people (O1 to O3): whose ID tokens it believes and by which keys, which identity is
-- linked to whom, and which ID tokens have been used.

-- A row that is older than this has no issuer: nobody can sign on there until an owner sets one.
alter table organization_sso
  add column issuer text check (char_length(issuer) between 1 and 2048),
  add column audience text check (char_length(audience) between 1 and 2048),
  add column jwks_uri text check (char_length(jwks_uri) between 1 and 2048),
  add column jwks jsonb,
  add constraint organization_sso_issuer check ((issuer is null) = (audience is null)),
  add constraint organization_sso_keys check (num_nonnulls(jwks_uri, jwks) = num_nonnulls(issuer));

-- A link stands until an owner takes it away, whatever becomes of the settings (O3). One identity of an issuer is one person
-- of the organization, and the other way round.
create table sso_identities (
  organization_id bigint not null references organizations (id) on delete cascade,
  issuer text not null,
  subject text not null check (char_length(subject) between 1 and 255),
  user_id bigint not null references users (id) on delete cascade,
  linked_at timestamptz not null,
  primary key (organization_id, issuer, subject),
  constraint sso_identities_person unique (organization_id, user_id, issuer)
);
create index sso_identities_user_id on sso_identities (user_id);

-- An ID token serves once. The digest is of what is signed, not of the signature: of one message there can be many.
create table used_id_tokens (
  digest text primary key,
  -- From then on it is refused for its age, and the row may go.
  usable_until timestamptz not null
);
create index used_id_tokens_usable_until on used_id_tokens (usable_until);

-- The name under which owners see and revoke an authorisation (O2).
alter table token_sso_authorizations add column id bigint not null generated always as identity unique;
