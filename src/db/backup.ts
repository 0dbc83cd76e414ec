// What a database says of its backups: which tables a dump has to have, and whether its log is archived. SQL only.

import { type Kysely, sql } from 'kysely';
import { OWN_SCHEMA, QUEUE_SCHEMA } from './own-schema.ts';
import type { Database } from './schema.ts';

export type BackupSeen = {
  /** `schema.table`, in order. */
  readonly tables: readonly string[];
  readonly version: number;
  readonly is_archiving: boolean;
  readonly last_archived_at: Date | null;
  /** Of an attempt after the last that succeeded. */
  readonly archive_failed_at: Date | null;
  readonly standbys: number;
};

export async function readBackupState(db: Kysely<Database>): Promise<BackupSeen> {
  const { rows } = await sql<BackupSeen>`
    select (select array_agg(format('%s.%s', nspname, relname) order by nspname, relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.oid in (${sql.raw(OWN_SCHEMA)}, to_regnamespace(${QUEUE_SCHEMA}))) as tables,
      current_setting('server_version_num')::int as version,
      current_setting('archive_mode') <> 'off' as is_archiving,
      last_archived_time as last_archived_at,
      case when last_failed_time > coalesce(last_archived_time, '-infinity') then last_failed_time end as archive_failed_at,
      (select count(*)::int from pg_stat_replication) as standbys
    from pg_stat_archiver`.execute(db);
  if (rows[0] === undefined) throw new Error('the server does not tell of its archive');
  return rows[0];
}
