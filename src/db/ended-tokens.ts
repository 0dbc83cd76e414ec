// Ending tokens for good (M9), set-based: by their texts, a leak report, the yearly sweep or the administrator. The records
// stay; what the tokens made or asked for goes. SQL only.

import { type Kysely, sql } from 'kysely';
import type { EndedToken, RevocationReason } from '../domain/token-end.ts';
import { clockAhead } from './clock-ahead.ts';
import { tokensOfLiveExchanged } from './exchanged-tokens.ts';
import type { Database } from './schema.ts';

/** Which tokens: all of a person, this one, those of these live texts, or those of these that are not used since then. */
export type ChosenTokens =
  | { readonly user_id: number }
  | { readonly token_id: number }
  | { readonly digests: readonly string[] }
  | { readonly token_ids: readonly number[]; readonly unused_since: Date };

export type EndedTokenRow = {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly hashed_token: string;
  readonly holder_id: number;
  readonly holder: string;
  readonly organization_id: number | null;
  readonly organization: string | null;
  readonly expires_at: Date | null;
};

/** What is read of tokens that have just ended; `ended` is a query with their columns. */
export const WHOM_IT_CONCERNS = sql`
  ended.id, ended.kind, ended.name, ended.expires_at, secret.digest as hashed_token,
  holder.id as holder_id, holder.login as holder, owner.id as organization_id, owner.login as organization
  from ended
  join token_secrets secret on secret.token_id = ended.id and secret.is_current
  join accounts holder on holder.id = ended.user_id
  left join accounts owner on owner.id = ended.resource_owner_id and owner.type = 'Organization'`;

/** `cancelled`: the requests that ended with their tokens, by token. */
export function toEndedToken(row: EndedTokenRow, cancelled: ReadonlyMap<number, number>): EndedToken {
  const { id, name, hashed_token, organization_id, organization, expires_at } = row;
  return {
    ...{ id, name, hashed_token, expires_at },
    kind: row.kind === 'classic' ? 'classic' : 'fine_grained',
    holder: { id: row.holder_id, login: row.holder },
    organization: organization_id === null ? null : { id: organization_id, login: organization ?? '' },
    cancelled_request_id: cancelled.get(row.id) ?? null,
  };
}

/** A new secret is a sign of use as well: who regenerates a token has not forgotten it. @rule M9 */
function isUnusedSince(moment: Date) {
  return sql`token.secret_issued_at < ${moment}::timestamptz
    and (token.last_used_at is null or token.last_used_at < ${moment}::timestamptz)`;
}

function chosen(which: ChosenTokens, at: Date) {
  if ('user_id' in which) return sql`token.user_id = ${which.user_id}`;
  if ('token_id' in which) return sql`token.id = ${which.token_id}`;
  if ('unused_since' in which) {
    return sql`token.id = any(${[...which.token_ids]}::bigint[]) and ${isUnusedSince(which.unused_since)}`;
  }
  return sql`token.id in (
    select secret.token_id from token_secrets secret
    where secret.digest = any(${[...which.digests]}::text[])
      and (secret.expires_at is null or secret.expires_at > ${clockAhead(at)})
    union all ${tokensOfLiveExchanged(which.digests, at)})`;
}

/**
 * Revokes those of these tokens that have not ended, with the deploy keys that they made and what they asked for; answers
 * them by id. The caller has locked their holders, so that no two calls wait for each other, and none is made meanwhile. Each
 * statement sees what others committed while the one before it waited for rows; all of them run whatever was found, so that
 * how long it takes does not depend on it. @rule M9, A2
 */
export async function endTokens(
  transaction: Kysely<Database>,
  which: ChosenTokens,
  { at, reason }: { readonly at: Date; readonly reason: RevocationReason },
): Promise<readonly EndedToken[]> {
  const { rows } = await sql<EndedTokenRow>`
    with ended as (
      update tokens token set revoked_at = ${at}::timestamptz, revoked_reason = ${reason}
      where ${chosen(which, at)} and token.revoked_at is null
        and (token.expires_at is null or token.expires_at > ${clockAhead(at)})
      returning token.id, token.kind, token.name, token.user_id, token.resource_owner_id, token.expires_at
    )
    select ${WHOM_IT_CONCERNS} order by ended.id`.execute(transaction);
  const ids = rows.map((row) => row.id);
  await transaction.deleteFrom('deploy_keys').where('token_id', '=', sql<number>`any(${ids}::bigint[])`).execute();
  const cancelled = await cancelRequestsOf(transaction, ids);
  return rows.map((row) => toEndedToken(row, cancelled));
}

