// The roles of the database (promises P14, threats T6): the service does everything that it does as a role that owns nothing, and that role
// can neither change the record nor a table; whoever makes reports reads no secret.

import { readFileSync } from 'node:fs';
import pg from 'pg';
import t, { type Test } from 'tap';
import { installQueue } from '../../src/db/job-queue.ts';
import { migrate } from '../../src/db/migrate.ts';
import { NOT_READ_BY_REPORTS, READ_TABLES, roleNamesOf } from '../../src/db/role-rights.ts';
import { applicationRoleFault, giveRights, makeRoles } from '../../src/db/roles.ts';
import { switchOffJit } from '../../src/db/switch-off-jit.ts';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { refuseRestored } from '../../src/use-cases/service/refuse-restored.ts';
import { removeDeadRows } from '../../src/use-cases/service/remove-dead-rows.ts';
import { sweepUsage } from '../../src/use-cases/service/sweep-usage.ts';
import { rotateSigningKeys } from '../../src/use-cases/signing-keys/rotate-signing-keys.ts';
import { noticeExpiry } from '../../src/use-cases/tokens/notice-expiry.ts';
import { sweepUnusedTokens } from '../../src/use-cases/tokens/sweep-unused-tokens.ts';
import { sweepHookMessages } from '../../src/use-cases/webhooks/sweep-hook-messages.ts';
import { playStory } from '../examples/record.ts';
import { connectTo, createDatabase, createEmptyDatabase } from '../support/database.ts';
import { REUSE } from '../support/reuse.ts';

const { superuser = null } = JSON.parse(process.env[REUSE] ?? '{}');

function as(url: string, role: string): string {
  const changed = new URL(url);
  changed.username = role;
  return changed.href;
}

/** The state of the error of a statement; null: it was done. Nothing of it stays. */
async function refusalOf(client: pg.Client, statement: string): Promise<string | null> {
  await client.query('begin');
  const state = await client.query(statement).then(
    () => null,
    (error) => String(error.code),
  );
  await client.query('rollback');
  return state;
}

/** A database with both roles, which may sign in here. */
async function withRoles(t: Test) {
  let made: { readonly url: string; readonly names: readonly string[] } | null = null;
  t.teardown(async () => {
    if (made === null) return;
    const client = new pg.Client({ connectionString: made.url.replace(/\/[^/]*(?=\?)/, '/postgres') });
    await client.connect();
    for (const name of made.names) await client.query(`drop role if exists "${name}"`);
    await client.end();
  });
  const { url, db } = await createDatabase(t);
  const names = roleNamesOf(new URL(url).pathname.slice(1));
  const mighty = as(url, superuser);
  made = { url: mighty, names: Object.values(names) };
  return { url, db, mighty, ...names };
}

