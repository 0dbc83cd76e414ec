// Where our tables stand: in the schema in which they were made, which is the first one of the `search_path` of who migrates (`public`,
// where nobody has said otherwise). Statements name no schema, so every role has to find it by its own `search_path`.

/** In SQL, as an oid: that schema; before there are any tables, the one in which they would be made. Null: there is none. */
export const OWN_SCHEMA = `coalesce(
    (select relnamespace from pg_class where oid = to_regclass('schema_migrations')),
    to_regnamespace(quote_ident(current_schema())))`;

/** Of the queue, whatever ours is: pg-boss names it in every statement. */
export const QUEUE_SCHEMA = 'pgboss';
