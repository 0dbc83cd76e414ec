-- What a check asks of roles stands in the index that it searches, so that it need not read the rows beside: of all that a cold
-- check at a repository cost the database, the heap of team_repositories alone was a fifth.

alter table team_repositories drop constraint team_repositories_pkey,
  add constraint team_repositories_pkey primary key (repository_id, team_id) include (role);

create index team_members_user_id_team_id on team_members (user_id, team_id);
drop index team_members_user_id;

alter table collaborators drop constraint collaborators_pkey,
  add constraint collaborators_pkey primary key (repository_id, user_id) include (role);

create index memberships_user_id_organization_id on memberships (user_id, organization_id) include (role);
drop index memberships_user_id;
