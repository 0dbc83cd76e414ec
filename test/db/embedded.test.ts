// The supervisor of the embedded PostgreSQL by itself: who owns a folder, and what it does about every way of ending.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type EmbeddedDatabase, startEmbedded } from '../../src/db/embedded.ts';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually } from '../support/service.ts';

const SUPERVISOR = "select pid from pg_stat_activity where application_name = 'gatehouse supervisor'";

t.test('of two that start in the same moment in an empty folder one is refused', async (t) => {
  const folder = dataFolder(t);
  const starts = await Promise.allSettled([start(t, folder), start(t, folder)]);
  const refusals = starts.filter((outcome) => outcome.status === 'rejected' && isStartRefusal(outcome.reason));
  t.equal(refusals.length, 1);
  const [winner] = starts.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  await eventually(() => answers(winner));
});

t.test('what was written survives the end of any of its processes, again and again', async (t) => {
  const folder = dataFolder(t);
  const database = await start(t, folder);
  await query(database, 'create table written (round int primary key)');
  for (const round of [1, 2, 3]) {
    await eventually(() => answers(database, `insert into written values (${round}) on conflict do nothing`));
    process.kill(await pidToEnd(database, folder, round), 'SIGKILL');
  }
  await eventually(() => answers(database, 'insert into written values (4) on conflict do nothing'));
  // The server may not have noticed the last end before it took the last row.
  let rows: number | null = null;
  await eventually(async () => {
    rows = await query(database, 'select from written').then(
      ({ rowCount }) => rowCount,
      () => null,
    );
    return rows !== null;
  });
  t.equal(rows, 4);
});

t.test('a stopped one is gone, may be stopped again, and its folder may be used again', async (t) => {
  const folder = dataFolder(t);
  const database = await start(t, folder);
  await database.stop();
  t.equal(await answers(database), false);
  t.throws(() => readFileSync(join(folder, 'postgres', 'postmaster.pid')), { code: 'ENOENT' });
  await database.stop();
  t.equal(await answers(await start(t, folder)), true);
});

t.test('the owner of the tables is no superuser, nor is the role of the service, which may make none', async (t) => {
  const { url, owner_url } = await start(t, dataFolder(t));
  for (const each of [url, owner_url]) {
    const { rows } = await queryAs(each, 'select rolsuper from pg_roles where rolname = current_user');
    t.same(rows, [{ rolsuper: false }]);
  }
  await queryAs(owner_url, 'create table made_by_owner (id int)');
  await t.rejects(queryAs(url, 'create table made_by_service (id int)'), { code: '42501' });
});

t.test('a cluster of another version is refused', async (t) => {
  const folder = t.testdir({ postgres: { PG_VERSION: '17\n' } });
  await t.rejects(start(t, folder), { message: /is of PostgreSQL 17/ });
});

function dataFolder(t: Test): string {
  const folder = join(scratchFolder(t), 'data');
  mkdirSync(folder);
  return folder;
}

async function start(t: Test, folder: string): Promise<EmbeddedDatabase> {
  const log = pino({ level: 'silent' });
  // Durable, because a crash is what most of these tests are about.
  const database = await startEmbedded({ folder, durable: true, connections_max: 10, environment: process.env, log });
  t.teardown(database.stop);
  return database;
}

/** In turn the connection of the supervisor, whose end makes PostgreSQL end all others, and the server itself. */
async function pidToEnd(database: EmbeddedDatabase, folder: string, round: number): Promise<number> {
  if (round % 2 === 0) return Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  let pid: unknown;
  // After the round before it may not be back yet.
  await eventually(async () => {
    const found = await query(database, SUPERVISOR).catch(() => undefined);
    pid = found?.rows[0]?.pid;
    return pid !== undefined;
  });
  return Number(pid);
}

async function answers(database: EmbeddedDatabase | undefined, statement = 'select 1'): Promise<boolean> {
  if (database === undefined) return false;
  return query(database, statement).then(
    () => true,
    () => false,
  );
}

type Result = pg.QueryResult<Record<string, unknown>>;

/** As the owner of the tables. */
function query({ owner_url }: EmbeddedDatabase, statement: string): Promise<Result> {
  return queryAs(owner_url, statement);
}

async function queryAs(url: string, statement: string): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}
