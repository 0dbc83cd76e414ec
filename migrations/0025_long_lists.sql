-- Lists of organizations with a million tokens: a page is read in the order in which it is shown, without sorting all.

create index grants_resource_owner_id_granted_at on grants (resource_owner_id, granted_at, id) include (token_id);
drop index grants_resource_owner_id;

create index grant_requests_pending on grant_requests (resource_owner_id, created_at, id) include (token_id) where state = 'pending';

-- The newest tokens of an owner, and not all of them, are looked at when a policy is tried out.
create index tokens_resource_owner_id_id on tokens (resource_owner_id, id) where resource_owner_id is not null;
drop index tokens_resource_owner_id;