/** Ends what these tokens have asked for; the request of each that had one. @rule A2 */
export async function cancelRequestsOf(
  transaction: Kysely<Database>,
  token_ids: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await transaction
    .updateTable('grant_requests')
    .set({ state: 'cancelled' })
    .where('token_id', '=', sql<number>`any(${[...token_ids]}::bigint[])`)
    .where('state', '=', 'pending')
    .returning(['id', 'token_id'])
    .execute();
  return new Map(rows.map(({ id, token_id }) => [token_id, id]));
}

/** Tokens that were not revoked, by id, with the digest of their present text; `issued_since`: only of those with one since then. */
export async function listTokenTexts(
  db: Kysely<Database>,
  {
    after_id,
    issued_since,
    limit,
  }: { readonly after_id: number; readonly issued_since: Date | null; readonly limit: number },
): Promise<readonly { readonly id: number; readonly digest: string }[]> {
  const { rows } = await sql<{ id: number; digest: string }>`
    select token.id, secret.digest from tokens token
    join token_secrets secret on secret.token_id = token.id and secret.is_current
    where token.id > ${after_id} and token.revoked_at is null
      and (${issued_since}::timestamptz is null or token.secret_issued_at >= ${issued_since}::timestamptz)
    order by token.id limit ${limit}`.execute(db);
  return rows;
}

/** A place among all tokens that were not revoked, by the moment of their secret and their id; the moment as the database writes it. */
export type PlaceByAge = { readonly issued_at: string; readonly id: number };
export const OLDEST: PlaceByAge = { issued_at: '-infinity', id: 0 };

export type UnusedTokens = {
  readonly tokens: readonly { readonly id: number; readonly user_id: number }[];
  /** Where to go on; null: that were all. */
  readonly next: PlaceByAge | null;
};

/**
 * Of so many tokens from this place on, by age, those that have not ended and are not used since this moment, at most so many: who are
 * used and old may be nearly all, and are not all looked at in one statement. @rule M9
 */
export async function findUnusedTokens(
  db: Kysely<Database>,
  unused_since: Date,
  query: { readonly now: Date; readonly after: PlaceByAge; readonly looked_at_max: number; readonly limit: number },
): Promise<UnusedTokens> {
  const { now, after, looked_at_max, limit } = query;
  const { rows } = await sql<{ id: number; user_id: number; issued_at: string; is_unused: boolean; looked_at: number }>`
    with looked_at as materialized (
      select token.id, token.user_id, token.secret_issued_at, token.last_used_at, token.expires_at from tokens token
      where token.revoked_at is null and token.secret_issued_at < ${unused_since}::timestamptz
        and (token.secret_issued_at, token.id) > (${after.issued_at}::timestamptz, ${after.id}::bigint)
      order by token.secret_issued_at, token.id limit ${looked_at_max}
    ), judged as (
      select token.id, token.user_id, token.secret_issued_at, ${isUnusedSince(unused_since)}
        and (token.expires_at is null or token.expires_at > ${clockAhead(now)}) as is_unused
      from looked_at token
    )
    select id, user_id, secret_issued_at::text as issued_at, is_unused, (select count(*) from looked_at) as looked_at from (
      (select * from judged where is_unused order by secret_issued_at, id limit ${limit})
      union all
      (select * from judged where not is_unused order by secret_issued_at desc, id desc limit 1)
    ) told order by secret_issued_at, id`.execute(db);
  const tokens = rows.filter((row) => row.is_unused);
  const last = tokens.length === limit ? tokens.at(-1) : rows.at(-1);
  const is_over = tokens.length < limit && (rows[0]?.looked_at ?? 0) < looked_at_max;
  return { tokens, next: last === undefined || is_over ? null : last };
}