t.test('P14: every operation and every job is done by a role that owns nothing', async (t) => {
  const { url, mighty, application, reader } = await withRoles(t);
  await t.rejects(
    makeRoles(url),
    /`create role ".*_app" nologin`/,
    'the owner may make none here, and is told what to do',
  );
  await makeRoles(mighty);
  await makeRoles(mighty);
  const admin = await connectTo(t, mighty);
  for (const role of [application, reader]) await admin.query(`alter role "${role}" login`);
  const service = as(url, application);
  t.match(await applicationRoleFault(service), /^grant/, 'control: without rights it cannot work');
  t.match(await applicationRoleFault(url), /may change tables or the record/, 'the owner is too mighty');
  t.same([...(await giveRights(url))].sort(), [application, reader]);
  await giveRights(url);
  t.equal(await applicationRoleFault(service), null);

  t.same(await migrate(service), [], 'a start by this role alone');
  await installQueue(service);
  t.equal(await switchOffJit(service), true);
  const statuses: number[] = [];
  await playStory(service, async ({ deps }) => ({
    heard: ({ answer }) => void statuses.push(answer.status),
    end: async () => {
      await refuseRestored(deps);
      const stopping = new AbortController().signal;
      const jobs = [removeDeadRows, sweepUsage, noticeExpiry, sweepUnusedTokens, sweepHookMessages, rotateSigningKeys];
      for (const job of jobs) await job(deps, stopping);
      await deps.counts.share(false);
      await deps.last_use.flush();
      await deps.usage.flush();
    },
  }));
  t.ok(statuses.length > 150, `${statuses.length} calls`);
  t.same(
    statuses.filter((each) => each >= 500),
    [],
  );

  const client = await connectTo(t, service);
  const FORBIDDEN = [
    'update audit_entries set action = action',
    'delete from audit_entries',
    'truncate audit_entries',
    'update audit_positions set hash = hash',
    'delete from audit_positions',
    'delete from audit_logs',
    'alter table audit_entries disable trigger all',
    'drop trigger audit_entries_keep on audit_entries',
    'create or replace function audit_refuse() returns trigger language plpgsql as $$ begin return null; end $$',
    'create table public.mine (id bigint)',
    'create table pgboss.mine (id bigint)',
    'create schema mine',
    'drop table tokens',
    'truncate tokens',
    'alter table tokens add column mine text',
    'create index mine on tokens (id)',
    'delete from schema_migrations',
    'update page_key set key = key',
    'delete from change_epoch',
    'delete from lost_epochs',
    'delete from ended_requests',
    'set session_replication_role = replica',
    'create role mine',
    `copy tokens to program 'true'`,
    `select pg_read_file('/etc/passwd')`,
    `alter role "${application}" superuser`,
  ];
  for (const statement of FORBIDDEN) t.equal(await refusalOf(client, statement), '42501', statement);
  t.equal(await refusalOf(client, 'update audit_logs set entries = entries'), '42501', 'heads move by the commit only');
  for (const statement of [
    'insert into audit_positions select * from audit_positions',
    'update tokens set name = name',
  ])
    t.equal(await refusalOf(client, statement), statement.includes('audit') ? '42501' : null, statement);

  // Promises P11: between a migration that makes a table and the rights of it, nodes of the version before answer.
  const owner = await connectTo(t, url);
  await owner.query(`revoke all on ended_requests from "${application}"`);
  t.equal(await refusalOf(client, 'insert into ended_requests values (1, 1)'), '42501', 'control: no rights yet');
  t.equal(await refusalOf(client, 'delete from grant_requests'), null, 'what a trigger writes there is the owner’s');

  const reports = await connectTo(t, as(url, reader));
  for (const statement of ['select id, name, last_used_at from tokens', 'select action, actor from audit_entries'])
    t.equal(await refusalOf(reports, statement), null, statement);
  for (const statement of [
    'select * from users',
    'select password_hash from users',
    'select secret from organization_hooks',
    'select private_part from signing_keys',
    'select digest from token_secrets',
    'select key from page_key',
    'select hashed_token from audit_entries',
    'select 1 from sessions',
    'select 1 from pgboss.job',
    'update tokens set name = name',
    'insert into accounts (type, login) values ($$User$$, $$eve$$)',
  ])
    t.equal(await refusalOf(reports, statement), '42501', statement);
});

t.test('docs/runbooks/database-roles.md: its statements make roles by which a service starts', async (t) => {
  const runbook = readFileSync(new URL('../../docs/runbooks/database-roles.md', import.meta.url), 'utf8');
  const name = `roles_${process.pid}`;
  const [, block = ''] = /```\n(create role [^`]*)```/.exec(runbook) ?? [];
  const statements = block
    .replaceAll('gatehouse', name)
    .split(';')
    .filter((each) => each.trim() !== '');
  t.equal(statements.length, 6);
  const empty = as(await createEmptyDatabase(t), superuser);
  const admin = await connectTo(t, empty);
  t.teardown(async () => {
    const cleaning = await connectTo(t, empty);
    await cleaning.query(`drop database if exists "${name}" with (force)`);
    for (const each of ['service', 'app', 'reader', 'owner'])
      await cleaning.query(`drop role if exists "${name}_${each}"`);
  });
  for (const statement of statements) await admin.query(statement);
  const [owner, service] = ['owner', 'service'].map((each) =>
    as(empty.replace(/\/[^/]*(?=\?)/, `/${name}`), `${name}_${each}`),
  ) as [string, string];
  await migrate(owner);
  await installQueue(owner);
  t.match(await applicationRoleFault(service), /^grant/, 'control: before rights are given');
  t.equal((await giveRights(owner)).length, 2);
  t.equal(await applicationRoleFault(service), null);
});

t.test('P14: a role that may not change tables is refused where migrations are missing', async (t) => {
  const url = await createEmptyDatabase(t);
  const admin = await connectTo(t, as(url, superuser));
  await admin.query('create role nobody_in_particular login');
  t.teardown(() => admin.query('drop role nobody_in_particular'));
  const refusal = await migrate(as(url, 'nobody_in_particular')).catch((error) => error);
  t.ok(isStartRefusal(refusal));
  t.match(refusal.message, /^Set `DATABASE_MIGRATION_URL`: migrations are missing/);
});

t.test('every table is for reports or is not, and no column of a secret is', async (t) => {
  const { db } = await createDatabase(t);
  const tables = await db.introspection.getTables();
  const names = tables.filter(({ schema, isView }) => schema === 'public' && !isView).map(({ name }) => name);
  t.same([...READ_TABLES, ...NOT_READ_BY_REPORTS].sort(), names.sort(), 'src/db/role-rights.ts says of each');
});
