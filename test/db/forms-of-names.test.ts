// What the database takes as a name is what it took before it was said so that it costs little (0042).

import fc from 'fast-check';
import { sql } from 'kysely';
import t from 'tap';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';

const DRAWN = cases({ short: 2000, long: 50_000 });

/** A constraint, the column that it is about, and what it was. */
const FORMS = [
  [
    'repositories_name_form',
    'name',
    (text: string) => /^[A-Za-z0-9._-]{1,100}$/.test(text) && !/^\.\.?$|\.git$/i.test(text),
  ],
  ['accounts_login_form', 'login', (text: string) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/.test(text)],
] as const;

const parts = fc.constantFrom(
  'a',
  'Z',
  '0',
  '-',
  '.',
  '_',
  '.git',
  '.GIT',
  'ä',
  'K',
  ' ',
  '\n',
  'x'.repeat(38),
  'y'.repeat(99),
);
const texts = fc.array(parts, { maxLength: 4 }).map((each) => each.join(''));

t.test('names of repositories and people have the form that they had', async (t) => {
  const { db } = await createDatabase(t);
  const drawn = [...new Set(fc.sample(texts, DRAWN))];
  for (const [constraint, column, isOfForm] of FORMS) {
    const found = await sql<{ said: string }>`
      select pg_get_expr(conbin, conrelid) as said from pg_constraint where conname = ${constraint} and convalidated`.execute(
      db,
    );
    const { rows } = await sql<{ text: string; is_taken: boolean }>`
      select ${sql.ref(column)} as text, ${sql.raw(found.rows[0]?.said ?? 'null')} as is_taken
      from unnest(${drawn}::text[]) drawn (${sql.ref(column)})`.execute(db);
    t.same(
      rows.filter(({ text, is_taken }) => is_taken !== isOfForm(text)),
      [],
      constraint,
    );
    t.ok(rows.filter(({ is_taken }) => is_taken).length > 10, `${constraint}: some are taken`);
  }
});
