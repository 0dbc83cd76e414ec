// Reading the whole record to verify it (promises P14): what is hashed of an entry is spelled here once more, beside the function
// of migrations/0008_audit_logs.sql, so that who changes that function in the database is found as well.

import { type Kysely, sql } from 'kysely';
import type { LogKind, LogName } from '../domain/audit-entry.ts';
import type { Database } from './schema.ts';

const ROWS_PER_PIECE = 5000;

/** Whom an entry concerns. */
export type Concerns = {
  readonly org_id: number | null;
  readonly business_id: number | null;
  readonly user_id: number | null;
  readonly actor_id: number | null;
  /** The logs of those whom its columns do not name, as `organization 7`. */
  readonly others: readonly string[];
};

/** Texts only: what was put into an entry by hand may be no number. */
const OTHERS = sql`array(
  select concat(each ->> 'type', ' ', each ->> 'id')
  from jsonb_path_query(entry.data, '$.also_concerns[*]') each)`;

/** A position of a log with the entry that it points to, and what the log says of itself. */
export type ChainRow = LogName & {
  readonly position: number;
  readonly entry_id: number;
  readonly hash: Buffer;
  /** The members that are hashed, in their order; null where the entry is not there. */
  readonly members: readonly (string | null)[] | null;
  readonly concerns: Concerns | null;
  /** Null where the log is not there. */
  readonly log: { readonly origin: string; readonly entries: number; readonly hash: string | null } | null;
};

/** How many positions the logs say that they have: for who wants to know how far he is, not for who verifies. */
export async function countPositions(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{
    total: number;
  }>`select coalesce(sum(entries), 0)::float8 as total from audit_logs`.execute(db);
  return rows[0]?.total ?? 0;
}

/** Every position, log by log, in order, in pieces. */
export async function* readChains(db: Kysely<Database>): AsyncGenerator<readonly ChainRow[]> {
  let from: { log_kind: string; log_id: number; position: number } = { log_kind: '', log_id: 0, position: 0 };
  for (;;) {
    const { rows } = await sql<ChainRow>`
      select placed.log_kind, placed.log_id, placed.position, placed.entry_id, placed.hash,
        case when entry.id is not null then array[
          entry.id::text, (extract(epoch from entry.created_at) * 1000000)::bigint::text, entry.action,
          entry.actor_id::text, entry.actor, entry.user_id::text, entry."user", entry.org_id::text, entry.org,
          entry.business_id::text, entry.business, entry.repo_id::text, entry.repo, entry.token_id::text,
          entry.hashed_token, entry.programmatic_access_type, entry.token_scopes, entry.managed_token_id::text,
          entry.managed_hashed_token, entry.request_id, entry.actor_ip, entry.user_agent, entry.operation_type,
          entry.outcome, entry.reason, entry.data::text, entry.transaction_id::text
        ]::text[] end as members,
        case when entry.id is not null then jsonb_build_object(
          'org_id', entry.org_id, 'business_id', entry.business_id, 'user_id', entry.user_id, 'actor_id', entry.actor_id,
          'others', ${OTHERS}
        ) end as concerns,
        case when log.log_id is not null then jsonb_build_object(
          'origin', encode(log.origin, 'hex'), 'entries', log.entries, 'hash', encode(log.hash, 'hex')
        ) end as log
      from audit_positions placed
      left join audit_entries entry on entry.id = placed.entry_id
      left join audit_logs log on log.log_kind = placed.log_kind and log.log_id = placed.log_id
      where (placed.log_kind, placed.log_id, placed.position) > (${from.log_kind}, ${from.log_id}, ${from.position})
      order by placed.log_kind, placed.log_id, placed.position
      limit ${ROWS_PER_PIECE}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    from = last;
    yield rows;
  }
}

/** Every entry with the logs that it stands in, as `user 7`, in pieces. */
export async function* readPlaces(
  db: Kysely<Database>,
): AsyncGenerator<readonly (Concerns & { readonly id: number; readonly places: readonly string[] })[]> {
  let from = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const { rows } = await sql<Concerns & { id: number; places: string[] }>`
      select entry.id, entry.org_id, entry.business_id, entry.user_id, entry.actor_id, ${OTHERS} as others,
        array(
          select placed.log_kind || ' ' || placed.log_id from audit_positions placed where placed.entry_id = entry.id
        ) as places
      from audit_entries entry
      where entry.id > ${from}
      order by entry.id
      limit ${ROWS_PER_PIECE}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    from = last.id;
    yield rows;
  }
}

/** Logs that say that they have entries, of which not one position is there. */
export async function listEmptiedLogs(db: Kysely<Database>): Promise<readonly LogName[]> {
  const { rows } = await sql<{ log_kind: LogKind; log_id: number }>`
    select log.log_kind, log.log_id from audit_logs log
    where log.entries <> 0 and not exists (
      select from audit_positions placed where placed.log_kind = log.log_kind and placed.log_id = log.log_id)
    order by log.log_kind, log.log_id`.execute(db);
  return rows;
}
