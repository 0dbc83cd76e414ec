-- Requests whose token is gone: who reviews one is told that it has ended (A1, A2), where another's or none is not found. Ids of
-- organizations and of requests are never used again (F4), so what stays of a deleted organization is never asked for.
create table ended_requests (
  organization_id bigint not null,
  request_id bigint not null,
  primary key (organization_id, request_id)
);

create function remember_ended_requests() returns trigger language plpgsql as $$
begin
  insert into ended_requests (organization_id, request_id)
  select gone.resource_owner_id, gone.id from gone
  where exists (select from organizations where organizations.id = gone.resource_owner_id);
  return null;
end;
$$;

create trigger grant_requests_end after delete on grant_requests
  referencing old table as gone for each statement execute function remember_ended_requests();
