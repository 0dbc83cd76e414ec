// Reading the logs of the record (L2): by position, so that a page costs what it shows, and with the conditions of a phrase.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { LogName, PlacedEntry } from '../domain/audit-entry.ts';
import type { AuditClause, AuditCondition, AuditFilter } from '../domain/audit-phrase.ts';
import type { Database } from './schema.ts';

/** The row of a log: its entry, its position, and the hash that stands there. */
export type LogRow = PlacedEntry & { readonly hash: Buffer };

export type LogQuery = {
  readonly filter: AuditFilter;
  /** Positions above this one, and below that one. */
  readonly above: number;
  readonly below: number;
  readonly descending: boolean;
  readonly limit: number;
};

function condition(asked: AuditCondition): RawBuilder<unknown> {
  switch (asked.type) {
    case 'text':
      return sql`lower(entry.${sql.ref(asked.column)}) = ${asked.value}`;
    case 'action':
      return asked.begins ? sql`starts_with(entry.action, ${asked.value})` : sql`entry.action = ${asked.value}`;
    case 'repo':
      return asked.value.includes('/')
        ? sql`lower(entry.repo) = ${asked.value}`
        : sql`lower(split_part(entry.repo, '/', 2)) = ${asked.value}`;
    case 'token_id':
      return sql`(entry.token_id = ${asked.id} or entry.managed_token_id = ${asked.id})`;
    case 'hashed_token':
      return sql`(entry.hashed_token = ${asked.digest} or entry.managed_hashed_token = ${asked.digest})`;
    case 'created':
      return sql`entry.created_at >= coalesce(${asked.from}::timestamptz, '-infinity')
        and entry.created_at < coalesce(${asked.before}::timestamptz, 'infinity')`;
  }
}

/** What an entry does not say is not the value that was asked for: `is not true`, not `not`. */
function clause({ negated, any }: AuditClause): RawBuilder<unknown> {
  const either = sql.join(
    any.map((each) => sql`(${condition(each)})`),
    sql` or `,
  );
  return negated ? sql`(${either}) is not true` : sql`(${either})`;
}

const COLUMNS = sql`
  placed.position, placed.hash, entry.id, entry.created_at, entry.action, entry.actor_id, entry.actor,
  entry.user_id, entry."user", entry.org_id, entry.org, entry.business_id, entry.business, entry.repo_id, entry.repo,
  entry.token_id, entry.hashed_token, entry.programmatic_access_type, entry.token_scopes, entry.managed_token_id,
  entry.managed_hashed_token, entry.request_id, entry.actor_ip, entry.user_agent, entry.operation_type,
  entry.outcome, entry.reason, entry.data`;

/** An attempt at what is not there, nor whose it would be. */
const AT_NOBODYS = sql`entry.data @> '{"also_concerns": [{"type": "service"}]}'`;

/**
 * What somebody was told that it is not there, his own log must not tell him either: the entry of an attempt at what is hidden names
 * it, and is for the logs of those whom it concerns. So is that of an attempt at an enterprise, or at nothing that is there, which was
 * refused before it was looked at whether he may see it. A token that is another's is none of an organization's that was named with it,
 * whose log may be that of who has tried, nor is one that there is not. @rule F6
 */
function hiddenFrom({ log_kind, log_id }: LogName): RawBuilder<unknown> {
  if (log_kind !== 'user') {
    return sql`
    and (entry.outcome = 'refused' and entry.reason = 'not_found'
      and (entry.managed_token_id is not null or ${AT_NOBODYS})) is not true`;
  }
  return sql`
    and (entry.actor_id = ${log_id} and entry.outcome = 'refused' and (
      entry.reason = 'not_found'
      or (entry.reason in ('session_required', 'role_missing')
        and (entry.business_id is not null or ${AT_NOBODYS})))) is not true`;
}

/** Where the log, its positions and the filter are as asked, from one end, so many. */
function asked(log: LogName, { filter, above, below, descending, limit }: LogQuery): RawBuilder<unknown> {
  const clauses = filter.map((each) => sql`and ${clause(each)}`);
  return sql`
    where placed.log_kind = ${log.log_kind} and placed.log_id = ${log.log_id}
      and placed.position > ${above} and placed.position < ${below}
      ${hiddenFrom(log)}
      ${clauses.length === 0 ? sql`` : sql.join(clauses, sql` `)}
    order by placed.position ${descending ? sql`desc` : sql`asc`}
    limit ${limit}`;
}

/**
 * The rows of a log between two positions that the filter lets through, from one end of them. Every entry between them is
 * looked at, one by one in their order (`offset 0` keeps the planner from another way), until there are enough: the caller
 * sees to it that these are not too many.
 */
export async function readLog(db: Kysely<Database>, log: LogName, query: LogQuery): Promise<LogRow[]> {
  const { rows } = await sql<LogRow>`
    select ${COLUMNS}
    from audit_positions placed
    join lateral (select * from audit_entries entry where entry.id = placed.entry_id offset 0) entry on true
    ${asked(log, query)}`.execute(db);
  return rows;
}

/** How many entries of all logs the clause lets through, counted up to a limit. For clauses that an index answers. */
export async function countEntries(db: Kysely<Database>, asked_for: AuditClause, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count
    from (select from audit_entries entry where ${clause(asked_for)} limit ${limit}) found`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The same rows as `readLog`, by way of the few entries that this clause, which is one of the filter, lets through. */
export async function readLogOf(
  db: Kysely<Database>,
  few: AuditClause,
  { log, ...query }: LogQuery & { readonly log: LogName },
): Promise<LogRow[]> {
  const { rows } = await sql<LogRow>`
    with few as materialized (select entry.* from audit_entries entry where ${clause(few)})
    select ${COLUMNS}
    from few entry
    join audit_positions placed on placed.entry_id = entry.id
    ${asked(log, query)}`.execute(db);
  return rows;
}

/** The last position of a log; 0 where there is none. */
export async function lastPosition(db: Kysely<Database>, log: LogName): Promise<number> {
  const head = await db
    .selectFrom('audit_logs')
    .select('entries')
    .where('log_kind', '=', log.log_kind)
    .where('log_id', '=', log.log_id)
    .executeTakeFirst();
  return head?.entries ?? 0;
}

/** The hash at a position of a log, or null where it has no such position. */
export async function hashAt(db: Kysely<Database>, log: LogName, position: number): Promise<Buffer | null> {
  const placed = await db
    .selectFrom('audit_positions')
    .select('hash')
    .where('log_kind', '=', log.log_kind)
    .where('log_id', '=', log.log_id)
    .where('position', '=', position)
    .executeTakeFirst();
  return placed?.hash ?? null;
}
