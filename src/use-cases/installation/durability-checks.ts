// Whether the database keeps what it acknowledges, and has the form that the service needs.

import { above, type DatabaseCheck, gib, has, naming, setting } from './database-facts.ts';

const VERSION_MIN = 150_000;
/** Of the 2,147 million transactions that a server can tell apart. */
const UNFROZEN = { severe: 1_500_000_000, warning: 1_000_000_000 } as const;
const RETAINED_BYTES_MAX = 10 * 2 ** 30;

const LOSES = 'What was acknowledged, a revocation for instance, can be undone by a crash of the database server';

const KEEPING: readonly DatabaseCheck[] = [
  {
    id: 'fsync_off',
    severity: 'severe',
    find: has('fsync', 'off'),
    means: `${LOSES} or its machine, and the whole database can be damaged`,
    advice: 'alter system set fsync = on, and restart the server',
  },
  {
    id: 'full_page_writes_off',
    severity: 'severe',
    find: has('full_page_writes', 'off'),
    means: 'A page that was half written when the machine stopped stays half written: rows are lost or damaged',
    advice: 'alter system set full_page_writes = on, and select pg_reload_conf()',
  },
  {
    id: 'synchronous_commit_off',
    severity: 'severe',
    find: has('synchronous_commit', 'off'),
    means: LOSES,
    advice: 'Set synchronous_commit to on, for the server, the database and the role',
  },
  {
    id: 'standby_not_awaited',
    severity: 'warning',
    find: (facts) =>
      setting(facts, 'synchronous_standby_names') && setting(facts, 'synchronous_commit') === 'local'
        ? 'There are synchronous standbys, but `synchronous_commit` is local'
        : null,
    means: 'A failover to the standby can undo what was acknowledged',
    advice: 'Set synchronous_commit to on or remote_apply',
  },
  {
    id: 'standby_as_primary',
    severity: 'severe',
    find: ({ seen }) => (seen.server?.is_following ? 'The server only replays what another one writes' : null),
    means: 'Nothing can be changed through it: no token can be made, and none revoked',
    advice: 'Let DATABASE_URL lead to the primary; a replica belongs into DATABASE_REPLICA_URL',
  },
  {
    id: 'no_checksums',
    severity: 'hint',
    find: has('data_checksums', 'off'),
    means: 'Damage by a disk is noticed when somebody stumbles over it, not when it is read',
    advice: 'With the server stopped: pg_checksums --enable',
  },
  {
    id: 'no_archive',
    severity: 'hint',
    find: (facts) =>
      setting(facts, 'archive_mode') === 'off' && facts.seen.slots?.standbys === 0
        ? 'Neither is WAL archived, nor does a standby follow'
        : null,
    means: 'A lost disk costs everything since the last dump',
    advice: 'Archive WAL, or run a standby: docs/runbooks/restore.md',
  },
  {
    id: 'archive_fails',
    severity: 'warning',
    find: ({ seen }) =>
      above(seen.slots?.archive_failures ?? undefined, 0) ? 'The last attempt to archive WAL has failed' : null,
    means: 'What is written now cannot be recovered to a point in time, and WAL fills the disk',
    advice: 'Look at pg_stat_archiver and the log of the server, and mend archive_command',
  },
  {
    id: 'wal_retained',
    severity: 'warning',
    find: ({ seen }) =>
      above(seen.slots?.retained_bytes, RETAINED_BYTES_MAX)
        ? `A replication slot that nobody reads keeps ${gib(seen.slots?.retained_bytes ?? 0)} GiB of WAL`
        : null,
    means: 'WAL fills the disk, and then nothing can be changed',
    advice:
      'Bring its reader back, or select pg_drop_replication_slot(slot_name) of pg_replication_slots where not active',
  },
  {
    id: 'collation_changed',
    severity: 'severe',
    find: ({ seen }) =>
      seen.collation?.has_changed ? 'The operating system sorts texts otherwise than when the database was made' : null,
    means: 'Indexes of texts may not find what is there: names can be taken twice',
    advice: 'reindex database, then alter database … refresh collation version',
  },
  {
    id: 'encoding',
    severity: 'severe',
    find: ({ seen }) =>
      seen.server === null || seen.server.encoding === 'UTF8' ? null : `The database is in ${seen.server.encoding}`,
    means: 'Names and reasons that people write cannot be stored',
    advice: "Make the database anew with encoding 'UTF8', and restore a dump into it",
  },
  {
    id: 'transaction_ids',
    severity: 'severe',
    find: ({ seen }) =>
      above(seen.transactions?.unfrozen, UNFROZEN.severe) ? unfrozenText(seen.transactions?.unfrozen) : null,
    means: 'Soon the server accepts no changes any more',
    advice: 'End old transactions and prepared ones, drop unused slots, and vacuum (freeze)',
  },
  {
    id: 'transaction_ids_early',
    severity: 'warning',
    find: ({ seen }) => {
      const unfrozen = seen.transactions?.unfrozen;
      return above(unfrozen, UNFROZEN.warning) && !above(unfrozen, UNFROZEN.severe) ? unfrozenText(unfrozen) : null;
    },
    means: 'Autovacuum does not keep up; at 2 billion the server accepts no changes any more',
    advice: 'Look for old transactions, prepared ones and unused slots, which hold it up',
  },
];

function unfrozenText(unfrozen: number | undefined): string {
  return `The oldest row was frozen ${Math.round((unfrozen ?? 0) / 1e6)} million transactions ago`;
}

const FORM: readonly DatabaseCheck[] = [
  {
    id: 'server_too_old',
    severity: 'severe',
    find: ({ seen }) =>
      seen.server !== null && seen.server.version < VERSION_MIN
        ? `The server is PostgreSQL ${Math.floor(seen.server.version / 10_000)}`
        : null,
    means: 'The service does not start on it',
    advice: 'Use PostgreSQL 15 or newer',
  },
  {
    id: 'migrations_pending',
    severity: 'warning',
    find: ({ pending_migrations }) => naming(pending_migrations, `${pending_migrations.length} migrations are pending`),
    means: 'The database has an earlier form; the next start of the service brings it to the present one',
    advice: 'gatehouse migrate, at a time of your choice',
  },
  {
    id: 'idle_triggers',
    severity: 'severe',
    find: ({ seen }) => naming(seen.objects?.idle_triggers, 'Triggers are switched off'),
    means: 'Changes are not told to nodes, so that revoked tokens stay valid there, or the record can be altered',
    advice: 'alter table … enable trigger all; then gatehouse audit verify, and ask who has switched them off',
  },
  {
    id: 'invalid_indexes',
    severity: 'severe',
    find: ({ seen }) => naming(seen.objects?.invalid_indexes, 'Indexes are invalid'),
    means: 'They are written but not used: questions are slow, and what they should keep unique may not be',
    advice: 'reindex index concurrently …; where that says that keys are there twice, look at these rows first',
  },
  {
    id: 'unproved_constraints',
    severity: 'warning',
    find: ({ seen }) =>
      naming(seen.objects?.unproved_constraints, 'Constraints were never proved for rows that were there'),
    means: 'Rows may stand in the database that rules do not foresee; what they concern is denied',
    advice: 'alter table … validate constraint …',
  },
];

export const DURABILITY_CHECKS: readonly DatabaseCheck[] = [...KEEPING, ...FORM];
