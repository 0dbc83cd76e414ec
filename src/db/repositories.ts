// Repositories one at a time. SQL only; lists are in repository-list.ts.

import type { Kysely } from 'kysely';
import type { Visibility } from '../domain/vocabulary.ts';
import type { Database } from './schema.ts';

/** The constraint that is violated where the owner already has a repository of that name, in whatever case. */
export const REPOSITORY_NAME_TAKEN = 'repositories_name_taken';

export type RepositoryRow = {
  readonly id: number;
  readonly name: string;
  readonly visibility: string;
  readonly archived: boolean;
  readonly description: string | null;
  readonly created_at: Date;
  readonly owner_id: number;
  readonly owner_login: string;
  readonly owner_type: string;
};

export type NewRepository = {
  readonly owner_id: number;
  readonly name: string;
  readonly visibility: Visibility;
  readonly description: string | null;
  readonly created_at: Date;
};

export type RepositoryChange = {
  readonly owner_id?: number;
  readonly name?: string;
  readonly visibility?: Visibility;
  readonly archived?: boolean;
  readonly description?: string | null;
};

/** Everything that an answer shows of a repository. */
export function findRepository(db: Kysely<Database>, id: number): Promise<RepositoryRow | undefined> {
  return db
    .selectFrom('repositories as repository')
    .innerJoin('accounts as owner', 'owner.id', 'repository.owner_id')
    .select(['repository.id', 'repository.name', 'repository.visibility', 'repository.archived'])
    .select(['repository.description', 'repository.created_at'])
    .select(['owner.id as owner_id', 'owner.login as owner_login', 'owner.type as owner_type'])
    .where('repository.id', '=', id)
    .executeTakeFirst();
}

/** What no rule reads of a repository, of one state of the database. */
export type RepositoryText = Pick<RepositoryRow, 'description' | 'created_at'> & {
  /** The number of the last commit that the state contains. */
  readonly epoch: number;
};

/** Faults: StorageUnavailable. */
export async function findRepositoryText(db: Kysely<Database>, id: number): Promise<RepositoryText | null> {
  const row = await db
    .selectFrom(['repositories as repository', 'change_epoch as current'])
    .select(['repository.description', 'repository.created_at', 'current.epoch'])
    .where('repository.id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** Its id; a taken name violates REPOSITORY_NAME_TAKEN. */
export async function insertRepository(db: Kysely<Database>, repository: NewRepository): Promise<number> {
  const { id } = await db.insertInto('repositories').values(repository).returning('id').executeTakeFirstOrThrow();
  return id;
}

export type LockedRepository = Pick<RepositoryRow, 'id' | 'name' | 'visibility' | 'archived' | 'description'>;

/** The repository if it still has this owner; nobody else changes it until the transaction ends. */
export function lockRepository(
  db: Kysely<Database>,
  repository: { readonly id: number; readonly owner_id: number },
): Promise<LockedRepository | undefined> {
  return db
    .selectFrom('repositories')
    .select(['id', 'name', 'visibility', 'archived', 'description'])
    .where('id', '=', repository.id)
    .where('owner_id', '=', repository.owner_id)
    .forUpdate()
    .executeTakeFirst();
}

/** A taken name violates REPOSITORY_NAME_TAKEN. */
export async function updateRepository(db: Kysely<Database>, id: number, change: RepositoryChange): Promise<void> {
  await db.updateTable('repositories').set(change).where('id', '=', id).execute();
}

/** Deletes it with everything that hangs on it. */
export async function deleteRepository(db: Kysely<Database>, id: number): Promise<void> {
  await db.deleteFrom('repositories').where('id', '=', id).execute();
}

/** Takes the repository from every team. */
export async function deleteFromTeams(db: Kysely<Database>, repository_id: number): Promise<void> {
  await db.deleteFrom('team_repositories').where('repository_id', '=', repository_id).execute();
}
