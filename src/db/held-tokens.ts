// One token, locked while its holder changes it: what it asks, what it is granted, what is pending. SQL only. Everything here
// runs after lockToken, so that a review of the same moment comes before or after as a whole (A2).

import { type Kysely, sql } from 'kysely';
import type { TriedToken } from '../domain/refusal.ts';
import type { TokenAccess } from '../domain/token-access.ts';
import { holdMembership } from './resource-owners.ts';
import type { Database } from './schema.ts';
import { replaceSelection } from './selections.ts';

export type HeldTokenRow = {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly description: string | null;
  readonly secret_issued_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly hashed_token: string | null;
  readonly scopes: readonly string[] | null;
  /** Null when the resource owner is gone. */
  readonly owner_id: number | null;
  readonly owner_type: string | null;
  readonly owner_login: string | null;
  readonly permissions: unknown;
  readonly repository_selection: string | null;
  readonly repository_ids: readonly number[];
  readonly grant_id: number | null;
  readonly grant_permissions: unknown;
  readonly grant_selection: string | null;
  readonly grant_repository_ids: readonly number[];
  readonly grant_lifetime_seconds: number | null;
  readonly request_id: number | null;
  readonly request_reason: string | null;
};
type Key = { readonly id: number; readonly user_id: number };

/** Whether this person holds the token. */
export async function holdsToken(db: Kysely<Database>, { id, user_id }: Key): Promise<boolean> {
  const found = await db
    .selectFrom('tokens')
    .select('id')
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();
  return found !== undefined;
}

/**
 * Locks this person's token and all that could change what it has: the organization and the membership, before the token,
 * as their own changes do, and then its repositories, which a transfer takes out of every selection (M10). Undefined where
 * the token is not his or not there.
 */
export async function lockToken(db: Kysely<Database>, key: Key): Promise<HeldTokenRow | undefined> {
  const token = () => db.selectFrom('tokens').where('id', '=', key.id).where('user_id', '=', key.user_id);
  const found = await token().select('resource_owner_id').executeTakeFirst();
  const owner_id = found?.resource_owner_id ?? null;
  if (owner_id !== null) await holdMembership(db, key.user_id, { id: owner_id });
  const locked = await token().select('id').forNoKeyUpdate().executeTakeFirst();
  if (locked === undefined) return undefined;
  await sql`
    select id from repositories where id in (
      select repository_id from token_repositories where token_id = ${key.id}
      union
      select each.repository_id from grant_repositories each join grants held on held.id = each.grant_id
      where held.token_id = ${key.id})
    order by id for share`.execute(db);
  // A statement of its own: the snapshots of those before may be older than the locks.
  return readHeldToken(db, locked.id);
}

function readHeldToken(db: Kysely<Database>, id: number): Promise<HeldTokenRow | undefined> {
  return db
    .selectFrom('tokens as token')
    .leftJoin('token_secrets as secret', (join) =>
      join.onRef('secret.token_id', '=', 'token.id').on('secret.is_current', '=', true),
    )
    .leftJoin('accounts as owner', 'owner.id', 'token.resource_owner_id')
    .leftJoin('grants as held', (join) =>
      join.onRef('held.token_id', '=', 'token.id').onRef('held.resource_owner_id', '=', 'token.resource_owner_id'),
    )
    .leftJoin('grant_requests as request', (join) =>
      join.onRef('request.token_id', '=', 'token.id').on('request.state', '=', 'pending'),
    )
    .select(['token.id', 'token.kind', 'token.name', 'token.description', 'token.secret_issued_at', 'token.expires_at'])
    .select(['token.revoked_at', 'token.scopes', 'token.permissions', 'token.repository_selection'])
    .select(['secret.digest as hashed_token', 'owner.id as owner_id', 'owner.type as owner_type'])
    .select(['owner.login as owner_login', 'held.id as grant_id', 'held.permissions as grant_permissions'])
    .select(['held.repository_selection as grant_selection', 'held.lifetime_seconds as grant_lifetime_seconds'])
    .select(['request.id as request_id', 'request.reason as request_reason'])
    .select([
      sql<number[]>`array(
        select r.repository_id from token_repositories r where r.token_id = token.id order by 1)`.as('repository_ids'),
      sql<number[]>`array(
        select r.repository_id from grant_repositories r where r.grant_id = held.id order by 1)`.as(
        'grant_repository_ids',
      ),
    ])
    .where('token.id', '=', id)
    .executeTakeFirst();
}

/**
 * The token of this id, whoever holds it, as a refused attempt at it is recorded; undefined: there is none, which is found out by as much
 * work. 0 is nobody's id. @rule F6
 */
export async function findTriedToken(db: Kysely<Database>, id: number): Promise<TriedToken | undefined> {
  const { rows } = await sql<{ [Each in keyof TriedToken]: TriedToken[Each] | null }>`
    select token.id, token.kind, secret.digest as hashed_token, holder.id as holder_id, holder.login as holder
    from (select ${id}::bigint as id) sought
    left join tokens token on token.id = sought.id
    left join accounts holder on holder.id = coalesce(token.user_id, 0)
    left join token_secrets secret on secret.token_id = sought.id and secret.is_current`.execute(db);
  const [found] = rows;
  if (found === undefined) return undefined;
  const { id: token_id, kind, hashed_token, holder_id, holder } = found;
  if (token_id === null || kind === null || holder_id === null || holder === null) return undefined;
  return { id: token_id, kind, hashed_token, holder_id, holder };
}

export type TokenChanges = {
  readonly name?: string;
  readonly description?: string | null;
  readonly expires_at?: Date | null;
  readonly scopes?: string[];
};

/** Changes the named members; there is at least one. */
export async function updateToken(db: Kysely<Database>, id: number, changes: TokenChanges): Promise<void> {
  await db.updateTable('tokens').set(changes).where('id', '=', id).execute();
}

/** Sets what the token asks. */
export async function updateAskedAccess(db: Kysely<Database>, id: number, access: TokenAccess): Promise<void> {
  const { repository_selection, repository_ids } = access;
  const permissions = JSON.stringify(access.permissions);
  await db.updateTable('tokens').set({ permissions, repository_selection }).where('id', '=', id).execute();
  await replaceSelection(db, 'token_repositories', { id, repository_ids });
}

/** Deletes this person's token with everything that hangs on it, the deploy keys that it made too. @rule M9 */
export async function deleteToken(db: Kysely<Database>, id: number): Promise<void> {
  await db.deleteFrom('tokens').where('id', '=', id).execute();
}
