// Migrations: applied once, by one of many, never edited, never older than the database.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import t, { type Test } from 'tap';
import { migrate } from '../../src/db/migrate.ts';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { createDatabase, createEmptyDatabase } from '../support/database.ts';
import { generateSchemaTypes, SCHEMA_FILE } from '../support/schema-types.ts';

const FIRST = { '0001_first.sql': 'create table first (id int);' };
const SECOND = { '0002_second.sql': 'create table second (id int); insert into first values (1);' };

t.test('all nodes that start at once find the database migrated, and one has done it', async (t) => {
  const url = await createEmptyDatabase(t);
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(url)));
  t.equal(applied.filter((names) => names.length > 0).length, 1);
  t.same(await migrate(url), []);
});

t.test('what is new is applied, in order', async (t) => {
  const url = await createEmptyDatabase(t);
  t.same(await migrate(url, folder(t, FIRST)), ['0001_first.sql']);
  t.same(await migrate(url, folder(t, { ...FIRST, ...SECOND })), ['0002_second.sql']);
  t.equal(await count(url, 'first'), 1);
});

t.test('files that are no migrations do not count', async (t) => {
  const url = await createEmptyDatabase(t);
  t.same(await migrate(url, folder(t, { ...FIRST, 'schema.sql': 'broken', 'README.md': '' })), ['0001_first.sql']);
});

t.test('a broken file leaves nothing behind, and what came before it stays', async (t) => {
  const url = await createEmptyDatabase(t);
  const broken = { '0002_second.sql': 'create table second (id int); create table second (id int);' };
  await t.rejects(migrate(url, folder(t, { ...FIRST, ...broken })), {
    message: /0002_second.sql could not be applied/,
  });
  await t.rejects(count(url, 'second'), { code: '42P01' });
  t.same(await migrate(url, folder(t, { ...FIRST, ...SECOND })), ['0002_second.sql']);
});

t.test('an applied file that was edited is refused', async (t) => {
  const url = await createEmptyDatabase(t);
  await migrate(url, folder(t, FIRST));
  const error = await refusalOf(migrate(url, folder(t, { '0001_first.sql': 'create table other (id int);' })));
  t.match(error.message, 'Restore migrations/0001_first.sql');
});

t.test('a database newer than the code is refused', async (t) => {
  const url = await createEmptyDatabase(t);
  await migrate(url, folder(t, { ...FIRST, ...SECOND }));
  t.match((await refusalOf(migrate(url, folder(t, FIRST)))).message, 'Start a newer version');
});

t.test('a file that comes before an applied one is refused', async (t) => {
  const url = await createEmptyDatabase(t);
  await migrate(url, folder(t, SECOND_ALONE));
  t.match((await refusalOf(migrate(url, folder(t, { ...FIRST, ...SECOND_ALONE })))).message, 'Use the code that made');
});

t.test('src/db/schema.ts is what the migrations make (`npm run db:types` writes it)', async (t) => {
  const { url } = await createDatabase(t);
  t.equal(readFileSync(SCHEMA_FILE, 'utf8'), generateSchemaTypes(url));
});

const SECOND_ALONE = { '0002_second.sql': 'create table second (id int);' };

/** A folder with these migrations, as one that a test may have several of. */
function folder(t: Test, files: Record<string, string>): URL {
  return pathToFileURL(`${t.testdir(files)}/`);
}

async function refusalOf(migration: Promise<unknown>): Promise<Error> {
  const error: unknown = await migration.catch((reason: unknown) => reason);
  if (isStartRefusal(error)) return error;
  throw new Error('it was not refused', { cause: error });
}

async function count(url: string, table: 'first' | 'second'): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(`select from ${table}`)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
