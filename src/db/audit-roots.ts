// What roots of the record are made of, and whether the record still has what they say (promises P14).

import { type Kysely, sql } from 'kysely';
import type { LogName } from '../domain/audit-entry.ts';
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

type EndRow = { readonly horizon: string } & (LogEnd | { readonly log_kind: null });

const END = sql`
  now.horizon::text as horizon, log.log_kind, log.log_id, log.entries, encode(log.hash, 'hex') as hash`;

function readEnds(rows: readonly EndRow[]): ChangedLogs {
  const [first] = rows;
  if (first === undefined) throw new Error('a statement without a table has no row');
  const logs = rows.flatMap((row) => {
    if (row.log_kind === null) return [];
    const { log_kind, log_id, entries, hash } = row;
    return [{ log_kind, log_id, entries, hash }];
  });
  return { horizon: first.horizon, logs };
}

/** The ends of all logs. */
async function listAllLogs(db: Kysely<Database>): Promise<ChangedLogs> {
  const { rows } = await sql<EndRow>`
    with now as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as horizon)
    select ${END} from now left join audit_logs log on log.entries > 0
    order by log.log_kind, log.log_id`.execute(db);
  return readEnds(rows);
}

/**
 * The ends of the logs in which stands what was written from this transaction on. An entry says by which transaction it was written, and
 * that is hashed with it, and gets its positions in the same one: so only what is new is read, however many logs there are. Of a horizon
 * that is not reached yet, none.
 */
async function listLogsSince(db: Kysely<Database>, since: string): Promise<ChangedLogs> {
  const { rows } = await sql<EndRow>`
    with now as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as horizon),
    changed as materialized (
      select distinct placed.log_kind, placed.log_id
      from audit_entries entry join audit_positions placed on placed.entry_id = entry.id
      where entry.transaction_id >= ${since}::xid8
    )
    select ${END} from now
    left join (changed join audit_logs log on log.log_kind = changed.log_kind and log.log_id = changed.log_id)
      on now.horizon >= ${since}::xid8
    order by log.log_kind, log.log_id`.execute(db);
  return readEnds(rows);
}

/**
 * The ends of the logs that transactions changed which the root with this horizon did not see; null: of all. A horizon that is
 * not reached yet is of another cluster, from which this database was restored: of all, too.
 */
export async function listChangedLogs(db: Kysely<Database>, since: string | null): Promise<ChangedLogs> {
  if (since === null) return listAllLogs(db);
  const changed = await listLogsSince(db, since);
  return BigInt(changed.horizon) < BigInt(since) ? listAllLogs(db) : changed;
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
