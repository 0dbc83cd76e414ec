// Migrations: applied once, by one of many, never edited, never older than the database.
import { readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import t, { type Test } from 'tap';
import { migrate } from '../../src/db/migrate.ts';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { createDatabase, createEmptyDatabase } from '../support/database.ts';
import { generateSchemaTypes, SCHEMA_FILE } from '../support/schema-types.ts';
import { eventually } from '../support/service.ts';

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

const INDEX = { '0002_index.sql': '-- Beside writers.\ncreate index concurrently first_by_id on first (id);\n' };

/** Whether the index is there, and serves. */
async function validityOf(client: pg.Client): Promise<boolean | null> {
  const { rows } = await client.query(`select indisvalid from pg_index where indexrelid = to_regclass('first_by_id')`);
  return rows[0]?.indisvalid ?? null;
}

t.test('an index is built while others write, and once, however many nodes start', async (t) => {
  const url = await createEmptyDatabase(t);
  await migrate(url, folder(t, FIRST));
  const [writer, other] = [await connected(t, url), await connected(t, url)];
  await writer.query('begin; insert into first values (1)');
  const migrations = folder(t, { ...FIRST, ...INDEX });
  const migrating = [1, 2, 3].map(() => migrate(url, migrations));
  await eventually(async () => (await validityOf(other)) === false);
  await other.query('insert into first values (2)');
  t.equal(await validityOf(other), false, 'it waits for who wrote before it began');
  await writer.query('commit');
  const applied = await Promise.all(migrating);
  t.same(applied.flat(), ['0002_index.sql']);
  t.equal(await validityOf(other), true);

  const plain = { '0002_index.sql': 'create index first_by_id on first (id)' };
  const control = await createEmptyDatabase(t);
  await migrate(control, folder(t, FIRST));
  const holder = await connected(t, control);
  await holder.query('begin; insert into first values (1)');
  await t.rejects(
    migrate(control, folder(t, { ...FIRST, ...plain })),
    { name: 'StorageUnavailable' },
    'control: as a whole',
  );
});

t.test(
  'an index that an interruption left invalid is made anew, and one that is there is taken as it is',
  async (t) => {
    const url = await createEmptyDatabase(t);
    await migrate(url, folder(t, FIRST));
    const [writer, other] = [await connected(t, url), await connected(t, url)];
    await writer.query('begin; insert into first values (1)');
    const migrations = folder(t, { ...FIRST, ...INDEX });
    const interrupted = t.rejects(migrate(url, migrations), { name: 'StorageUnavailable' });
    await eventually(async () => (await validityOf(other)) === false);
    const building = `application_name = 'gatehouse start' and query like 'create index%'`;
    await other.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${building}`);
    await interrupted;
    await writer.query('commit');
    t.equal(await validityOf(other), false, 'control: what is left');
    t.same(await migrate(url, migrations), ['0002_index.sql']);
    t.equal(await validityOf(other), true);
    await other.query(`delete from schema_migrations where name = '0002_index.sql'`);
    t.same(await migrate(url, migrations), ['0002_index.sql'], 'interrupted before it was written down');
    const dropping = { '0003_drop.sql': 'drop index concurrently first_by_id' };
    const next = folder(t, { ...FIRST, ...INDEX, ...dropping });
    t.same(await migrate(url, next), ['0003_drop.sql']);
    t.equal(await validityOf(other), null);
    await other.query(`delete from schema_migrations where name = '0003_drop.sql'`);
    t.same(await migrate(url, next), ['0003_drop.sql']);
  },
);

t.test('what is built beside writers stands alone, and nothing of a mixed file is done', async (t) => {
  const url = await createEmptyDatabase(t);
  const mixed = { '0002_index.sql': `insert into first values (1); ${INDEX['0002_index.sql']}` };
  await t.rejects(migrate(url, folder(t, { ...FIRST, ...mixed })), { message: /^beside `concurrently` stands/ });
  t.equal(await count(url, 'first'), 0);
});

t.test('a role whose statements may take next to no time, and whose sessions may not rest, migrates', async (t) => {
  const url = await createEmptyDatabase(t);
  const client = await connected(t, url);
  const limits = ['statement_timeout', 'idle_in_transaction_session_timeout'];
  for (const limit of limits)
    await client.query(`alter role current_user in database ${client.database} set ${limit} = '200ms'`);
  await migrate(
    url,
    folder(t, { ...FIRST, '0002_slow.sql': 'select pg_sleep(0.5)', '0003_index.sql': INDEX['0002_index.sql'] }),
  );
  t.equal(await validityOf(client), true);
});

// docs/adding-an-endpoint.md
t.test('an index of a table that may be large is built beside writers, since 0036', async (t) => {
  const migrations = new URL('../../migrations/', import.meta.url);
  for (const name of readdirSync(migrations).filter((each) => each >= '0036'))
    t.same(indexesUnderLock(readFileSync(new URL(name, migrations), 'utf8')), [], name);
  t.same(indexesUnderLock('create table a (id int); create index one on a (id); create unique index two on b (id)'), [
    'two',
  ]);
  t.same(indexesUnderLock('create index concurrently one on b (id)'), []);
});

/** Indexes of tables that were there before. */
function indexesUnderLock(sql: string): readonly string[] {
  const made = [...sql.matchAll(/create table (?:if not exists )?(\w+)/gi)].map(([, table]) => table);
  const indexes = [...sql.matchAll(/create (?:unique )?index (?!concurrently)(\w+)\s+on (\w+)/gi)];
  return indexes.flatMap(([, index = '', table]) => (made.includes(table) ? [] : [index]));
}

async function connected(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

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
