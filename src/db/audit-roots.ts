// What roots of the record are made of, and whether the record still has what they say (promises P14).

import { type Kysely, sql } from 'kysely';
import type { LogKind, LogName } from '../domain/audit-entry.ts';
import { tryLock } from './advisory-locks.ts';
import type { Database } from './schema.ts';

export type LogEnd = LogName & { readonly entries: number; readonly hash: string };
export type ChangedLogs = { readonly horizon: string; readonly logs: readonly LogEnd[] };

/** Does the work unless another node is at it. */
export async function asOnlyNode(db: Kysely<Database>, work: (db: Kysely<Database>) => Promise<void>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (await tryLock(transaction, 'audit_roots')) await work(transaction);
  });
}

/**
 * The ends of the logs that transactions changed which the root with this horizon did not see; null: of all. A horizon that is
 * not reached yet is of another cluster, from which this database was restored: of all, too.
 */
export async function listChangedLogs(db: Kysely<Database>, since: string | null): Promise<ChangedLogs> {
  const { rows } = await sql<{
    horizon: string;
    log_kind: LogKind | null;
    log_id: number;
    entries: number;
    hash: string;
  }>`
    with now as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as horizon)
    select now.horizon::text as horizon, log.log_kind, log.log_id, log.entries, encode(log.hash, 'hex') as hash
    from now
    left join audit_logs log on log.entries > 0
      and (${since}::xid8 is null or log.changed_in >= ${since}::xid8 or now.horizon < ${since}::xid8)
    order by log.log_kind, log.log_id`.execute(db);
  const logs = rows.flatMap(({ log_kind, log_id, entries, hash }) =>
    log_kind === null ? [] : [{ log_kind, log_id, entries, hash }],
  );
  return { horizon: rows[0]?.horizon ?? '0', logs };
}

/** Those of these logs that have no such hash at that position any more. */
export async function listBrokenEnds(db: Kysely<Database>, ends: readonly LogEnd[]): Promise<readonly LogEnd[]> {
  const { rows } = await sql<LogEnd>`
    select said.log_kind, said.log_id, said.entries, said.hash
    from unnest(
      ${ends.map((each) => each.log_kind)}::text[], ${ends.map((each) => each.log_id)}::bigint[],
      ${ends.map((each) => each.entries)}::bigint[], ${ends.map((each) => each.hash)}::text[]
    ) with ordinality as said (log_kind, log_id, entries, hash, n)
    left join audit_positions placed
      on placed.log_kind = said.log_kind and placed.log_id = said.log_id and placed.position = said.entries
    where placed.hash is null or encode(placed.hash, 'hex') <> said.hash
    order by said.n`.execute(db);
  return rows;
}
