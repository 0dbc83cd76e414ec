// What resource owners let tokens do (grants) and what they are asked for (requests). SQL only; a token has at most one grant
// and at most one pending request.

import { type Kysely, sql } from 'kysely';
import type { PermissionMap } from '../domain/permission.ts';
import type { RepositorySelection } from '../domain/vocabulary.ts';
import type { Database } from './schema.ts';

type AccessColumns = {
  readonly permissions: PermissionMap;
  readonly repository_selection: RepositorySelection;
  readonly repository_ids: readonly number[];
};

export type NewGrant = {
  readonly token_id: number;
  readonly resource_owner_id: number;
  readonly access: AccessColumns;
  readonly granted_at: Date;
  readonly lifetime_seconds: number | null;
};

/** Sets the token's grant, in place of the one that it may have. */
export async function putGrant(db: Kysely<Database>, grant: NewGrant): Promise<void> {
  const { access, token_id, resource_owner_id, granted_at, lifetime_seconds } = grant;
  const permissions = JSON.stringify(access.permissions);
  const { repository_selection } = access;
  const { id } = await db
    .insertInto('grants')
    .values({ token_id, resource_owner_id, permissions, repository_selection, granted_at, lifetime_seconds })
    .onConflict((conflict) =>
      conflict
        .column('token_id')
        .doUpdateSet({ resource_owner_id, permissions, repository_selection, granted_at, lifetime_seconds }),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.deleteFrom('grant_repositories').where('grant_id', '=', id).execute();
  if (access.repository_ids.length === 0) return;
  await sql`
    insert into grant_repositories (grant_id, repository_id)
    select ${id}::bigint, each from unnest(${[...access.repository_ids]}::bigint[]) each`.execute(db);
}

export type NewGrantRequest = {
  readonly token_id: number;
  readonly resource_owner_id: number;
  readonly access: AccessColumns;
  readonly reason: string | null;
  readonly created_at: Date;
};

/** Inserts a pending request; answers its id. A second pending one of the token violates `grant_requests_one_pending`. */
export async function insertGrantRequest(db: Kysely<Database>, request: NewGrantRequest): Promise<number> {
  const { access, token_id, resource_owner_id, reason, created_at } = request;
  const { repository_selection, repository_ids } = access;
  const permissions = JSON.stringify(access.permissions);
  const { id } = await db
    .insertInto('grant_requests')
    .values({ token_id, resource_owner_id, state: 'pending', permissions, repository_selection, reason, created_at })
    .returning('id')
    .executeTakeFirstOrThrow();
  if (repository_ids.length > 0) {
    await sql`
      insert into grant_request_repositories (request_id, repository_id)
      select ${id}::bigint, each from unnest(${[...repository_ids]}::bigint[]) each`.execute(db);
  }
  return id;
}
