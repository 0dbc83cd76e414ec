// Tokens and their texts (digests only): what is written, and what is judged before. Reading records: token-records.ts.

import type { Kysely } from 'kysely';
import type { PermissionMap } from '../domain/permission.ts';
import type { RepositorySelection, TokenKind } from '../domain/vocabulary.ts';
import type { Database } from './schema.ts';
import { insertSelection } from './selections.ts';

export type NewToken = {
  readonly user_id: number;
  readonly name: string;
  readonly description: string | null;
  readonly issued_at: Date;
  readonly expires_at: Date | null;
  readonly digest: string;
  readonly token_last_eight: string;
} & (
  | { readonly kind: 'classic'; readonly scopes: readonly string[] }
  | {
      readonly kind: 'fine_grained';
      readonly resource_owner_id: number;
      readonly permissions: PermissionMap;
      readonly repository_selection: RepositorySelection;
      readonly repository_ids: readonly number[];
    }
);

/** Inserts a token with its text and its repositories; answers its id. */
export async function insertToken(db: Kysely<Database>, token: NewToken): Promise<number> {
  const { kind, user_id, name, description, issued_at, expires_at, token_last_eight, digest } = token;
  const common = { kind, user_id, name, description, expires_at, token_last_eight };
  const asked =
    token.kind === 'classic'
      ? { scopes: [...token.scopes] }
      : {
          resource_owner_id: token.resource_owner_id,
          resource_owner_id_asked: token.resource_owner_id,
          permissions: JSON.stringify(token.permissions),
          repository_selection: token.repository_selection,
        };
  const { id } = await db
    .insertInto('tokens')
    .values({ ...common, created_at: issued_at, secret_issued_at: issued_at, ...asked })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.insertInto('token_secrets').values({ digest, token_id: id, is_current: true }).execute();
  if (token.kind === 'fine_grained') {
    await insertSelection(db, 'token_repositories', { id, repository_ids: token.repository_ids });
  }
  return id;
}

/** The rows of this person's tokens that are alive. Expiry counts from its very moment on. */
function liveTokens(db: Kysely<Database>, user_id: number, now: Date) {
  return db
    .selectFrom('tokens')
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]));
}

/** Whether a live token of this person, other than this one, has the name. */
export async function isTokenNameTaken(
  db: Kysely<Database>,
  asked: { readonly user_id: number; readonly name: string; readonly except_id: number | null },
  now: Date,
): Promise<boolean> {
  const row = await liveTokens(db, asked.user_id, now)
    .select('id')
    .where('name', '=', asked.name)
    .$if(asked.except_id !== null, (query) => query.where('id', '!=', asked.except_id))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** How many live tokens of this kind the person has. */
export async function countLiveTokens(
  db: Kysely<Database>,
  user_id: number,
  kind: TokenKind,
  now: Date,
): Promise<number> {
  const { count } = await liveTokens(db, user_id, now)
    .where('kind', '=', kind)
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
