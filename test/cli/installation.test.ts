// `gatehouse migrate` and `gatehouse doctor` on a real database, and every check of the doctor by itself, on both sides of what it judges.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { readList } from '../../src/cli/commands/read-dump.ts';
import { BACKUP_CHECKS, type BackupFacts } from '../../src/use-cases/installation/backup-checks.ts';
import {
  DATABASE_CHECKS,
  judgeDatabase,
  judgeSettings,
  SETTINGS_CHECKS,
} from '../../src/use-cases/installation/checks.ts';
import type { DatabaseFacts } from '../../src/use-cases/installation/database-facts.ts';
import { judge, SEVERITIES, sorted } from '../../src/use-cases/installation/finding.ts';
import type { SettingsFacts } from '../../src/use-cases/installation/settings-facts.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually } from '../support/service.ts';
import { runCommand } from '../support/terminal.ts';

type Diagnosis = {
  readonly ok: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly { readonly id: string; readonly severity: string; readonly found: string }[];
  readonly unseen: readonly string[];
};

/** `pg_restore` as far as a check of a dump sees it. */
const READ_DUMP = `if [ "$1" = --list ]; then
  echo '1; 0 2 TABLE DATA public tokens gatehouse'
  echo '2; 0 3 TABLE DATA public accounts gatehouse'
  exit 0
fi
echo 'pg_restore: processing data for table "public.tokens"' >&2
echo 'pg_restore: processing data for table "public.accounts"' >&2
`;

/** Whoever waits for the lock of that table. */
const WAITS_FOR_REQUESTS = `select from pg_locks where not granted and relation = 'grant_requests'::regclass`;

