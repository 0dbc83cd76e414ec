// Repositories as the import makes and changes them: many at once. SQL only.

import { type Kysely, sql } from 'kysely';
import { repositoryClaim } from '../../domain/import-plan.ts';
import type { Database } from '../schema.ts';
import { deleteFromSelections } from '../selections.ts';

export type RepositoryColumns = {
  readonly owner_id: number;
  readonly name: string;
  readonly visibility: string;
  readonly archived: boolean;
  readonly description: string | null;
};

/** Their ids by owner and name (`repositoryClaim`); a taken name is left out. */
export async function insertRepositories(
  db: Kysely<Database>,
  repositories: readonly RepositoryColumns[],
  now: Date,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: number; owner_id: number; name: string }>`
    insert into repositories (owner_id, name, visibility, archived, description, created_at)
    select made.*, ${now}::timestamptz from unnest(${columnsOf(repositories)}) as made
    on conflict on constraint repositories_name_taken do nothing
    returning id, owner_id, name`.execute(db);
  return new Map(rows.map(({ id, owner_id, name }) => [repositoryClaim(owner_id, name), id]));
}

function columnsOf(repositories: readonly RepositoryColumns[]) {
  const column = <Name extends keyof RepositoryColumns>(name: Name) => repositories.map((each) => each[name]);
  return sql`${column('owner_id')}::bigint[], ${column('name')}::text[], ${column('visibility')}::text[],
    ${column('archived')}::boolean[], ${column('description')}::text[]`;
}

export type RepositoryBefore = RepositoryColumns & {
  readonly id: number;
  readonly owner_type: string;
  readonly name_taken: boolean;
};

/** These repositories as they are, locked, and whether their owner-to-be has another one of the name that they are to have. */
export async function lockRepositories(
  db: Kysely<Database>,
  wishes: readonly { readonly id: number; readonly owner_id: number; readonly name: string }[],
): Promise<Map<number, RepositoryBefore>> {
  const { rows } = await sql<RepositoryBefore>`
    select repository.id, repository.owner_id, repository.name, repository.visibility, repository.archived,
      repository.description, owner.type as owner_type,
      exists (
        select 1 from repositories other
        where other.owner_id = wish.owner_id and other.name_key = lower(wish.name) and other.id <> wish.id)
        as name_taken
    from unnest(
      ${wishes.map((each) => each.id)}::bigint[], ${wishes.map((each) => each.owner_id)}::bigint[],
      ${wishes.map((each) => each.name)}::text[]) as wish (id, owner_id, name)
    join repositories repository on repository.id = wish.id
    join accounts owner on owner.id = repository.owner_id
    order by repository.id for no key update of repository`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

export async function updateRepositories(
  db: Kysely<Database>,
  repositories: readonly (RepositoryColumns & { readonly id: number })[],
): Promise<void> {
  await sql`
    update repositories set owner_id = wish.owner_id, name = wish.name, visibility = wish.visibility,
      archived = wish.archived, description = wish.description
    from unnest(${columnsOf(repositories)}, ${repositories.map((each) => each.id)}::bigint[])
      as wish (owner_id, name, visibility, archived, description, id)
    where repositories.id = wish.id`.execute(db);
}

/**
 * After a change of owner: out of every selection of every token, from every team of another owner, and the new owner is no
 * collaborator of his own.
 * @rule M10
 */
export async function leaveOwner(db: Kysely<Database>, repository_ids: readonly number[]): Promise<void> {
  const ids = [...repository_ids];
  await deleteFromSelections(db, ids);
  await sql`
    delete from team_repositories held using teams team, repositories repository
    where held.repository_id = any(${ids}::bigint[]) and team.id = held.team_id and repository.id = held.repository_id
      and team.organization_id <> repository.owner_id`.execute(db);
  await sql`
    delete from collaborators held using repositories repository
    where repository.id = any(${ids}::bigint[]) and held.repository_id = repository.id
      and held.user_id = repository.owner_id`.execute(db);
}

export async function deleteRepositories(db: Kysely<Database>, ids: readonly number[]): Promise<void> {
  await sql`delete from repositories where id = any(${[...ids]}::bigint[])`.execute(db);
}
