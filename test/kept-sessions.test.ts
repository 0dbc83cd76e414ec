// The databases of tests and their sessions are used again: what a test has done there, no later one finds.

import t from 'tap';
import { createDatabase } from './support/database.ts';

/** The first session of the last test: its number at the server, and the database. */
let before = { pid: 0, url: '' };

/** Of a session that nobody has told anything. */
const FRESH = {
  rows: 0,
  timeout: '10s',
  path: '"$user", public',
  locks: 0,
  cursors: 0,
  channels: 0,
  temporary: 0,
};
const LOOK = `
  select (select count(*)::int from accounts) as rows, current_setting('statement_timeout') as timeout,
    current_setting('search_path') as path,
    (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
    (select count(*)::int from pg_cursors where name = 'left') as cursors, (select count(*)::int from pg_listening_channels()) as channels,
    (select count(*)::int from pg_class where relname = 'left_temporary' and relpersistence = 't') as temporary`;

async function pidOf(client: { query: (text: string) => Promise<{ rows: { pid: number }[] }> }): Promise<number> {
  return (await client.query('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
}

t.test('a test says much to its session, and writes', async (t) => {
  const { pool, url } = await createDatabase(t);
  const client = await pool.connect();
  before = { pid: await pidOf(client), url };
  await client.query(`insert into accounts (type, login) values ('User', 'left')`);
  await client.query('set statement_timeout = 1234');
  await client.query('set search_path = pg_catalog');
  await client.query('select pg_advisory_lock(1)');
  await client.query('declare "left" cursor with hold for select 1');
  await client.query('listen "left"');
  await client.query('create temporary table left_temporary (a int)');
  const { rows } = await client.query('select $1::int + 1 as two', [1]);
  t.same(rows, [{ two: 2 }]);
  client.release();
});

t.test('the next one has the session, which knows nothing of that but the plans', async (t) => {
  const { pool, url } = await createDatabase(t);
  t.equal(url, before.url);
  const client = await pool.connect();
  t.equal(await pidOf(client), before.pid);
  t.same((await client.query(LOOK)).rows, [FRESH]);
  const { rows: kept } = await client.query(`select statement from pg_prepared_statements where name like 'kept %'`);
  t.match(kept, [{ statement: 'select $1::int + 1 as two' }]);
  t.same((await client.query('select $1::int + 1 as two', [4])).rows, [{ two: 5 }], 'and they take other values');
  await t.rejects(client.query('select $1::int / 0 as none', [1]), { code: '22012' });
  await t.rejects(client.query('select $1::int + nothing', [1]), { code: '42703' }, 'a wrong text is no statement');
  await t.rejects(client.query('select $1::int + nothing', [1]), { code: '42703' }, 'whenever it is put');
  client.release();
});

t.test('a session that was still taken when its test ended', async (t) => {
  const { pool } = await createDatabase(t);
  const client = await pool.connect();
  before = { ...before, pid: await pidOf(client) };
  await client.query('begin');
  await client.query(`insert into accounts (type, login) values ('User', 'open')`);
  client.on('error', () => undefined);
  t.equal(pool.totalCount, 1);
});

t.test('is nobody’s afterwards', async (t) => {
  const { pool } = await createDatabase(t);
  t.not(await pidOf(pool), before.pid);
  t.same((await pool.query(LOOK)).rows, [FRESH]);
  const { rows } = await pool.query('select 1 from pg_stat_activity where pid = $1', [before.pid]);
  t.same(rows, []);
});

t.test('a session that failed in a transaction is taken back in order', async (t) => {
  const { pool } = await createDatabase(t);
  await t.rejects(pool.query('select 1 / 0'));
  const client = await pool.connect();
  await client.query('begin');
  await t.rejects(client.query('select nothing'));
  await client.query('rollback');
  client.release();
  t.same((await pool.query(LOOK)).rows, [FRESH]);
});
