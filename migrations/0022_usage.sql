-- What tokens exercised, by day, for thirty days (U1). Written together every some seconds, never with a request; nothing is decided
-- by it, so no node hears of it. No foreign keys: a token that is being deleted must not wait for the counting, nor the other way
-- round; rows of what is gone are never shown and go with their day.

create table token_usage (
  token_id bigint not null,
  day date not null,
  -- The account whose things were touched; 0: nobody's.
  owner_id bigint not null,
  -- Which permissions or scopes were needed, in the form of X-Accepted-GitHub-Permissions: comma is and, semicolon is or.
  needed text not null,
  checks bigint not null,
  primary key (token_id, day, owner_id, needed)
);
create index token_usage_day on token_usage (day);
create index token_usage_owner_id on token_usage (owner_id, token_id);

create table token_repository_usage (
  token_id bigint not null,
  day date not null,
  repository_id bigint not null,
  checks bigint not null,
  primary key (token_id, day, repository_id)
);
create index token_repository_usage_day on token_repository_usage (day);
