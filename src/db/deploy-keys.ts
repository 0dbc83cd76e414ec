// Deploy keys of repositories (M9). SQL only.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** The constraint that is violated where the repository has that key already. */
export const DEPLOY_KEY_TAKEN = 'deploy_keys_taken';

export type DeployKeyRow = {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  readonly read_only: boolean;
  readonly added_by: string;
  readonly created_at: Date;
};

const COLUMNS = ['id', 'title', 'key', 'read_only', 'added_by', 'created_at'] as const;

export type NewDeployKey = Omit<DeployKeyRow, 'id'> & {
  readonly repository_id: number;
  /** The token that makes it, with which it dies; null: a person made it. */
  readonly token_id: number | null;
};

/** A page of the repository's keys, oldest first, and one row more where there are more. */
export function listDeployKeys(
  db: Kysely<Database>,
  query: { readonly repository_id: number; readonly limit: number; readonly offset: number },
): Promise<DeployKeyRow[]> {
  return db
    .selectFrom('deploy_keys')
    .select(COLUMNS)
    .where('repository_id', '=', query.repository_id)
    .orderBy('id')
    .limit(query.limit + 1)
    .offset(query.offset)
    .execute();
}

/** A key of this repository. */
export function findDeployKey(
  db: Kysely<Database>,
  key: { readonly repository_id: number; readonly id: number },
): Promise<DeployKeyRow | undefined> {
  return db
    .selectFrom('deploy_keys')
    .select(COLUMNS)
    .where('repository_id', '=', key.repository_id)
    .where('id', '=', key.id)
    .executeTakeFirst();
}

/** A key that the repository has already violates DEPLOY_KEY_TAKEN. */
export function insertDeployKey(db: Kysely<Database>, key: NewDeployKey): Promise<DeployKeyRow> {
  return db.insertInto('deploy_keys').values(key).returning(COLUMNS).executeTakeFirstOrThrow();
}

/** The key that is gone now; undefined: the repository has none with this id. */
export function deleteDeployKey(
  db: Kysely<Database>,
  key: { readonly repository_id: number; readonly id: number },
): Promise<DeployKeyRow | undefined> {
  return db
    .deleteFrom('deploy_keys')
    .where('repository_id', '=', key.repository_id)
    .where('id', '=', key.id)
    .returning(COLUMNS)
    .executeTakeFirst();
}

/** Whether the token still may leave something behind: its end waits until the transaction ends. @rule M9 */
export async function holdLiveToken(db: Kysely<Database>, token_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('tokens')
    .select('id')
    .where('id', '=', token_id)
    .where('revoked_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}
