// Tokens as their holder sees them: the record with what is granted and what is asked. SQL only; never a text of a token.

import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { TokenKind, TokenState } from '../domain/vocabulary.ts';
import type { Database } from './schema.ts';

/** Columns are `unknown` where the rules do not trust the database to hold only what they know. */
export type TokenRecordRow = {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly description: string | null;
  readonly created_at: Date;
  readonly secret_issued_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  readonly token_last_eight: string;
  readonly hashed_token: string | null;
  readonly previous_secret_expires_at: Date | null;
  readonly scopes: readonly string[] | null;
  readonly resource_owner_id: number | null;
  readonly resource_owner_type: string | null;
  readonly resource_owner: string | null;
  readonly permissions: unknown;
  readonly repository_selection: string | null;
  readonly grant_id: number | null;
  readonly grant_permissions: unknown;
  readonly grant_selection: string | null;
  readonly granted_at: Date | null;
  readonly request_id: number | null;
  readonly request_state: string | null;
  readonly request_reason: string | null;
  readonly requested_at: Date | null;
  readonly review_reason: string | null;
  readonly reviewed_by: string | null;
  readonly reviewed_at: Date | null;
  readonly sso_organizations: readonly string[];
  readonly sso_authorized_at: readonly Date[];
};

function records(db: Kysely<Database>) {
  return db
    .selectFrom('tokens as token')
    .leftJoin('accounts as owner', 'owner.id', 'token.resource_owner_id')
    .leftJoin('grants as held', (join) =>
      join.onRef('held.token_id', '=', 'token.id').onRef('held.resource_owner_id', '=', 'token.resource_owner_id'),
    )
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom('grant_requests as each')
          .leftJoin('accounts as reviewer', 'reviewer.id', 'each.reviewed_by')
          .select(['each.id', 'each.state', 'each.reason', 'each.review_reason', 'each.reviewed_at', 'each.created_at'])
          .select('reviewer.login as reviewed_by')
          .whereRef('each.token_id', '=', 'token.id')
          .orderBy('each.id', 'desc')
          .limit(1)
          .as('request'),
      (join) => join.onTrue(),
    )
    .select(['token.id', 'token.kind', 'token.name', 'token.description', 'token.created_at', 'token.secret_issued_at'])
    .select(['token.expires_at', 'token.last_used_at', 'token.revoked_at', 'token.token_last_eight', 'token.scopes'])
    .select(['token.resource_owner_id_asked as resource_owner_id', 'token.permissions', 'token.repository_selection'])
    .select(['owner.login as resource_owner', 'owner.type as resource_owner_type'])
    .select(['held.id as grant_id', 'held.permissions as grant_permissions'])
    .select(['held.repository_selection as grant_selection', 'held.granted_at'])
    .select(['request.id as request_id', 'request.state as request_state', 'request.reason as request_reason'])
    .select([
      'request.review_reason',
      'request.reviewed_by',
      'request.reviewed_at',
      'request.created_at as requested_at',
    ])
    .select([
      sql<string | null>`(select s.digest from token_secrets s where s.token_id = token.id and s.is_current)`.as(
        'hashed_token',
      ),
      sql<Date | null>`(select s.expires_at from token_secrets s where s.token_id = token.id and not s.is_current)`.as(
        'previous_secret_expires_at',
      ),
      sql<string[]>`array(
        select a.login from token_sso_authorizations s join accounts a on a.id = s.organization_id
        where s.token_id = token.id and s.revoked_at is null order by a.id)`.as('sso_organizations'),
      sql<Date[]>`array(
        select s.authorized_at from token_sso_authorizations s join accounts a on a.id = s.organization_id
        where s.token_id = token.id and s.revoked_at is null order by a.id)`.as('sso_authorized_at'),
    ]);
}

/** The record of this person's token; undefined where it is not his, or not there. */
export function findTokenRecord(
  db: Kysely<Database>,
  key: { readonly id: number; readonly user_id: number },
): Promise<TokenRecordRow | undefined> {
  return records(db).where('token.id', '=', key.id).where('token.user_id', '=', key.user_id).executeTakeFirst();
}

export type TokenListQuery = {
  readonly user_id: number;
  readonly kind: TokenKind | null;
  readonly state: TokenState | null;
  readonly resource_owner_key: string | null;
  readonly expires_before: Date | null;
  readonly now: Date;
  readonly limit: number;
  readonly offset: number;
};

const GRANTED = sql<SqlBool>`(token.kind = 'classic' or exists (
  select from grants held where held.token_id = token.id and held.resource_owner_id = token.resource_owner_id))`;
const PENDING = sql<SqlBool>`coalesce((
  select request.state from grant_requests request where request.token_id = token.id order by request.id desc limit 1
) = 'pending', false)`;

/** The condition of a state. domain/token-state.ts says what the words mean; a test compares the two. */
function inState(state: TokenState, now: Date): RawBuilder<SqlBool> {
  const expired = sql<SqlBool>`coalesce(token.expires_at <= ${now}, false)`;
  const conditions: Readonly<Record<TokenState, RawBuilder<SqlBool>>> = {
    revoked: sql`token.revoked_at is not null`,
    expired: sql`token.revoked_at is null and ${expired}`,
    active: sql`token.revoked_at is null and not ${expired} and ${GRANTED}`,
    pending: sql`token.revoked_at is null and not ${expired} and not ${GRANTED} and ${PENDING}`,
    denied: sql`token.revoked_at is null and not ${expired} and not ${GRANTED} and not ${PENDING}`,
  };
  return conditions[state];
}

/** The person's tokens that fit, newest first. Which are of the page is said before anything else is read of them. */
export function listTokenRecords(db: Kysely<Database>, query: TokenListQuery): Promise<TokenRecordRow[]> {
  const { user_id, kind, state, resource_owner_key, expires_before, now, limit, offset } = query;
  const conditions = [sql`token.user_id = ${user_id}`];
  if (kind !== null) conditions.push(sql`token.kind = ${kind}`);
  if (state !== null) conditions.push(inState(state, now));
  if (resource_owner_key !== null) {
    const owner = sql`(select owner.id from accounts owner where owner.login_key = ${resource_owner_key})`;
    conditions.push(sql`token.resource_owner_id = ${owner}`);
  }
  if (expires_before !== null) conditions.push(sql`token.expires_at < ${expires_before}`);
  const page = sql<{ id: number }>`(
    select token.id from tokens token where ${sql.join(conditions, sql` and `)}
    order by token.id desc limit ${limit} offset ${offset})`.as('page');
  return records(db)
    .innerJoin(page, (join) => join.onRef('page.id', '=', 'token.id'))
    .orderBy('token.id', 'desc')
    .execute();
}
