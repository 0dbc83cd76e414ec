// Whether what was lost could be restored from its backups (docs/runbooks/restore.md): the archive of the log, a dump, and what stands
// beside the database and is in neither.

import type { Kysely } from 'kysely';
import { type BackupSeen, readBackupState } from '../../db/backup.ts';
import type { Database } from '../../db/schema.ts';
import { type Check, type Finding, judge } from './finding.ts';

/** A dump as `pg_restore` reads it. */
export type DumpSeen = {
  readonly file: string;
  /** Why it cannot be read to its end; null: it can. */
  readonly fault: string | null;
  readonly created_at: Date | null;
  /** Of the server that it was made of, as `18.1`. */
  readonly version: string | null;
  /** `schema.table`, those whose rows it has. */
  readonly tables: readonly string[];
};

/** What no backup of the database has: a file or a secret that a setting names. */
export type Beside = {
  readonly setting: string;
  /** Null: the setting itself is the secret. */
  readonly file: string | null;
  readonly is_there: boolean;
  /** In the folder of the embedded database, which is copied as a whole. */
  readonly is_in_data: boolean;
};

export type BackupFacts = {
  readonly seen: BackupSeen;
  readonly dump: DumpSeen | null;
  readonly beside: readonly Beside[];
  readonly now: Date;
};
type BackupCheck = Check<BackupFacts>;

const HOUR_MS = 3_600_000;
const DUMP_HOURS_MAX = 25;
const NAMES_SHOWN_MAX = 10;

function missingOf({ seen, dump }: BackupFacts): readonly string[] {
  if (dump === null || dump.fault !== null) return [];
  return seen.tables.filter((table) => !dump.tables.includes(table));
}

const named = (beside: readonly Beside[]) => beside.map(({ setting, file }) => `${file} (${setting})`).join(', ');

export const BACKUP_CHECKS: readonly BackupCheck[] = [
  {
    id: 'dump_unreadable',
    severity: 'severe',
    find: ({ dump }) => (dump?.fault ? `${dump.file} cannot be read to its end: ${dump.fault}` : null),
    means: 'Nothing can be restored from it',
    advice: 'Make another one (pg_dump -Fc), and look at the disk that it was on',
  },
  {
    id: 'dump_incomplete',
    severity: 'severe',
    find: (facts) => {
      const missing = missingOf(facts);
      if (missing.length === 0) return null;
      const more = missing.length > NAMES_SHOWN_MAX ? ` and ${missing.length - NAMES_SHOWN_MAX} more` : '';
      return `The dump lacks the rows of ${missing.slice(0, NAMES_SHOWN_MAX).join(', ')}${more}`;
    },
    means: 'It is of an earlier version, of another database, or of a role that does not see all',
    advice: 'Dump the whole database as its owner',
  },
  {
    id: 'dump_old',
    severity: 'warning',
    find: ({ dump, now }) => {
      if (dump === null || dump.created_at === null || dump.fault !== null) return null;
      const hours = Math.floor((now.getTime() - dump.created_at.getTime()) / HOUR_MS);
      return hours > DUMP_HOURS_MAX ? `The dump was made ${hours} hours ago` : null;
    },
    means: 'What was changed since is lost with a restore; what was revoked since is valid again',
    advice: 'Dump every day, and archive the log for what is between',
  },
  {
    id: 'archive_fails',
    severity: 'severe',
    find: ({ seen }) =>
      seen.archive_failed_at === null
        ? null
        : `The last attempt to archive the log failed at ${isoOf(seen.archive_failed_at)}`,
    means: 'What is written now cannot be recovered, and the log fills the disk',
    advice: 'Look at pg_stat_archiver and the log of the server, and mend archive_command',
  },
  {
    id: 'archive_never',
    severity: 'warning',
    find: ({ seen }) =>
      seen.is_archiving && seen.last_archived_at === null && seen.archive_failed_at === null
        ? 'The log is to be archived, and nothing has been yet'
        : null,
    means: 'Whether it works is not known',
    advice: 'select pg_switch_wal(), and look again',
  },
  {
    id: 'no_archive',
    severity: 'warning',
    find: ({ seen }) => (seen.is_archiving ? null : 'The log is not archived'),
    means: 'Only what is in a dump can be restored, and no moment between two of them',
    advice: 'Set archive_mode and archive_command: docs/runbooks/restore.md',
  },
  {
    id: 'beside_missing',
    severity: 'severe',
    find: ({ beside }) => {
      const missing = beside.filter(({ file, is_there }) => file !== null && !is_there);
      return missing.length === 0 ? null : `Not there: ${named(missing)}`;
    },
    means: 'It is in no backup of the database, and cannot be copied now',
    advice: 'See that the settings are those of the service, and that this user may read the files',
  },
  {
    id: 'epoch_in_data',
    severity: 'severe',
    find: ({ beside }) => {
      const inside = beside.filter(({ setting, is_in_data }) => setting === 'EPOCH_FILE' && is_in_data);
      return inside.length === 0 ? null : `In the folder of the database: ${named(inside)}`;
    },
    means: 'A restore of the folder brings it back as well, so that it tells nothing',
    advice: 'Put EPOCH_FILE where no restore of the database reaches it',
  },
];

const isoOf = (moment: Date) => moment.toISOString().replace(/\.\d+Z$/, 'Z');

/** What is wrong with the backups, and what the database says of them. */
export async function checkBackup(
  db: Kysely<Database>,
  parts: Omit<BackupFacts, 'seen'>,
): Promise<{ readonly seen: BackupSeen; readonly findings: readonly Finding[] }> {
  const seen = await readBackupState(db);
  return { seen, findings: judge(BACKUP_CHECKS, { seen, ...parts }) };
}