t.test('a database is migrated by a command, and its faults are found by the doctor', async (t) => {
  const DATABASE_URL = await createEmptyDatabase(t);
  const env = { DATABASE_URL, ALLOW_UNSAFE_DATABASE: '1' };
  const client = new pg.Client({ connectionString: DATABASE_URL });
  const diagnose = async (more: Readonly<Record<string, string>> = {}): Promise<Diagnosis> => {
    const { out } = await runCommand(['doctor', '--json'], { env: { ...env, ...more } });
    return JSON.parse(out);
  };
  const ids = ({ findings }: Diagnosis) => findings.map(({ id }) => id);

  const before = await runCommand(['migrate', '--pending', '--json'], { env });
  t.equal(before.code, 1);
  const { pending } = JSON.parse(before.out);
  t.ok(pending.length >= 26);
  t.ok(ids(await diagnose()).includes('migrations_pending'));
  t.same(
    JSON.parse((await runCommand(['migrate', '--pending', '--json'], { env })).out),
    { pending },
    'nothing was changed',
  );
  const migrated = await runCommand(['migrate'], { env, is_tty: true });
  t.equal(migrated.code, 0);
  t.equal(migrated.out, pending.map((name: string) => `applied  ${name}\n`).join(''));
  t.match(migrated.err, /Migrations \[#*\.+\] \d+\/\d+/, 'with a bar at a terminal');
  t.same(JSON.parse((await runCommand(['migrate', '--json'], { env })).out), { applied: [] }, 'a second time nothing');
  t.equal((await runCommand(['migrate', '--pending'], { env })).code, 0);

  const folder = scratchFolder(t);
  const reads = async (at_the_end: string) => {
    writeFileSync(join(folder, 'pg_restore'), `#!/bin/sh\n${READ_DUMP}${at_the_end}`, { mode: 0o755 });
    return runCommand(['backup', 'check', '--dump', 'a dump'], { env: { ...env, PATH: folder }, is_tty: true });
  };
  const read = await reads('');
  t.match(read.err, /Tables \[#+\.*\] \d\/2/, 'F24: how far the reading of a dump is stands at a terminal');
  t.match(read.out, /read +a dump: 2 tables/);
  const broken = await reads("echo 'pg_restore: error: could not read from input file: end of file' >&2; exit 1");
  t.match(broken.out, /a dump cannot be read to its end: pg_restore: error: could not read/, 'and what it ends with');

  const well = await diagnose();
  t.same(well.unseen, [], 'every look is one that this PostgreSQL answers');
  const PLANTED = [
    'idle_triggers',
    'invalid_indexes',
    'nodes_left_over',
    'dead_jobs',
    'sweeps_overdue',
    'tables_open_to_all',
  ];
  for (const id of PLANTED) t.notOk(ids(well).includes(id), `${id} is not there yet`);

  await client.connect();
  t.teardown(() => client.end());
  await client.query('alter table audit_entries disable trigger user');
  await client.query('create table twice (n int)');
  await client.query('insert into twice values (1), (1)');
  await t.rejects(client.query('create unique index concurrently twice_n on twice (n)'));
  await client.query(`insert into nodes (epoch, bound_ms, lease_ends_at) values (0, 2000, now() - interval '1 day')`);
  await client.query(`insert into pgboss.job (name, state) values ('webhook_deliveries', 'failed')`);
  await client.query(`grant select on tokens to public`);
  const planted = await diagnose();
  for (const id of PLANTED.filter((each) => each !== 'sweeps_overdue'))
    t.ok(ids(planted).includes(id), `${id} is found`);
  t.match(
    planted.findings.find(({ id }) => id === 'invalid_indexes'),
    { severity: 'severe', found: /twice_n/ },
  );
  t.equal(planted.ok, false);
  t.ok((planted.counts.severe ?? 0) >= 3);
  const told = await runCommand(['doctor'], { env, is_tty: true });
  t.equal(told.code, 1);
  t.match(told.out, /severe {3}Indexes are invalid: .*twice_n.*\n {9}means: .*\.\n {9}do: .*\./);
  t.match(told.err, /Database \[#+\]/);

  await client.query(
    `update database_lineage set table_oid = 1, database_oid = (select oid from pg_database where datname = current_database())`,
  );
  t.ok(ids(await diagnose()).includes('database_restored'), 'F24: a start would refuse it');

  await client.query(`update schema_migrations set sha256 = 'changed' where name like '0001%'`);
  t.match(await diagnose(), { ok: false, findings: [{ severity: 'severe' }] });
  t.ok(ids(await diagnose()).includes('database_foreign'));
  t.equal((await runCommand(['migrate'], { env })).code, 78);
  t.equal((await runCommand(['migrate', '--pending'], { env })).code, 78);

  const refused = await diagnose({ PORT: 'http' });
  t.same(ids(refused), ['settings_refused']);
  const unreachable = 'postgres://nobody:secret-of-it@127.0.0.1:1/none';
  const lost = await runCommand(['doctor', '--json'], { env: { ...env, DATABASE_URL: unreachable } });
  t.equal(lost.code, 1);
  t.ok(ids(JSON.parse(lost.out)).includes('database_unreachable'));
  t.notMatch(lost.out + lost.err, 'secret-of-it');
  t.equal((await runCommand(['migrate'], { env: { ...env, DATABASE_URL: unreachable } })).code, 69);
  const nowhere = await runCommand(['doctor', '--json', '--url', 'http://127.0.0.1:1'], { env });
  t.ok(ids(JSON.parse(nowhere.out)).includes('service_not_ready'));
  const DATA_DIR = join(scratchFolder(t), 'none');
  t.match(await runCommand(['migrate', '--pending'], { env: { DATA_DIR } }), { code: 78, err: /there is no database/ });
});

const WELL: DatabaseFacts = {
  pending_migrations: [],
  connections_of_node: 12,
  is_embedded: false,
  freshness_ms: 2000,
  sends_mail: true,
  seen: {
    is_direct: true,
    clock: { ahead_ms: 0, off_ms_max: 1 },
    server: {
      version: 180_000,
      settings: {
        ...{ fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', data_checksums: 'on', jit: 'off' },
        ...{ autovacuum: 'on', track_counts: 'on', max_connections: '100', superuser_reserved_connections: '3' },
        ...{ shared_buffers: '128MB', archive_mode: 'on', wal_level: 'replica', synchronous_standby_names: '' },
        ...{ password_encryption: 'scram-sha-256', log_statement: 'none', log_min_duration_statement: '-1' },
        ...{ idle_in_transaction_session_timeout: '0', ssl: 'on' },
      },
      shared_buffers_bytes: 2 ** 27,
      compiles: true,
      is_following: false,
      encoding: 'UTF8',
      database: 'gatehouse',
    },
    way: { is_encrypted: true, is_local: false },
    role: {
      ...{ name: 'gatehouse', is_superuser: false, makes_roles: false, makes_databases: false, bypasses_rows: false },
      ...{ replicates: false, reaches_machine: null, anybody_makes_tables: false, open_tables: 0, owns_tables: false },
    },
    connections: { used: 12 },
    transactions: { oldest_seconds: 1, prepared: 0, unfrozen: 1000, notifications_share: 0 },
    slots: { retained_bytes: 0, archive_failures: null, standbys: 1 },
    collation: { has_changed: false },
    size: { bytes: 2 ** 30 },
    objects: {
      ...{ invalid_indexes: null, idle_triggers: null, unproved_constraints: null, uncounted_tables: null },
      bloated_tables: null,
    },
    nodes: { live: 1, left_over: 0, bounds: 1, behind: 0 },
    jobs: { dead: 0, overdue: 0 },
    sweeps: { has_dead_rows: false, overdue_mails: 0 },
    secrets: { plain_keys: 0, open_hooks: 0, plain_hook_secrets: 0, site_administrators: 1 },
  },
};

type Seen = { [Part in keyof DatabaseFacts['seen']]?: Partial<DatabaseFacts['seen'][Part]> | boolean };

/** The facts with some of them otherwise. */
function facts(seen: Seen, more: Partial<DatabaseFacts> = {}): DatabaseFacts {
  const parts = Object.entries(seen).map(([name, part]) => {
    const well: unknown = WELL.seen[name as keyof DatabaseFacts['seen']];
    return [name, typeof part === 'object' ? { ...Object(well), ...part } : part];
  });
  return { ...WELL, ...more, seen: { ...WELL.seen, ...Object.fromEntries(parts) } };
}

function setting(name: string, value: string): DatabaseFacts {
  const { server } = WELL.seen;
  return facts({ server: { ...server, settings: { ...Object(server?.settings), [name]: value } } });
}

/** What each check finds, and what next to it is well. */
const FOUND: readonly (readonly [string, DatabaseFacts, DatabaseFacts])[] = [
  ['fsync_off', setting('fsync', 'off'), WELL],
  ['full_page_writes_off', setting('full_page_writes', 'off'), WELL],
  ['synchronous_commit_off', setting('synchronous_commit', 'off'), setting('synchronous_commit', 'remote_apply')],
  [
    'standby_not_awaited',
    facts({
      server: {
        ...WELL.seen.server,
        settings: {
          ...Object(WELL.seen.server?.settings),
          synchronous_standby_names: 'a',
          synchronous_commit: 'local',
        },
      },
    }),
    setting('synchronous_commit', 'local'),
  ],
  ['standby_as_primary', facts({ server: { is_following: true } }), WELL],
  ['no_checksums', setting('data_checksums', 'off'), WELL],
  [
    'no_archive',
    facts({
      slots: { standbys: 0 },
      server: { ...WELL.seen.server, settings: { ...Object(WELL.seen.server?.settings), archive_mode: 'off' } },
    }),
    setting('archive_mode', 'off'),
  ],
  ['archive_fails', facts({ slots: { archive_failures: 1 } }), facts({ slots: { archive_failures: 0 } })],
  [
    'wal_retained',
    facts({ slots: { retained_bytes: 11 * 2 ** 30 } }),
    facts({ slots: { retained_bytes: 10 * 2 ** 30 } }),
  ],
  ['collation_changed', facts({ collation: { has_changed: true } }), WELL],
  ['encoding', facts({ server: { encoding: 'SQL_ASCII' } }), WELL],
  ['transaction_ids', facts({ transactions: { unfrozen: 1.6e9 } }), facts({ transactions: { unfrozen: 1.4e9 } })],
  ['transaction_ids_early', facts({ transactions: { unfrozen: 1.4e9 } }), facts({ transactions: { unfrozen: 1.6e9 } })],
  ['server_too_old', facts({ server: { version: 140_012 } }), facts({ server: { version: 150_000 } })],
  ['migrations_pending', facts({}, { pending_migrations: ['0099_more.sql'] }), WELL],
  ['idle_triggers', facts({ objects: { idle_triggers: ['a on b'] } }), facts({ objects: { idle_triggers: [] } })],
  ['invalid_indexes', facts({ objects: { invalid_indexes: ['i'] } }), WELL],
  ['unproved_constraints', facts({ objects: { unproved_constraints: ['c on t'] } }), WELL],
  ['jit_on', setting('jit', 'on'), facts({ server: { compiles: false } })],
  ['connections_exceeded', facts({ nodes: { live: 9 } }), facts({ nodes: { live: 8 } })],
  ['connections_scarce', facts({ connections: { used: 78 } }), facts({ connections: { used: 77 } })],
  ['pooler', facts({ is_direct: false }), WELL],
  ['autovacuum_off', setting('autovacuum', 'off'), WELL],
  ['autovacuum_off', setting('track_counts', 'off'), WELL],
  ['no_statistics', facts({ objects: { uncounted_tables: ['tokens'] } }), WELL],
  ['bloated_tables', facts({ objects: { bloated_tables: ['tokens'] } }), WELL],
  [
    'old_transaction',
    facts({ transactions: { oldest_seconds: 901 } }),
    facts({ transactions: { oldest_seconds: 900 } }),
  ],
  ['prepared_transactions', facts({ transactions: { prepared: 1 } }), WELL],
  [
    'notifications_pile_up',
    facts({ transactions: { notifications_share: 0.26 } }),
    facts({ transactions: { notifications_share: 0.25 } }),
  ],
  ['small_buffers', facts({ size: { bytes: 2 ** 32 } }), facts({ size: { bytes: 2 ** 31 } })],
  ['clock_far_off', facts({ clock: { ahead_ms: -40_000 } }), facts({ clock: { ahead_ms: -29_000 } })],
  ['clock_off', facts({ clock: { ahead_ms: 1100 } }), facts({ clock: { ahead_ms: 1100, off_ms_max: 200 } })],
  ['superuser', facts({ role: { is_superuser: true } }), WELL],
  ['role_reaches_machine', facts({ role: { reaches_machine: ['pg_read_server_files'] } }), WELL],
  [
    'role_too_wide',
    facts({ role: { makes_databases: true } }),
    facts({ role: { is_superuser: true, makes_roles: true } }),
  ],
  [
    'role_owns_tables',
    facts({ role: { owns_tables: true } }),
    facts({ role: { owns_tables: true } }, { is_embedded: true }),
  ],
  ['tables_open_to_all', facts({ role: { open_tables: 1 } }), WELL],
  ['anybody_makes_tables', facts({ role: { anybody_makes_tables: true } }), WELL],
  [
    'database_in_clear',
    facts({ way: { is_encrypted: false } }),
    facts({ way: { is_encrypted: false, is_local: true } }),
  ],
  ['weak_password_hash', setting('password_encryption', 'md5'), WELL],
  ['statements_logged', setting('log_statement', 'all'), setting('log_statement', 'ddl')],
  ['statements_logged', setting('log_min_duration_statement', '0'), setting('log_min_duration_statement', '250ms')],
  ['plain_signing_keys', facts({ secrets: { plain_keys: 1 } }), WELL],
  ['plain_hook_secrets', facts({ secrets: { plain_hook_secrets: 1 } }), WELL],
  ['open_hooks', facts({ secrets: { open_hooks: 1 } }), WELL],
  ['no_site_administrator', facts({ secrets: { site_administrators: 0 } }), WELL],
  ['nodes_behind', facts({ nodes: { behind: 1 } }), WELL],
  ['nodes_left_over', facts({ nodes: { left_over: 1 } }), WELL],
  ['nodes_differ', facts({ nodes: { bounds: 2 } }), facts({ nodes: { bounds: 0 } })],
  ['dead_jobs', facts({ jobs: { dead: 1 } }), WELL],
  ['jobs_overdue', facts({ jobs: { overdue: 1 } }), WELL],
  ['sweeps_overdue', facts({ sweeps: { has_dead_rows: true } }), WELL],
  [
    'mails_overdue',
    facts({ sweeps: { overdue_mails: 1 } }),
    facts({ sweeps: { overdue_mails: 1 } }, { sends_mail: false }),
  ],
];

const SAFE: SettingsFacts = {
  ...{ host_is_loopback: false, public_url: 'https://tokens.example.com', public_host_is_loopback: false },
  ...{ speaks_tls: true, certificate: { days_left: 60 }, trusted_proxies: [], outbound_allow: [], cors_origins: [] },
  ...{ metrics_token_characters: 32, admin_password_is_set: false, allow_unsafe_database: false },
  ...{
    passing_settings: [],
    epoch_file_is_set: true,
    audit_root_file_is_set: true,
    is_embedded: false,
    smtp_in_clear: false,
  },
  ...{
    freshness_ms: 2000,
    outage_stale_ms: 0,
    cache_bytes_max: 1,
    log_level: 'info',
    workers: 2,
    cores: 4,
    halt_poll_ns: null,
  },
  ...{ is_root: false, leaves_core_files: false, secret_files: [], disk: null, service: null },
};
const file = { setting: 'TLS_KEY_FILE', file: '/key.pem' };
const disk = (free_share: number, free_bytes = 1) => ({ disk: { folder: '/data', free_share, free_bytes } });

const FOUND_IN_SETTINGS: readonly (readonly [string, Partial<SettingsFacts>, Partial<SettingsFacts>])[] = [
  [
    'http_in_clear',
    { public_url: 'http://a.example' },
    { public_url: 'http://127.0.0.1', public_host_is_loopback: true },
  ],
  ['certificate_ended', { certificate: { days_left: -1 } }, { certificate: { days_left: 0 } }],
  ['certificate_ends', { certificate: { days_left: 20 } }, { certificate: { days_left: 21 } }],
  ['proxy_not_trusted', { speaks_tls: false }, { speaks_tls: false, trusted_proxies: ['10.0.0.1'] }],
  [
    'proxies_too_wide',
    { trusted_proxies: ['10.0.0.0/7'] },
    { trusted_proxies: ['10.0.0.0/8', '10.0.0.1', 'fd00::/32'] },
  ],
  ['proxies_too_wide', { trusted_proxies: ['fd00::/31'] }, {}],
  ['outbound_too_wide', { outbound_allow: ['169.254.169.254'] }, { outbound_allow: ['10.1.2.3'] }],
  ['outbound_too_wide', { outbound_allow: ['10.0.0.0/7'] }, {}],
  [
    'cors_in_clear',
    { cors_origins: ['http://a.example'] },
    { cors_origins: ['https://a.example', 'http://localhost:3000'] },
  ],
  ['metrics_behind_proxy', { host_is_loopback: true, metrics_token_characters: null }, { host_is_loopback: true }],
  ['metrics_token_short', { metrics_token_characters: 19 }, { metrics_token_characters: 20 }],
  ['smtp_in_clear', { smtp_in_clear: true }, {}],
  ['unsafe_database_allowed', { allow_unsafe_database: true }, {}],
  [
    'files_open',
    { secret_files: [{ ...file, others_may_read: true }] },
    { secret_files: [{ ...file, others_may_read: false }] },
  ],
  ['files_missing', { secret_files: [{ ...file, others_may_read: null }] }, {}],
  ['admin_password_left', { admin_password_is_set: true }, {}],
  ['passing_settings_left', { passing_settings: ['ACCEPT_RESTORE'] }, {}],
  ['no_epoch_file', { epoch_file_is_set: false }, {}],
  ['no_audit_roots', { audit_root_file_is_set: false }, {}],
  ['runs_as_root', { is_root: true }, {}],
  ['core_files', { leaves_core_files: true }, {}],
  ['freshness_long', { freshness_ms: 2001 }, { freshness_ms: 250 }],
  ['outage_bridged', { outage_stale_ms: 1000 }, {}],
  ['nothing_remembered', { cache_bytes_max: 0 }, {}],
  ['log_wordy', { log_level: 'debug' }, { log_level: 'warn' }],
  ['cores_idle', { workers: 1, cores: 3 }, { workers: 1, cores: 2 }],
  ['halted_at_once', { halt_poll_ns: 0 }, { halt_poll_ns: 200_000 }],
  ['embedded_database', { is_embedded: true }, {}],
  ['disk_full', disk(0.02), disk(0.03)],
  ['disk_scarce', disk(0.09), disk(0.09, 2 ** 40)],
  ['service_not_ready', { service: '503 unavailable' }, { service: 'ready' }],
];

const NOW = new Date('2027-03-19T08:00:00Z');
const KEPT: BackupFacts = {
  seen: {
    ...{ tables: ['pgboss.job', 'public.tokens'], version: 180_001, is_archiving: true, last_archived_at: NOW },
    ...{ archive_failed_at: null, standbys: 0 },
  },
  dump: { file: 'dump', fault: null, created_at: NOW, version: '18.1', tables: ['public.tokens', 'pgboss.job'] },
  beside: [{ setting: 'EPOCH_FILE', file: '/e', is_there: true, is_in_data: false }],
  now: NOW,
};
const ago = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const dumped = (more: object): BackupFacts => ({ ...KEPT, dump: { ...Object(KEPT.dump), ...more } });
const archived = (more: object): BackupFacts => ({ ...KEPT, seen: { ...KEPT.seen, ...more } });
const beside = (more: object): BackupFacts => ({ ...KEPT, beside: [{ ...Object(KEPT.beside[0]), ...more }] });

const FOUND_IN_BACKUPS: readonly (readonly [string, BackupFacts, BackupFacts])[] = [
  ['dump_unreadable', dumped({ fault: 'broken' }), { ...KEPT, dump: null }],
  ['dump_incomplete', dumped({ tables: ['pgboss.job'] }), dumped({ tables: [], fault: 'broken' })],
  ['dump_old', dumped({ created_at: ago(26) }), dumped({ created_at: ago(25.9) })],
  ['archive_fails', archived({ archive_failed_at: NOW }), KEPT],
  ['archive_never', archived({ last_archived_at: null }), archived({ last_archived_at: null, is_archiving: false })],
  ['no_archive', archived({ is_archiving: false }), KEPT],
  ['beside_missing', beside({ is_there: false }), beside({ is_there: false, file: null })],
  ['epoch_in_data', beside({ is_in_data: true }), beside({ is_in_data: true, setting: 'AUDIT_ROOT_FILE' })],
];

t.test(
  'P11: a command that migrates waits for who has the table, a moment at a time, and says what it applied',
  async (t) => {
    const DATABASE_URL = await createEmptyDatabase(t);
    const env = { DATABASE_URL, ALLOW_UNSAFE_DATABASE: '1' };
    t.equal((await runCommand(['migrate'], { env })).code, 0);
    const client = new pg.Client({ connectionString: DATABASE_URL });
    await client.connect();
    t.teardown(() => client.end());
    await client.query(`delete from schema_migrations where name >= '0036';
    drop table ended_requests; drop function remember_ended_requests() cascade;
    alter table repositories rename constraint repositories_name_form to repositories_name_check;
    alter table accounts rename constraint accounts_login_form to accounts_login_check`);
    await client.query('begin; lock table grant_requests in row exclusive mode');
    const migrating = runCommand(['migrate', '--json'], { env });
    await eventually(async () => (await client.query(WAITS_FOR_REQUESTS)).rows.length > 0);
    await eventually(async () => (await client.query(WAITS_FOR_REQUESTS)).rows.length === 0);
    await client.query('commit');
    const { code, out, err } = await migrating;
    t.equal(code, 0, err);
    t.equal(JSON.parse(out).applied[0], '0036_ended_requests.sql');
  },
);

t.test('F24: what keeps a backup from being restored is found', async (t) => {
  t.same(judge(BACKUP_CHECKS, KEPT), []);
  for (const [id, bad, good] of FOUND_IN_BACKUPS) {
    t.ok(
      judge(BACKUP_CHECKS, bad).some((finding) => finding.id === id),
      `${id} is found`,
    );
    t.notOk(
      judge(BACKUP_CHECKS, good).some((finding) => finding.id === id),
      `${id} is not found beside it`,
    );
  }
  for (const { id } of BACKUP_CHECKS)
    t.ok(
      FOUND_IN_BACKUPS.some(([tried]) => tried === id),
      `${id} is tried`,
    );
  const list = `;\n; Archive created at 2027-03-19 07:00:00 UTC\n;     Dumped from database version: 18.1 (Debian)\n
4105; 0 16400 TABLE DATA public tokens gatehouse\n3001; 1259 16400 TABLE public tokens gatehouse\n`;
  t.same(readList(list), { created_at: ago(1), version: '18.1', tables: ['public.tokens'] });
  t.same(readList('nothing'), { created_at: null, version: null, tables: [] });
});

t.test('each check finds what it is for, and not what is beside it', async (t) => {
  t.same(judgeDatabase(WELL), [], 'nothing is found where all is well');
  t.same(judgeSettings(SAFE), []);
  const blind = Object.fromEntries(Object.keys(WELL.seen).map((name) => [name, null])) as DatabaseFacts['seen'];
  t.same(judgeDatabase({ ...WELL, seen: blind }), [], 'nor is anything made of what could not be seen');
  for (const [id, bad, good] of FOUND) {
    t.ok(
      judgeDatabase(bad).some((finding) => finding.id === id),
      `${id} is found`,
    );
    t.notOk(
      judgeDatabase(good).some((finding) => finding.id === id),
      `${id} is not found beside it`,
    );
  }
  for (const [id, bad, good] of FOUND_IN_SETTINGS) {
    t.ok(
      judgeSettings({ ...SAFE, ...bad }).some((finding) => finding.id === id),
      `${id} is found`,
    );
    t.notOk(
      judgeSettings({ ...SAFE, ...good }).some((finding) => finding.id === id),
      `${id} is not found beside it`,
    );
  }
  const tried = new Set([...FOUND, ...FOUND_IN_SETTINGS].map(([id]) => id));
  for (const { id } of [...DATABASE_CHECKS, ...SETTINGS_CHECKS]) t.ok(tried.has(id), `${id} is tried`);
});

t.test('every check has an id of its own and whole sentences, and the document lists it', async (t) => {
  const checks = [...DATABASE_CHECKS, ...SETTINGS_CHECKS];
  t.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
  for (const { id, means, advice } of checks) {
    t.match(id, /^[a-z_]+$/);
    t.notMatch(means, /\.$/, `${id}: the full stop is added`);
    t.notMatch(advice, /\.$/);
  }
  const document = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
  for (const severity of SEVERITIES) {
    const ids = checks.filter((check) => check.severity === severity).map(({ id }) => `\`${id}\``);
    t.ok(document.includes(`* **${severity}**: ${ids.join(', ')}\n`), `* **${severity}**: ${ids.join(', ')}`);
  }
  const found = SEVERITIES.map((severity) => ({ id: severity, severity, found: '', means: '', advice: '' }));
  t.same(sorted([...found].reverse()), found, 'the most severe first');
});
