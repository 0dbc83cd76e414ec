// What a database says of itself to somebody who wants to know whether it is safe and quick (`gatehouse doctor`). SQL only, nothing is
// judged here. Each probe is a statement by itself: what a role may not see, or a pooler cannot tell, leaves the others alone.

import type pg from 'pg';
import { connectDirectly, isDirect } from './direct.ts';
import { OWN_SCHEMA, QUEUE_SCHEMA } from './own-schema.ts';
import { toFault } from './sqlstate.ts';

const SETTINGS = [
  ...['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'jit', 'autovacuum', 'track_counts'],
  ...['max_connections', 'superuser_reserved_connections', 'shared_buffers', 'archive_mode', 'wal_level'],
  ...['synchronous_standby_names', 'password_encryption', 'log_statement', 'log_min_duration_statement'],
  ...['idle_in_transaction_session_timeout', 'ssl'],
] as const;
export type ServerSetting = (typeof SETTINGS)[number];

/** The statements; each answers one row. */
const PROBES = {
  server: `select current_setting('server_version_num')::int as version,
      (select jsonb_object_agg(name, current_setting(name, true))
        from unnest(array[${SETTINGS.map((name) => `'${name}'`).join(', ')}]) name)
        as settings,
      (select setting::float8 * 8192 from pg_settings where name = 'shared_buffers') as shared_buffers_bytes,
      pg_jit_available() as compiles, pg_is_in_recovery() as is_following,
      getdatabaseencoding() as encoding, current_database() as database`,
  way: `select coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as is_encrypted,
      inet_server_addr() is null or inet_server_addr() <<= '127.0.0.0/8' or host(inet_server_addr()) = '::1' as is_local`,
  role: `select rolname as name, rolsuper as is_superuser, rolcreaterole as makes_roles, rolcreatedb as makes_databases,
      rolbypassrls as bypasses_rows, rolreplication as replicates,
      (select array_agg(each) from unnest(array['pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files']) each
        where not rolsuper and pg_has_role(rolname, each, 'member')) as reaches_machine,
      has_schema_privilege('public', ${OWN_SCHEMA}, 'create') as anybody_makes_tables,
      (select count(*)::int from pg_class c where c.relnamespace = ${OWN_SCHEMA} and c.relkind in ('r', 'p')
        and has_table_privilege('public', c.oid, 'select, insert, update, delete')) as open_tables,
      exists (select from pg_class c join pg_roles r on pg_has_role(current_user, r.oid, 'usage') and r.oid = c.relowner
        where c.relnamespace = ${OWN_SCHEMA} and c.relkind = 'r') as owns_tables
    from pg_roles where rolname = current_user`,
  connections: `select count(*)::int as used from pg_stat_activity where datid is not null`,
  transactions: `select
      coalesce((select max(extract(epoch from clock_timestamp() - xact_start)) from pg_stat_activity
        where datid is not null and pid <> pg_backend_pid()), 0)::float8 as oldest_seconds,
      (select count(*)::int from pg_prepared_xacts where database = current_database()) as prepared,
      (select age(datfrozenxid)::float8 from pg_database where datname = current_database()) as unfrozen,
      pg_notification_queue_usage()::float8 as notifications_share`,
  slots: `select coalesce(max(case when pg_is_in_recovery() or active then 0
        else pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) end), 0)::float8 as retained_bytes,
      (select failed_count::int from pg_stat_archiver where last_failed_time > coalesce(last_archived_time, '-infinity'))
        as archive_failures,
      (select count(*)::int from pg_stat_replication) as standbys from pg_replication_slots`,
  collation: `select coalesce(datcollversion is distinct from pg_database_collation_actual_version(oid), false) as has_changed
    from pg_database where datname = current_database()`,
  size: `select pg_database_size(current_database())::float8 as bytes`,
  objects: `select
      (select array_agg(i.indexrelid::regclass::text order by 1) from pg_index i join pg_class c on c.oid = i.indexrelid
        where not i.indisvalid and c.relnamespace in (${OWN_SCHEMA}, to_regnamespace('${QUEUE_SCHEMA}'))) as invalid_indexes,
      (select array_agg(format('%s on %s', tgname, tgrelid::regclass) order by 1) from pg_trigger g join pg_class c on c.oid = g.tgrelid
        where not tgisinternal and tgenabled in ('D', 'R') and c.relnamespace = ${OWN_SCHEMA}) as idle_triggers,
      (select array_agg(format('%s on %s', conname, conrelid::regclass) order by 1) from pg_constraint
        where not convalidated and connamespace = ${OWN_SCHEMA}) as unproved_constraints,
      (select array_agg(c.relname::text order by 1) from pg_class c where c.relnamespace = ${OWN_SCHEMA}
        and c.relkind = 'r' and c.reltuples < 0 and pg_relation_size(c.oid) > 262144) as uncounted_tables,
      (select array_agg(relname::text order by 1) from pg_stat_user_tables
        where n_dead_tup > 10000 and n_dead_tup > n_live_tup) as bloated_tables`,
} as const;

/** Those that need the tables of this service. */
const PROBES_OF_SERVICE = {
  nodes: `select count(*) filter (where lease_ends_at > clock_timestamp())::int as live,
      count(*) filter (where lease_ends_at < clock_timestamp() - interval '2 hours')::int as left_over,
      count(distinct bound_ms) filter (where lease_ends_at > clock_timestamp())::int as bounds,
      count(*) filter (where lease_ends_at > clock_timestamp() and epoch < (select coalesce(max(c.epoch), 0) from change_commits c
        where c.committed_at < clock_timestamp() - interval '1 minute'))::int as behind
    from nodes`,
  jobs: `select count(*) filter (where state = 'failed')::int as dead,
      count(*) filter (where state in ('created', 'retry') and start_after < clock_timestamp() - interval '10 minutes')::int as overdue
    from pgboss.job`,
  sweeps: `select exists (select from sessions where expires_at < clock_timestamp() - interval '1 day') as has_dead_rows,
      (select count(*)::int from notifications where mail_due_at < clock_timestamp() - interval '1 hour') as overdue_mails`,
  secrets: `select
      (select count(*)::int from signing_keys where kept_in = 'plain' and withdrawn_at is null) as plain_keys,
      (select count(*)::int from organization_hooks where active and (insecure_ssl or url like 'http:%')) as open_hooks,
      (select count(*)::int from organization_hooks where not starts_with(secret, 'sealed:')) as plain_hook_secrets,
      (select count(*)::int from users where site_admin and suspended_at is null) as site_administrators`,
} as const;

type Texts = readonly string[] | null;

/** What was seen; null where it could not be. */
export type DatabaseSeen = {
  readonly is_direct: boolean | null;
  /** How much the database's clock is ahead of ours, and how far that may be from the truth. */
  readonly clock: { readonly ahead_ms: number; readonly off_ms_max: number } | null;
  readonly server: {
    readonly version: number;
    readonly settings: Readonly<Record<ServerSetting, string | null>>;
    readonly shared_buffers_bytes: number;
    readonly compiles: boolean;
    readonly is_following: boolean;
    readonly encoding: string;
    readonly database: string;
  } | null;
  readonly way: { readonly is_encrypted: boolean; readonly is_local: boolean } | null;
  readonly role: {
    readonly name: string;
    readonly is_superuser: boolean;
    readonly makes_roles: boolean;
    readonly makes_databases: boolean;
    readonly bypasses_rows: boolean;
    readonly replicates: boolean;
    readonly reaches_machine: Texts;
    readonly anybody_makes_tables: boolean;
    readonly open_tables: number;
    readonly owns_tables: boolean;
  } | null;
  readonly connections: { readonly used: number } | null;
  readonly transactions: {
    readonly oldest_seconds: number;
    readonly prepared: number;
    readonly unfrozen: number;
    readonly notifications_share: number;
  } | null;
  readonly slots: {
    readonly retained_bytes: number;
    readonly archive_failures: number | null;
    readonly standbys: number;
  } | null;
  readonly collation: { readonly has_changed: boolean } | null;
  readonly size: { readonly bytes: number } | null;
  readonly objects: {
    readonly invalid_indexes: Texts;
    readonly idle_triggers: Texts;
    readonly unproved_constraints: Texts;
    readonly uncounted_tables: Texts;
    readonly bloated_tables: Texts;
  } | null;
  readonly nodes: {
    readonly live: number;
    readonly left_over: number;
    readonly bounds: number;
    readonly behind: number;
  } | null;
  readonly jobs: { readonly dead: number; readonly overdue: number } | null;
  readonly sweeps: { readonly has_dead_rows: boolean; readonly overdue_mails: number } | null;
  readonly secrets: {
    readonly plain_keys: number;
    readonly open_hooks: number;
    readonly plain_hook_secrets: number;
    readonly site_administrators: number;
  } | null;
};
/** Names of what could not be seen. */
export type Unseen = readonly string[];

const CLOCK_LOOKS = 5;

type Looking = {
  /** False: the database has not the form of this code, so that its tables are not asked. */
  readonly is_migrated: boolean;
  readonly clock: () => Date;
  /** Is told after each probe. */
  readonly tell: (done: number, total: number) => void;
};

/** Looks at the database of the URL. Refused and faults as `connectDirectly`. */
export async function readInstallation(
  url: string,
  { is_migrated, clock, tell }: Looking,
): Promise<{ readonly seen: DatabaseSeen; readonly unseen: Unseen }> {
  const client = await connectDirectly(url);
  try {
    const probes = { ...PROBES, ...(is_migrated && PROBES_OF_SERVICE) };
    const seen: Record<string, unknown> = Object.fromEntries(
      Object.keys({ ...PROBES, ...PROBES_OF_SERVICE }).map((name) => [name, null]),
    );
    const unseen: string[] = [];
    const total = Object.keys(probes).length;
    for (const [index, [name, statement]] of Object.entries(probes).entries()) {
      seen[name] = await probe(client, statement);
      if (seen[name] === null) unseen.push(name);
      tell(index + 1, total);
    }
    const measured = { is_direct: await isDirect(client), clock: await compareClocks(client, clock) };
    return { seen: { ...seen, ...measured } as DatabaseSeen, unseen }; // the statements answer these members
  } catch (error) {
    throw toFault(error);
  } finally {
    await client.end();
  }
}

/** The part that depends on who asks, and by which way: for a service that signs in otherwise than who looks at the rest. */
export async function readAccess(url: string): Promise<Pick<DatabaseSeen, 'role' | 'way' | 'is_direct'>> {
  const client = await connectDirectly(url);
  try {
    const { role, way } = { role: await probe(client, PROBES.role), way: await probe(client, PROBES.way) };
    return { role, way, is_direct: await isDirect(client) } as Pick<DatabaseSeen, 'role' | 'way' | 'is_direct'>;
  } catch (error) {
    throw toFault(error);
  } finally {
    await client.end();
  }
}

/** One that the server refuses answers null; a connection that is gone is a fault. */
async function probe(client: pg.Client, statement: string): Promise<unknown> {
  try {
    const { rows } = await client.query(statement);
    return rows[0] ?? null;
  } catch (error) {
    if (error instanceof Error && 'severity' in error && error.severity === 'ERROR') return null;
    throw error;
  }
}

/** The look that took the least time is the truest: the answer was made somewhere within it. */
async function compareClocks(client: pg.Client, clock: () => Date): Promise<DatabaseSeen['clock']> {
  let best: DatabaseSeen['clock'] = null;
  for (let look = 0; look < CLOCK_LOOKS; look += 1) {
    const before = clock().getTime();
    const { rows } = await client.query<{ now_ms: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms',
    );
    const after = clock().getTime();
    const off_ms_max = (after - before) / 2;
    if (rows[0] !== undefined && (best === null || off_ms_max < best.off_ms_max)) {
      best = { ahead_ms: Math.round(rows[0].now_ms - (before + after) / 2), off_ms_max };
    }
  }
  return best;
}
