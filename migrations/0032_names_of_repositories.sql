-- The constraint stays as it was; its index says what a list needs besides. Those of 0031 take the place of what goes.

drop index repositories_owner_id_created_at;
alter table repositories drop constraint repositories_name_taken,
  add constraint repositories_name_taken unique using index repositories_by_name;
