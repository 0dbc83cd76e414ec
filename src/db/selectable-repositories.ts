// The repositories that a holder names for a subset (M6), with the sources of his role on each (C5). SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export type SelectableRepositoryRow = {
  readonly id: number;
  readonly name_key: string;
  readonly visibility: string;
  readonly owner_type: string;
  readonly base_permission: string | null;
  readonly membership_role: string | null;
  readonly collaborator_role: string | null;
  readonly team_roles: readonly string[];
  readonly internal_to_person: boolean;
};

/**
 * The owner's repositories with these names, locked until the end of the transaction, so that one that is transferred at
 * the same moment leaves this selection too (M10).
 */
export function lockNamedRepositories(
  db: Kysely<Database>,
  asked: { readonly owner_id: number; readonly user_id: number; readonly name_keys: readonly string[] },
): Promise<SelectableRepositoryRow[]> {
  const { owner_id, user_id, name_keys } = asked;
  return db
    .selectFrom('repositories as repository')
    .innerJoin('accounts as owner', 'owner.id', 'repository.owner_id')
    .leftJoin('organizations as organization', 'organization.id', 'owner.id')
    .leftJoin('memberships as member', (join) =>
      join.onRef('member.organization_id', '=', 'organization.id').on('member.user_id', '=', user_id),
    )
    .leftJoin('collaborators as collaborator', (join) =>
      join.onRef('collaborator.repository_id', '=', 'repository.id').on('collaborator.user_id', '=', user_id),
    )
    .select(['repository.id', 'repository.name_key', 'repository.visibility', 'owner.type as owner_type'])
    .select('organization.default_repository_permission as base_permission')
    .select(['member.role as membership_role', 'collaborator.role as collaborator_role'])
    .select(
      sql<string[]>`array(
        select given.role from team_repositories given
        join team_members belongs on belongs.team_id = given.team_id and belongs.user_id = ${user_id}
        where given.repository_id = repository.id)`.as('team_roles'),
    )
    .select(
      sql<boolean>`repository.visibility = 'internal' and exists (
        select 1 from memberships m
        join organizations o on o.id = m.organization_id and o.enterprise_id = organization.enterprise_id
        where m.user_id = ${user_id})`.as('internal_to_person'),
    )
    .where('repository.owner_id', '=', owner_id)
    .where('repository.name_key', 'in', [...name_keys])
    .orderBy('repository.id')
    .forShare('repository')
    .execute();
}
