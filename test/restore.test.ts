// F24 of the faults: a database that was restored, set back or promoted, by the real tools. What was revoked since would be valid in it, so
// nothing is answered until somebody has accepted that; and what was told of the changes that are lost is never taken for known.

import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { composeDeps } from '../src/compose.ts';
import { loadConfig } from '../src/config.ts';
import { checkServer } from '../src/db/check-server.ts';
import { installQueue } from '../src/db/job-queue.ts';
import { migrate } from '../src/db/migrate.ts';
import { openPool } from '../src/db/pool.ts';
import { digestsOfEnded } from '../src/domain/audit-export.ts';
import { buildApp } from '../src/http/app.ts';
import { isStartRefusal } from '../src/start-refusal.ts';
import { verifyAudit } from '../src/use-cases/audit/verify-audit.ts';
import { acceptRestore, type TokensToEnd } from '../src/use-cases/service/accept-restore.ts';
import { judgeRestore } from '../src/use-cases/service/judge-restore.ts';
import { keepEpoch } from '../src/use-cases/service/keep-epoch.ts';
import { refuseRestored } from '../src/use-cases/service/refuse-restored.ts';
import { archivedServer, settingOfRunbook } from './support/archived-server.ts';
import { createDatabase } from './support/database.ts';
import { programs } from './support/programs.ts';
import { scratchFolder } from './support/scratch-folder.ts';
import { eventually, freePort, startService } from './support/service.ts';
import { runCommand } from './support/terminal.ts';
import { bearer, tokensOf, worldOf } from './support/world.ts';

const ADMIN_PASSWORD = 'a password of the test';
const { NODE_COMPILE_CACHE } = process.env;

/** What the runbook has of this form, about this moment in place of its example. */
function inRunbook(form: RegExp, moment: Date): string {
  const runbook = readFileSync(new URL('../docs/runbooks/restore.md', import.meta.url), 'utf8');
  return (form.exec(runbook)?.[0] ?? '').replace('2027-03-19 08:00:00+00', moment.toISOString());
}

/** A node of the service as its start leaves it, or the refusal of its start. */
async function startNode(url: string, settings: Record<string, string> = {}) {
  const config = loadConfig({ CACHE_MIB: '4', REQUEST_TIMEOUT_MS: '20000', FRESHNESS_MS: '30000', ...settings });
  const onIdleError = (): undefined => undefined;
  const pool = openPool({ url, connections_max: 3, request_timeout_ms: config.request_timeout_ms, onIdleError });
  const log = pino({ level: 'silent' });
  const deps = composeDeps({ pool, config, clock: () => new Date(), log });
  const end = async (): Promise<void> => {
    await deps.freshness.stop();
    await keepEpoch(deps).catch(() => undefined);
    await deps.db.destroy();
  };
  try {
    await refuseRestored(deps);
    await keepEpoch(deps);
  } catch (error) {
    await deps.db.destroy();
    if (!isStartRefusal(error)) throw error;
    return { refusal: error.message };
  }
  // Made by the first call: most nodes here only start, or do not.
  let made: ReturnType<typeof buildApp> | null = null;
  const app = () => (made ??= buildApp(deps));
  const status = async (token: string, consistency_token?: string): Promise<number> => {
    const also = consistency_token === undefined ? {} : { 'x-consistency-token': consistency_token };
    return (await (await app()).inject({ method: 'GET', url: '/user', headers: { ...bearer(token), ...also } }))
      .statusCode;
  };
  /** Ends the token and answers the consistency token of that change. */
  const revoke = async (session: string, id: number): Promise<string> => {
    const url = `/user/personal-access-tokens/${id}`;
    const answer = await (await app()).inject({ method: 'DELETE', url, headers: bearer(session) });
    return String(answer.headers['x-consistency-token']);
  };
  const write = async () => {
    await deps.db.updateTable('accounts').set({ profile_name: 'written' }).where('login', '=', 'ada').execute();
  };
  return {
    refusal: null,
    deps,
    app,
    status,
    revoke,
    write,
    end: async () => {
      if (made !== null) await (await made).close();
      await end();
    },
  };
}

type Started = Extract<Awaited<ReturnType<typeof startNode>>, { refusal: null }>;

