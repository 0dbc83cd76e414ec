-- 0037 looked for the tables in `public`. They stand in the schema in which they were made, whatever the path of who deletes a token.
do $$
begin
  execute format('alter function remember_ended_requests() set search_path = %I, pg_temp', (
    select nspname from pg_namespace join pg_class on pg_class.relnamespace = pg_namespace.oid
    where pg_class.oid = 'ended_requests'::regclass));
end $$;
