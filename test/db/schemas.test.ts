// An installation whose tables stand in another schema than `public`: it does everything that others do, with roles that own nothing too.
// Who does not find its tables is refused, and makes no others.

import pg from 'pg';
import t from 'tap';
import { readBackupState } from '../../src/db/backup.ts';
import { readInstallation } from '../../src/db/installation.ts';
import { installQueue } from '../../src/db/job-queue.ts';
import { migrate, pendingMigrations } from '../../src/db/migrate.ts';
import { databaseOver, openPool } from '../../src/db/pool.ts';
import { roleNamesOf } from '../../src/db/role-rights.ts';
import { applicationRoleFault, giveRights, makeRoles } from '../../src/db/roles.ts';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { playStory } from '../examples/record.ts';
import { connectTo, createEmptyDatabase, databaseUrl } from '../support/database.ts';
import { REUSE } from '../support/reuse.ts';

const { superuser = null } = JSON.parse(process.env[REUSE] ?? '{}');
const SCHEMA = 'Tokens';

function urlOf(url: string, { role = '', path = '' }: { readonly role?: string; readonly path?: string }): string {
  const changed = new URL(url);
  if (role !== '') changed.username = role;
  if (path !== '') changed.searchParams.set('options', `-c search_path=${path}`);
  return changed.href;
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('was not refused'),
    (refusal) => refusal,
  );
  return isStartRefusal(error) ? error.message : `no refusal: ${error}`;
}

t.test('P11, P14, A1: in another schema every operation is done, by a role that owns nothing too', async (t) => {
  const roles: string[] = [];
  // Begun before the database is made: done when that is gone.
  t.teardown(async () => {
    const cleaning = new pg.Client({ connectionString: urlOf(databaseUrl(url, 'postgres'), { role: superuser }) });
    await cleaning.connect();
    for (const role of roles) await cleaning.query(`drop role if exists "${role}"`);
    await cleaning.end();
  });
  const url = await createEmptyDatabase(t);
  const mighty = urlOf(url, { role: superuser });
  const { application, reader } = roleNamesOf(new URL(url).pathname.slice(1));
  roles.push(application, reader);
  const admin = await connectTo(t, mighty);
  const owner = await connectTo(t, url);
  await owner.query(
    `create schema "${SCHEMA}"; alter database ${new URL(url).pathname.slice(1)} set search_path = "${SCHEMA}"`,
  );

  await migrate(url);
  await installQueue(url);
  await makeRoles(mighty);
  await giveRights(url);
  for (const role of [application, reader]) await admin.query(`alter role "${role}" login`);
  const service = urlOf(url, { role: application });
  t.equal(await applicationRoleFault(service), null);
  t.same(await migrate(service), [], 'a start by this role alone');
  const statuses: number[] = [];
  await playStory(service, async () => ({
    heard: ({ answer }) => void statuses.push(answer.status),
    end: async () => undefined,
  }));
  t.same([statuses.length > 150, statuses.filter((each) => each >= 500)], [true, []]);
  const here = await connectTo(t, url);
  const serving = await connectTo(t, service);
  await serving.query('delete from tokens where id in (select token_id from grant_requests)');
  const counts = await here.query(`select (select count(*)::int from ended_requests) as ended,
    (select count(*)::int from pg_class where relnamespace = 'public'::regnamespace) as in_public`);
  t.ok(counts.rows[0].ended > 0, 'requests have ended with their tokens');
  t.equal(counts.rows[0].in_public, 0);
  const reports = await connectTo(t, urlOf(url, { role: reader }));
  t.equal((await reports.query('select id from tokens')).rows.length > 0, true);
  await t.rejects(reports.query('select digest from token_secrets'), { code: '42501' });

  await t.test('the doctor and the check of backups look there', async (t) => {
    await here.query('alter table tokens disable trigger note_update; grant select on tokens to public');
    const looked = await readInstallation(url, { is_migrated: true, clock: () => new Date(), tell: () => undefined });
    t.same(looked.unseen, []);
    t.match(looked.seen.role, { owns_tables: true, open_tables: 1, anybody_makes_tables: false });
    t.same(looked.seen.objects?.idle_triggers, ['note_update on tokens']);
    const pool = openPool({ url, connections_max: 1, request_timeout_ms: 20_000, onIdleError: () => undefined });
    const { tables } = await readBackupState(databaseOver(pool));
    await pool.end();
    t.ok(tables.includes(`${SCHEMA}.tokens`) && tables.includes('pgboss.queue'));
    t.ok(tables.length > 50);
  });

  await t.test('who does not find the tables is told where they are, and makes no others', async (t) => {
    const lost = urlOf(url, { path: 'public' });
    const told = 'Let the `search_path` of the role begin with the schema `Tokens`';
    t.match(await refusalOf(migrate(lost)), told);
    t.match(await refusalOf(pendingMigrations(lost)), told);
    t.match(await applicationRoleFault(urlOf(service, { path: 'public' })), 'let the `search_path` of');
    t.equal((await here.query(`select from pg_class where relnamespace = 'public'::regnamespace`)).rows.length, 0);
  });
});

t.test('a schema that is not there is asked for', async (t) => {
  const url = await createEmptyDatabase(t);
  t.match(await refusalOf(migrate(urlOf(url, { path: 'absent' }))), /^Make a schema of the `search_path`/);
});
