// What resource owners let tokens do (grants) and what they are asked for (requests). SQL only; a token has at most one grant
// and at most one pending request.

import { type Kysely, sql } from 'kysely';
import type { TokenAccess } from '../domain/token-access.ts';
import type { Database } from './schema.ts';
import { insertSelection, replaceSelection } from './selections.ts';

export type NewGrant = {
  readonly token_id: number;
  readonly resource_owner_id: number;
  readonly access: TokenAccess;
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
  await replaceSelection(db, 'grant_repositories', { id, repository_ids: access.repository_ids });
}

/** Leaves less of a grant; when and for how long it was given stays. */
export async function narrowGrant(db: Kysely<Database>, id: number, access: TokenAccess): Promise<void> {
  const { repository_selection } = access;
  const permissions = JSON.stringify(access.permissions);
  await db.updateTable('grants').set({ permissions, repository_selection }).where('id', '=', id).execute();
  await replaceSelection(db, 'grant_repositories', { id, repository_ids: access.repository_ids });
}

/** The life that counts as approved from now on; null: without end. */
export async function setApprovedLife(db: Kysely<Database>, id: number, seconds: number | null): Promise<void> {
  await db.updateTable('grants').set({ lifetime_seconds: seconds }).where('id', '=', id).execute();
}

/** Ends a pending request by its holder's act. */
export async function cancelGrantRequest(db: Kysely<Database>, id: number): Promise<void> {
  await db
    .updateTable('grant_requests')
    .set({ state: 'cancelled' })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .execute();
}

export type NewGrantRequest = {
  readonly token_id: number;
  readonly resource_owner_id: number;
  readonly access: TokenAccess;
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
    .values({
      ...{ token_id, resource_owner_id, state: 'pending', permissions, repository_selection, reason, created_at },
      permissions_before: sql<string>`(select permissions from grants where token_id = ${token_id})`,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await insertSelection(db, 'grant_request_repositories', { id, repository_ids });
  return id;
}
