-- `grants_listed` begins as this one does.

drop index grants_resource_owner_id_granted_at;
