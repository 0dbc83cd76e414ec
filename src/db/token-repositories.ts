// The repositories that a fine-grained token asks for by name. SQL only.

import type { Kysely } from 'kysely';
import type { RepositoryRow } from './repositories.ts';
import type { Database } from './schema.ts';

/** The repositories of the token's subset, by name. As many as the limit on a subset allows, so they are read at once. */
export function listTokenRepositories(db: Kysely<Database>, token_id: number): Promise<RepositoryRow[]> {
  return db
    .selectFrom('token_repositories as each')
    .innerJoin('repositories as repository', 'repository.id', 'each.repository_id')
    .innerJoin('accounts as owner', 'owner.id', 'repository.owner_id')
    .select(['repository.id', 'repository.name', 'repository.visibility', 'repository.archived'])
    .select(['repository.description', 'repository.created_at', 'repository.owner_id'])
    .select(['owner.login as owner_login', 'owner.type as owner_type'])
    .where('each.token_id', '=', token_id)
    .orderBy('repository.name_key')
    .execute();
}
