-- A page is asked by its number, as GitHub's are: what lies before it is skipped by an index alone, which therefore has whatever says
-- that a row counts. Each index that is replaced is the beginning of its successor, and goes in a step of its own (0032, 0034, 0035): it
-- goes in an instant or, where somebody holds the table who waits for what is made here, is tried again, and what was made here stays.

update grants set token_revoked = true from tokens token where token.id = token_id and token.revoked_at is not null;
create index grants_listed on grants (resource_owner_id, token_revoked, granted_at, id) include (token_id, repository_selection);
create index grant_requests_listed on grant_requests (resource_owner_id, created_at, id) include (token_id, repository_selection)
  where state = 'pending';
create index repositories_by_age on repositories (owner_id, created_at, id) include (visibility);
-- Takes the place of the index of `repositories_name_taken` in the next step, which needs no time.
create unique index repositories_by_name on repositories (owner_id, name_key) include (id, visibility);
create index token_sso_authorizations_listed on token_sso_authorizations (organization_id, id) include (token_id)
  where revoked_at is null;
