-- What searches walk (AuthZEN): the repositories and persons of one source in the order of a page, so that a page reads about as
-- many rows as it shows. Each index that is replaced is the beginning of its successor.

create index repositories_owner_id_id on repositories (owner_id, id);
create index repositories_public_id on repositories (id) where visibility = 'public';
create index repositories_internal_id on repositories (owner_id, id) where visibility = 'internal';
drop index repositories_internal;

create index team_repositories_team_id_repository_id on team_repositories (team_id, repository_id);
drop index team_repositories_team_id;

create index collaborators_user_id_repository_id on collaborators (user_id, repository_id);
drop index collaborators_user_id;

create index memberships_owners on memberships (organization_id, user_id) where role = 'admin';

-- The key that seals tokens of pages: made here, once, so that it is the same on every node. It opens nothing else.
create table page_key (
  id smallint primary key default 1 check (id = 1),
  key bytea not null check (octet_length(key) = 32)
);
insert into page_key (key) values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
