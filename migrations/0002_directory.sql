-- Enterprises, organizations, memberships, teams, repositories, collaborators: what the ceiling (C5) is made of.

create table enterprises (
  id bigint generated always as identity primary key,
  slug text not null check (slug ~ '^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?$'),
  slug_key text not null generated always as (lower(slug)) stored,
  name text not null check (char_length(name) between 1 and 255),
  created_at timestamptz not null default now(),
  constraint enterprises_slug_taken unique (slug_key)
);

create table enterprise_administrators (
  enterprise_id bigint not null references enterprises (id) on delete cascade,
  user_id bigint not null references users (id) on delete cascade,
  primary key (enterprise_id, user_id)
);
create index enterprise_administrators_user_id on enterprise_administrators (user_id);

create table organizations (
  id bigint primary key references accounts (id) on delete cascade,
  enterprise_id bigint references enterprises (id) on delete set null,
  default_repository_permission text not null default 'read'
    check (default_repository_permission in ('none', 'read', 'write', 'admin'))
);
create index organizations_enterprise_id on organizations (enterprise_id);

create table memberships (
  organization_id bigint not null references organizations (id) on delete cascade,
  user_id bigint not null references users (id) on delete cascade,
  role text not null check (role in ('admin', 'member')),
  primary key (organization_id, user_id)
);
create index memberships_user_id on memberships (user_id);

create table teams (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 255),
  slug text not null check (slug ~ '^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$'),
  created_at timestamptz not null default now(),
  constraint teams_slug_taken unique (organization_id, slug)
);

create table team_members (
  team_id bigint not null references teams (id) on delete cascade,
  user_id bigint not null references users (id) on delete cascade,
  primary key (team_id, user_id)
);
create index team_members_user_id on team_members (user_id);

create table repositories (
  id bigint generated always as identity primary key,
  owner_id bigint not null references accounts (id) on delete cascade,
  name text not null check (
    name ~ '^[A-Za-z0-9._-]{1,100}$' and name not in ('.', '..') and lower(right(name, 4)) <> '.git'
  ),
  name_key text not null generated always as (lower(name)) stored,
  visibility text not null check (visibility in ('public', 'internal', 'private')),
  archived boolean not null default false,
  description text check (char_length(description) <= 1024),
  created_at timestamptz not null default now(),
  constraint repositories_name_taken unique (owner_id, name_key)
);
-- A list of one owner by age reads as many rows as it shows.
create index repositories_owner_id_created_at on repositories (owner_id, created_at, id);
create index repositories_internal on repositories (owner_id) where visibility = 'internal';

create table team_repositories (
  team_id bigint not null references teams (id) on delete cascade,
  repository_id bigint not null references repositories (id) on delete cascade,
  role text not null check (role in ('read', 'triage', 'write', 'maintain', 'admin')),
  primary key (repository_id, team_id)
);
create index team_repositories_team_id on team_repositories (team_id);

create table collaborators (
  repository_id bigint not null references repositories (id) on delete cascade,
  user_id bigint not null references users (id) on delete cascade,
  role text not null check (role in ('read', 'triage', 'write', 'maintain', 'admin')),
  primary key (repository_id, user_id)
);
create index collaborators_user_id on collaborators (user_id);

create table client_organizations (
  client_id bigint not null references clients (id) on delete cascade,
  organization_id bigint not null references organizations (id) on delete cascade,
  primary key (client_id, organization_id)
);
create index client_organizations_organization_id on client_organizations (organization_id);

-- Where an imported object came from. `version` only grows; a row stays as a tombstone after the object is deleted, so
-- that an older line that arrives late cannot bring it back.
create table imported_objects (
  type text not null check (
    type in ('user', 'organization', 'enterprise', 'membership', 'team', 'team_member', 'team_repository', 'repository', 'collaborator')
  ),
  external_id text not null check (char_length(external_id) between 1 and 255),
  version bigint not null,
  -- Of the object (user, organization, enterprise, team, repository); of a relation, the first of its two ids.
  object_id bigint,
  -- Of a relation (membership, team_member, team_repository, collaborator), the second of its two ids; of an organization,
  -- the user whom its line made its owner.
  second_id bigint,
  deleted boolean not null,
  fingerprint text not null,
  -- Of a user: the import suspended him. What an administrator did is not undone by it.
  suspended boolean not null default false,
  primary key (type, external_id)
);
create index imported_objects_object_id on imported_objects (type, object_id, second_id);
