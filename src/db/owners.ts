// Who can own repositories: locks for the moment in which something is made there. SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export type OwnerRow = {
  readonly id: number;
  readonly login: string;
  readonly type: string;
  readonly enterprise_id: number | null;
};

/**
 * These owners by their ids; they neither go nor enter or leave an enterprise until the transaction ends. The organizations first: who
 * renames or deletes one locks it before its account.
 */
export async function holdOwners(
  db: Kysely<Database>,
  owner_ids: readonly number[],
): Promise<ReadonlyMap<number, OwnerRow>> {
  const ids = [...owner_ids];
  const { rows: organizations } = await sql<{ id: number; enterprise_id: number | null }>`
    select id, enterprise_id from organizations where id = any(${ids}::bigint[]) order by id for share`.execute(db);
  const { rows: accounts } = await sql<{ id: number; login: string; type: string }>`
    select id, login, type from accounts where id = any(${ids}::bigint[]) order by id for key share`.execute(db);
  const enterprises = new Map(organizations.map((each) => [each.id, each.enterprise_id]));
  return new Map(accounts.map((each) => [each.id, { ...each, enterprise_id: enterprises.get(each.id) ?? null }]));
}

/** One of them. */
export async function holdOwner(db: Kysely<Database>, id: number): Promise<OwnerRow | undefined> {
  return (await holdOwners(db, [id])).get(id);
}

/**
 * The owners of all repositories on which the person can have a role, by whatever way (C5): himself, his organizations,
 * those of his teams, those that let him collaborate, and those with something internal in his enterprises.
 */
export async function listOwnersInReach(
  db: Kysely<Database>,
  person_id: number,
): Promise<{ id: number; login: string; type: string }[]> {
  const found = await sql<{ id: number; login: string; type: string }>`
select owner.id, owner.login, owner.type
from accounts owner
where owner.id in (
  select ${person_id}::bigint
  union
  select member.organization_id from memberships member where member.user_id = ${person_id}::bigint
  union
  select team.organization_id
  from team_members member join teams team on team.id = member.team_id
  where member.user_id = ${person_id}::bigint
  union
  select repository.owner_id
  from collaborators each join repositories repository on repository.id = each.repository_id
  where each.user_id = ${person_id}::bigint
  union
  select sibling.id
  from memberships member
  join organizations own on own.id = member.organization_id
  join organizations sibling on sibling.enterprise_id = own.enterprise_id
  where member.user_id = ${person_id}::bigint
    and exists (select 1 from repositories r where r.owner_id = sibling.id and r.visibility = 'internal')
)
order by owner.id`.execute(db);
  return found.rows;
}
