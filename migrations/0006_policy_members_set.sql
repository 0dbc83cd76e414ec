-- Which members of its policy an organization has set by itself, also to the value that they start with (P7). Names as in
-- the body of the request, caps as `max_lifetime_days.classic`.

alter table organization_token_policies add column members_set text[] not null default '{}';
