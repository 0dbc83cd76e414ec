-- The constraint stays as it was; its index says what a list needs besides.

alter table repositories drop constraint repositories_name_taken,
  add constraint repositories_name_taken unique using index repositories_by_name;
