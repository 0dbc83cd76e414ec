-- Members to whom an owner gave the right to review requests and grants of their organization (A1). Whoever leaves loses
-- it with his membership.

create table token_reviewers (
  organization_id bigint not null,
  user_id bigint not null,
  primary key (organization_id, user_id),
  foreign key (organization_id, user_id) references memberships (organization_id, user_id) on delete cascade
);
create index token_reviewers_user_id on token_reviewers (user_id);
