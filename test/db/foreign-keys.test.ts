// Where rows go with others, they are found by an index: a deletion that read a whole table for each row would never end in a large one.

import { sql } from 'kysely';
import t from 'tap';
import { createDatabase } from '../support/database.ts';

t.test('every reference to another table is the beginning of an index', async (t) => {
  const { db } = await createDatabase(t);
  const { rows } = await sql<{ name: string; is_indexed: boolean }>`
    select key.conrelid::regclass || ' (' || (
        select string_agg(attname, ', ') from pg_attribute where attrelid = key.conrelid and attnum = any (key.conkey)) || ')' as name,
      exists (
        select from pg_index index where index.indrelid = key.conrelid and index.indisvalid
          and (index.indkey::smallint[])[0:cardinality(key.conkey) - 1] @> key.conkey
          and (index.indpred is null or pg_get_expr(index.indpred, index.indrelid) ~ '^\\([a-z_]+ IS NOT NULL\\)$')
      ) as is_indexed
    from pg_constraint key where key.contype = 'f' and key.connamespace = 'public'::regnamespace order by 1`.execute(
    db,
  );
  t.ok(rows.length > 50, `${rows.length} references`);
  t.same(
    rows.filter((each) => !each.is_indexed).map(({ name }) => name),
    [],
  );
  const control = await sql<{ count: number }>`
    select count(*) as count from pg_index where indrelid = 'tokens'::regclass
      and pg_get_expr(indpred, indrelid) ~ '^\\([a-z_]+ IS NOT NULL\\)$'`.execute(db);
  t.ok((control.rows[0]?.count ?? 0) > 0, 'control: an index of what refers to something is one');
});
