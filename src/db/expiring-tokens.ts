// Tokens that come near their end, or reach it (L3). What a token has been noticed for stands in its row, so that nothing is
// noticed twice. SQL only.

import { type Kysely, sql } from 'kysely';
import { type NoticeDays, toNoticeDays } from '../domain/notice.ts';
import type { EndedToken } from '../domain/token-end.ts';
import { clockAhead } from './clock-ahead.ts';
import { cancelRequestsOf, type EndedTokenRow, toEndedToken, WHOM_IT_CONCERNS } from './ended-tokens.ts';
import type { Database } from './schema.ts';

/** Each period, and the one before it that the token has been noticed for. */
const STEPS: readonly (readonly [before: NoticeDays | null, next: NoticeDays])[] = [
  [null, 30],
  [30, 7],
  [7, 1],
  [1, 0],
];

/** The end is judged by the clock that is ahead, the process's or the database's. */
const within = (now: Date, days: NoticeDays) =>
  sql`token.expires_at <= ${clockAhead(now)} + make_interval(hours => ${days * 24}::int)`;

const ALIVE = sql`
  token.revoked_at is null and token.expires_at is not null and token.notice_days is distinct from 0`;

/** For each period: whether it is the next one, and has begun. One range of the index each. */
function begunPeriods(now: Date) {
  return STEPS.map(([before, next]) => {
    const noticed = before === null ? sql`token.notice_days is null` : sql`token.notice_days = ${before}::smallint`;
    return sql`(${noticed} and ${within(now, next)})`;
  });
}

/**
 * Tokens of which a period has begun that is not noticed: at most so many of each period. A query for each period, because of
 * all in one the planner expects far too many rows, and reads every token that is alive; in the order of the index, so that it
 * takes that one (with 200,000 tokens and nothing due 8 pages are read, without 120,000).
 */
export async function findDueTokens(
  db: Kysely<Database>,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly { readonly id: number; readonly user_id: number }[]> {
  const queries = begunPeriods(now).map(
    (begun) => sql`(
      select token.id, token.user_id from tokens token
      where ${ALIVE} and ${begun} order by token.notice_days, token.expires_at limit ${limit})`,
  );
  const { rows } = await sql<{ id: number; user_id: number }>`${sql.join(queries, sql` union all `)}`.execute(db);
  return rows;
}

export type NoticedToken = {
  readonly token: EndedToken;
  readonly days: NoticeDays;
  readonly secret_issued_at: Date;
  readonly expires_at: Date;
};

type NoticedRow = EndedTokenRow & { notice_days: number; secret_issued_at: Date; expires_at: Date };

/**
 * Marks those of these tokens of which a period has begun, and answers them by id. Of several that have begun only the
 * last counts: who hears that a token expires tomorrow need not hear that it expires within a month. What expired tokens
 * have asked for ends with them. @rule L3, A2
 */
export async function markNoticed(
  transaction: Kysely<Database>,
  token_ids: readonly number[],
  now: Date,
): Promise<readonly NoticedToken[]> {
  const { rows } = await sql<NoticedRow>`
    with ended as (
      update tokens token set notice_days = case
        when ${within(now, 0)} then 0 when ${within(now, 1)} then 1 when ${within(now, 7)} then 7 else 30 end
      where token.id = any(${[...token_ids]}::bigint[]) and ${ALIVE}
        and (${sql.join(begunPeriods(now), sql` or `)})
      returning token.id, token.kind, token.name, token.user_id, token.resource_owner_id, token.expires_at,
        token.secret_issued_at, token.notice_days
    )
    select ended.notice_days, ended.secret_issued_at, ${WHOM_IT_CONCERNS} order by ended.id`.execute(transaction);
  const expired = rows.filter((row) => row.notice_days === 0);
  const cancelled = await cancelRequestsOf(
    transaction,
    expired.map((row) => row.id),
  );
  return rows.flatMap((row) => {
    const days = toNoticeDays(row.notice_days);
    const { secret_issued_at, expires_at } = row;
    return days === null ? [] : [{ token: toEndedToken(row, cancelled), days, secret_issued_at, expires_at }];
  });
}
