// Who may do what on one repository: direct collaborators, and everybody who has a role by whatever way (C5). SQL only.

import { type Kysely, sql } from 'kysely';
import { ROLES, type Role } from '../domain/vocabulary.ts';
import type { Database } from './schema.ts';

type Pair = { readonly repository_id: number; readonly user_id: number };

/** The role that the person has as a collaborator; undefined: he is none. */
export async function findCollaboratorRole(db: Kysely<Database>, pair: Pair): Promise<string | undefined> {
  const row = await db
    .selectFrom('collaborators')
    .select('role')
    .where('repository_id', '=', pair.repository_id)
    .where('user_id', '=', pair.user_id)
    .executeTakeFirst();
  return row?.role;
}

/** Sets the person's role as a collaborator. */
export async function putCollaborator(db: Kysely<Database>, pair: Pair, role: Role): Promise<void> {
  await db
    .insertInto('collaborators')
    .values({ ...pair, role })
    .onConflict((conflict) => conflict.columns(['repository_id', 'user_id']).doUpdateSet({ role }))
    .execute();
}

/** False: the person was no collaborator. */
export async function deleteCollaborator(db: Kysely<Database>, pair: Pair): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('collaborators')
    .where('repository_id', '=', pair.repository_id)
    .where('user_id', '=', pair.user_id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export type CollaboratorRow = { readonly id: number; readonly login: string; readonly role: Role };

export type CollaboratorQuery = {
  readonly repository_id: number;
  /** `direct`: added to this repository. `outside`: those of them who are no members of the organization. */
  readonly affiliation: 'all' | 'direct' | 'outside';
  /** At least this role. */
  readonly role_min: Role;
  readonly limit: number;
  readonly offset: number;
};

/** A page of the people with a role, each with his highest, by login, and one row more where there are more. */
export async function listCollaborators(db: Kysely<Database>, query: CollaboratorQuery): Promise<CollaboratorRow[]> {
  const { repository_id, affiliation, role_min, limit, offset } = query;
  const found = await sql<{ id: number; login: string; rank: number }>`
with repository as materialized (
  select each.id, each.owner_id, each.visibility, org.id as organization_id, org.enterprise_id,
    org.default_repository_permission
  from repositories each left join organizations org on org.id = each.owner_id
  where each.id = ${repository_id}::bigint
), source as (
  select owner.id as user_id, 'admin' as role
  from repository join users owner on owner.id = repository.owner_id
  union all
  select member.user_id, case member.role when 'admin' then 'admin' else repository.default_repository_permission end
  from repository join memberships member on member.organization_id = repository.organization_id
  union all
  select member.user_id, given.role
  from repository
  join team_repositories given on given.repository_id = repository.id
  join team_members member on member.team_id = given.team_id
  union all
  select each.user_id, each.role from repository join collaborators each on each.repository_id = repository.id
  union all
  select member.user_id, 'read'
  from repository
  join organizations sibling on sibling.enterprise_id = repository.enterprise_id
  join memberships member on member.organization_id = sibling.id
  where repository.visibility = 'internal'
), ranked as (
  select source.user_id, max(array_position(${[...ROLES]}::text[], source.role)) as rank
  from source
  group by source.user_id
)
select account.id, account.login, ranked.rank::int as rank
from ranked join accounts account on account.id = ranked.user_id
where ranked.rank >= array_position(${[...ROLES]}::text[], ${role_min})
  and (${affiliation} = 'all' or exists (
    select 1 from collaborators each
    where each.repository_id = ${repository_id}::bigint and each.user_id = ranked.user_id))
  and (${affiliation} <> 'outside' or not exists (
    select 1 from repository join memberships member on member.organization_id = repository.organization_id
    where member.user_id = ranked.user_id))
order by account.login_key
limit ${limit + 1} offset ${offset}`.execute(db);
  return found.rows.flatMap(({ id, login, rank }) => {
    const role = ROLES[rank - 1];
    return role === undefined ? [] : [{ id, login, role }];
  });
}
