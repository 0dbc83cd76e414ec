-- What organizations and enterprises say about tokens. Every organization and enterprise has its row from the first
-- moment on; a missing row is a doubt, and denies (F3). Starting values: P1 to P5.

create table organization_token_policies (
  organization_id bigint primary key references organizations (id) on delete cascade,
  fine_grained_tokens text not null default 'restricted' check (fine_grained_tokens in ('allowed', 'restricted')),
  classic_tokens text not null default 'allowed' check (classic_tokens in ('allowed', 'restricted')),
  approval text not null default 'required' check (approval in ('required', 'not_required')),
  max_lifetime_days_fine_grained integer default 366 check (max_lifetime_days_fine_grained between 1 and 366),
  max_lifetime_days_classic integer check (max_lifetime_days_classic between 1 and 366),
  lifetime_applies_to_public_reads boolean not null default false
);

-- In the caps, null stands for `no_policy` and 0 for the explicit null ("no cap"), which binds nothing either (P5).
create table enterprise_token_policies (
  enterprise_id bigint primary key references enterprises (id) on delete cascade,
  fine_grained_tokens text not null default 'no_policy' check (fine_grained_tokens in ('allowed', 'restricted', 'no_policy')),
  classic_tokens text not null default 'no_policy' check (classic_tokens in ('allowed', 'restricted', 'no_policy')),
  approval text not null default 'no_policy' check (approval in ('required', 'not_required', 'no_policy')),
  max_lifetime_days_fine_grained integer check (max_lifetime_days_fine_grained between 0 and 366),
  max_lifetime_days_classic integer check (max_lifetime_days_classic between 0 and 366),
  lifetime_applies_to_public_reads text not null default 'no_policy'
    check (lifetime_applies_to_public_reads in ('true', 'false', 'no_policy')),
  exempt_administrators boolean not null default false
);

-- A person's proof of single sign-on at an organization (O1, O3). Whether an organization asks for it stands in
-- organization_sso; without a row it does not.
create table organization_sso (
  organization_id bigint primary key references organizations (id) on delete cascade,
  required boolean not null
);

create table sso_sessions (
  session_id bigint not null references sessions (id) on delete cascade,
  organization_id bigint not null references organizations (id) on delete cascade,
  expires_at timestamptz not null,
  primary key (session_id, organization_id)
);
create index sso_sessions_organization_id on sso_sessions (organization_id);