async function started(t: Test, ...args: Parameters<typeof startNode>): Promise<Started> {
  const node = await startNode(...args);
  if (node.refusal !== null) throw new Error(node.refusal);
  t.teardown(node.end);
  return node;
}

const refusalOf = async (...args: Parameters<typeof startNode>): Promise<string> => {
  const node = await startNode(...args);
  if (node.refusal === null) await node.end();
  return node.refusal ?? 'it started';
};

/** As `restore:accept` does. */
async function accept(url: string, settings: Record<string, string>, tokens: TokensToEnd) {
  const pool = openPool({ url, connections_max: 1, request_timeout_ms: 20_000, onIdleError: () => undefined });
  const deps = composeDeps({
    pool,
    config: loadConfig(settings),
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
  });
  try {
    return await acceptRestore(deps, await judgeRestore(deps), { tokens, keeps_sessions: false });
  } finally {
    await deps.db.destroy();
  }
}

t.test('F24: a real dump and a real recovery to a point in time are refused until they are accepted', async (t) => {
  const server = await archivedServer(t);
  if (server === null) return;
  const url = server.url();
  const EPOCH_FILE = join(scratchFolder(t), 'epoch');
  await migrate(url);
  await installQueue(url);

  const node = await started(t, url, { EPOCH_FILE });
  const world = worldOf(node.deps);
  const ada = await world.person('ada');
  const session = await world.session(ada);
  const tokens = tokensOf({ inject: (async (request: never) => (await node.app()).inject(request)) as never });
  const [kept, doomed, listed] = [
    await tokens.classicToken(session),
    await tokens.classicToken(session),
    await tokens.classicToken(session),
  ];
  const before = await node.revoke(session, (await tokens.classicToken(session)).id);
  server.backUp('base');
  const dump = join(server.folder, 'dump');
  server.run('pg_dump', '-Fc', '-f', dump, 'gatehouse');
  const { rows } = await server.execute('select pg_create_restore_point($$before$$), clock_timestamp()::text as at');
  const restore_moment = new Date(rows[0].at);
  const hashes = await node.deps.db.selectFrom('token_secrets').select(['token_id', 'digest']).execute();
  const digestOf = (id: number) => hashes.find(({ token_id }) => token_id === id)?.digest ?? '';
  const hash_of_listed = digestOf(listed.id);
  await node.revoke(session, listed.id);
  const after = await node.revoke(session, doomed.id);
  const young = await tokens.classicToken(session);
  t.same([await node.status(doomed.token), await node.status(kept.token, after)], [401, 200]);
  await node.end();
  const epoch_kept = JSON.parse(readFileSync(EPOCH_FILE, 'utf8')).epoch;

  await t.test(
    'a dump is checked before it is needed: read to its end, and with the rows of every table',
    async (t) => {
      const found = await programs(t, { pg_restore: { name: 'pg_restore', debian_package: 'postgresql-client' } });
      if (found === null) return;
      const env = { DATABASE_URL: url, ALLOW_UNSAFE_DATABASE: '1', EPOCH_FILE, PATH: dirname(found.pg_restore) };
      const check = async (file: string) => {
        const { code, out } = await runCommand(['backup', 'check', '--json', '--dump', file], { env });
        const { findings, dump: read, keep } = JSON.parse(out);
        return { code, ids: findings.map(({ id }: { id: string }) => id), read, keep };
      };
      const whole = await check(dump);
      t.match(whole, { code: 0, read: { fault: null }, keep: [{ setting: 'EPOCH_FILE', is_there: true }] });
      t.same(
        whole.ids.filter((id: string) => id.startsWith('dump_')),
        [],
      );
      t.ok(whole.read.tables.includes('public.tokens'));
      t.ok(Math.abs(new Date(whole.read.created_at).getTime() - Date.now()) < 3_600_000, 'it says when it was made');
      const doctor = JSON.parse((await runCommand(['doctor', '--json'], { env })).out);
      t.same(doctor.unseen, [], 'nor is there a look of the doctor that this PostgreSQL does not know');
      const partial = join(server.folder, 'partial');
      server.run('pg_dump', '-Fc', '-T', 'tokens', '-f', partial, 'gatehouse');
      t.match(await check(partial), { code: 1, ids: ['dump_incomplete'] });
      const broken = join(scratchFolder(t), 'broken');
      const bytes = readFileSync(dump);
      writeFileSync(broken, bytes.subarray(0, bytes.length - 100));
      t.match(await check(broken), { code: 1, ids: ['dump_unreadable'] });
      t.match(await check(join(scratchFolder(t), 'absent')), { code: 1, ids: ['dump_unreadable'] });
    },
  );

  await t.test('P8: each setting by which acknowledged writes can be lost is refused', async (t) => {
    const look = (options = ''): Promise<string> =>
      checkServer(`${url}${options}`, { allow_unsafe: false }).then(
        () => 'taken',
        (error: Error) => error.message,
      );
    const set = (setting: string) => server.execute(`alter system set ${setting}`);
    const reload = () => server.execute('select pg_reload_conf()');
    const undo = () => server.execute('alter system reset all').then(reload);
    t.teardown(undo);
    t.match(await look(), /^Switch `fsync` of the database on/);
    await set('fsync = on');
    await set('full_page_writes = off');
    await reload();
    await eventually(async () => !(await look()).includes('`fsync`'));
    t.match(await look(), /^Switch `full_page_writes` of the database on/);
    await server.execute('alter system reset full_page_writes');
    await reload();
    await eventually(async () => !(await look()).includes('full_page_writes'));
    t.equal(await look(), 'taken', 'as PostgreSQL is installed');
    t.match(await look('&options=-c%20synchronous_commit%3Doff'), /^Switch `synchronous_commit` of the database on/);
    t.equal(await look('&options=-c%20synchronous_commit%3Dlocal'), 'taken', 'there is no standby');
    await set(`synchronous_standby_names = 'one'`);
    await reload();
    await eventually(async () => (await look('&options=-c%20synchronous_commit%3Dlocal')) !== 'taken');
    t.match(await look('&options=-c%20synchronous_commit%3Dlocal'), /^Set `synchronous_commit` to `on`/);
    t.equal(await look(), 'taken');
    const node = await started(t, url);
    const plain = new pg.Client({ connectionString: url });
    await plain.connect();
    const waiting = `select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`;
    const whileCancelled = async <Answer>(work: Promise<Answer>): Promise<Answer> => {
      await eventually(async () => (await server.execute(waiting)).rowCount === 1);
      return work;
    };
    const done = await whileCancelled(plain.query(`update accounts set profile_name = 'lost' where login = 'ada'`));
    t.equal(done.rowCount, 1, 'control: PostgreSQL says that it is done, though no standby has it');
    await plain.end();
    const told = await whileCancelled(node.write().catch((error: Error) => error));
    t.match(told, { name: 'StorageUnavailable', cause: /no standby has confirmed/ }, 'P9: this service does not');
    await node.end();
    await undo();
    const again = await started(t, url);
    await eventually(() =>
      again.write().then(
        () => true,
        () => false,
      ),
    );
    await again.end();
  });

  await t.test('control: the same database, stopped and started, is no restore', async (t) => {
    await server.execute('select pg_switch_wal()');
    await server.stop();
    await server.start();
    for (const settings of [{ EPOCH_FILE }, {}]) {
      const again = await startNode(url, settings);
      t.equal(again.refusal, null);
      if (again.refusal === null) await again.end();
    }
  });

  await t.test('a dump that is restored into another database, and over the same one', async (t) => {
    await server.execute('create database restored owner gatehouse');
    server.run('pg_restore', '--no-owner', '--no-acl', '--role', 'gatehouse', '-d', 'restored', dump);
    const copy = server.url('restored');
    t.match(await refusalOf(copy), /another database of the cluster.*\[database_restored\]\.$/);
    t.match(await refusalOf(copy, { EPOCH_FILE }), /EPOCH_FILE knows the commit.*\[database_set_back\]\.$/);
    const accepted = await accept(copy, { EPOCH_FILE }, { which: 'issued_since', moment: restore_moment });
    t.match(accepted, { fault: 'database_set_back', tokens_revoked: 0, sessions_ended: 1 });
    t.ok((accepted?.epoch_after ?? 0) > epoch_kept, 'beyond every number that was given out');
    t.equal(await accept(copy, { EPOCH_FILE }, { which: 'none' }), null, 'once');
    const node = await started(t, copy, { EPOCH_FILE });
    t.equal(await node.status(kept.token), 200);
    t.equal(await node.status(doomed.token), 200, 'control: what was revoked since the dump is valid in it');
    t.equal(await node.status(young.token), 401);
    t.equal(await node.status(session), 401, 'sessions have ended');
    t.equal(await node.status(kept.token, before), 200, 'a change that the dump contains');
    t.equal(await node.status(kept.token, after), 400, 'a change that is lost: no state contains it');
    const entries = await node.deps.db
      .selectFrom('audit_entries')
      .select(['action', 'data'])
      .orderBy('id', 'desc')
      .execute();
    t.match(entries[0], {
      action: 'database.restore_accepted',
      data: { fault: 'database_set_back', sessions_ended: 1 },
    });
    t.same((await verifyAudit(node.deps.db)).findings, []);
    await node.end();

    const restoreOver = async (file: string): Promise<void> => {
      const emptied =
        'drop schema public cascade; drop schema pgboss cascade; create schema public authorization gatehouse';
      await server.execute(emptied, 'restored');
      server.run('pg_restore', '--no-owner', '--no-acl', '--role', 'gatehouse', '-d', 'restored', file);
    };
    await restoreOver(dump);
    t.match(await refusalOf(copy), /\[database_restored\]\.$/, 'over the same database, by a dump of another one');
    await accept(copy, {}, { which: 'none' });
    server.run('pg_dump', '-Fc', '-f', `${dump}.copy`, 'restored');
    await restoreOver(`${dump}.copy`);
    t.match(await refusalOf(copy), /made anew.*\[database_restored\]\.$/, 'and by a dump of its own');
    t.equal((await accept(copy, {}, { which: 'all' }))?.tokens_revoked, 3);
    const ended = await started(t, copy);
    t.equal(await ended.status(kept.token), 401, 'all tokens were revoked');
  });

  await t.test('a recovery to a point in time', async (t) => {
    // What the lost state of the database knows, by the statement of the runbook.
    const lost = await server.execute(inRunbook(/select to_jsonb[^"]*/, restore_moment), 'gatehouse');
    const ended = digestsOfEnded(lost.rows.map((row) => JSON.stringify(Object.values(row)[0])).join('\n'));
    t.same([...ended].sort(), [hash_of_listed, digestOf(doomed.id)].sort());
    await server.stop();
    await server.recover('base', { target: [`recovery_target_name = 'before'`] });
    const alone = await refusalOf(url);
    t.match(alone, /timeline 2, was on 1.*\[database_promoted\]\.$/);
    const refusal = await refusalOf(url, { EPOCH_FILE });
    t.match(refusal, /\[database_set_back\]\.$/);
    t.equal(refusal.split('\n').length, 1);
    const [, acceptance = ''] = /ACCEPT_RESTORE=([0-9a-f]{12})/.exec(refusal) ?? [];
    t.match(await refusalOf(url, { EPOCH_FILE, ACCEPT_RESTORE: '0'.repeat(12) }), /\[database_set_back\]\.$/);
    const accepted = await accept(url, { EPOCH_FILE }, { which: 'listed', digests: [hash_of_listed] });
    t.match(accepted, { fault: 'database_set_back', tokens_revoked: 1 });
    const node = await started(t, url, { EPOCH_FILE, ACCEPT_RESTORE: acceptance });
    t.equal(await node.status(listed.token), 401, 'revoked by the list that was kept elsewhere');
    t.equal(await node.status(doomed.token), 200, 'control: the other one was not');
    t.equal(await node.status(kept.token, before), 200);
    t.equal(await node.status(kept.token, after), 400);
    const fresh = await worldOf(node.deps).session(ada);
    const next = await node.revoke(fresh, doomed.id);
    t.equal(await node.status(kept.token, next), 200, 'changes go on');
    t.equal(await node.status(doomed.token), 401);
    t.same((await verifyAudit(node.deps.db)).findings, []);
    await node.end();
    t.ok(JSON.parse(readFileSync(EPOCH_FILE, 'utf8')).epoch > epoch_kept);
  });

  await t.test('a promotion that lost nothing is no restore, where somebody knows that', async (t) => {
    const node = await started(t, url);
    t.equal(await node.status(kept.token), 200);
    await eventually(() =>
      node.deps.freshness.catchUp().then(
        () => true,
        () => false,
      ),
    );
    const promote = async () => {
      await server.execute('select pg_switch_wal()');
      await server.stop();
      await server.recover(null, { target: [`recovery_target_name = ''`] });
    };
    await promote();
    await eventually(() =>
      node.deps.freshness.catchUp().then(
        () => true,
        () => false,
      ),
    );
    t.equal(await refusalOf(url), 'it started', 'a node that lived through it has confirmed it');
    await node.end();

    await promote();
    t.match(await refusalOf(url), /\[database_promoted\]\.$/, 'nobody lived through it');
    t.equal(await refusalOf(url, { EPOCH_FILE }), 'it started', 'the file knows the last commit');
    t.equal(await refusalOf(url), 'it started', 'and that is remembered');
  });
});

t.test('the archive of the runbook takes the same file twice, and another one of its name never', async (t) => {
  const folder = scratchFolder(t);
  const archive = (text: string): number | null => {
    writeFileSync(join(folder, 'segment'), text);
    const command = settingOfRunbook('archive_command', { archive: join(folder, 'archive') });
    return spawnSync('sh', ['-c', command.replaceAll('%p', 'segment').replaceAll('%f', '0001')], { cwd: folder })
      .status;
  };
  t.not(archive('one'), 0, 'there is no archive');
  mkdirSync(join(folder, 'archive'));
  t.same([archive('one'), archive('one')], [0, 0]);
  t.not(archive('other'), 0);
  t.equal(readFileSync(join(folder, 'archive/0001'), 'utf8'), 'one');
});

t.test(
  'F24: a running service, with workers, whose database is set back ends, and starts when that is accepted',
  async (t) => {
    const { url: DATABASE_URL, db } = await createDatabase(t);
    const settings = { ALLOW_UNSAFE_DATABASE: '1', DATABASE_URL, ADMIN_PASSWORD, PORT: await freePort() };
    const service = await startService(t, { ...settings, WORKERS: '2' });
    const body = JSON.stringify({ login: 'admin', password: ADMIN_PASSWORD });
    const signIn = () =>
      fetch(`${service.url}/sessions`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const { token } = (await (await signIn()).json()) as { token: string };
    const make = (name: string) =>
      fetch(`${service.url}/user/personal-access-tokens`, {
        method: 'POST',
        body: JSON.stringify({ kind: 'classic', name, scopes: [] }),
        headers: { 'content-type': 'application/json', ...bearer(token) },
      });
    // A machine that is busy with other tests may be too busy for this one: then as clients do.
    for (const name of ['one', 'two']) await eventually(async () => (await make(name)).status === 201, 60_000);
    const { epoch } = await db.selectFrom('change_epoch').select('epoch').executeTakeFirstOrThrow();
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('change_commits').where('epoch', '>=', epoch).execute();
      await transaction
        .updateTable('change_epoch')
        .set({ epoch: epoch - 1 })
        .execute();
    });
    t.equal(await service.ended(), 78);
    t.match(service.output(), /set back to an earlier state/);

    const refused = await startService(t, settings).then(
      () => 'it started',
      (error: Error) => error.message,
    );
    t.match(
      refused,
      /^ended with 78: The database was set back to an earlier state: a running node found .*\[database_set_back\]\.?\n$/,
    );
    const command = (name: string, ...args: string[]) =>
      promisify(execFile)(process.execPath, ['src/cli/gatehouse.ts', 'restore', name, ...args], {
        env: { DATABASE_URL, NODE_COMPILE_CACHE },
      });
    const checked = await command('check', '--json').catch((error) => error);
    t.equal(checked.code, 1);
    t.match(JSON.parse(checked.stdout), { ok: false, fault: 'database_set_back' });
    const list = join(scratchFolder(t), 'list');
    writeFileSync(list, '');
    t.match(
      (await command('accept', '--yes', '--revoke-listed', list)).stdout,
      /^Accepted \[database_set_back\]: .*\n0 tokens/,
    );
    const again = await startService(t, settings);
    t.equal(await again.end('SIGTERM'), 0);
  },
);
