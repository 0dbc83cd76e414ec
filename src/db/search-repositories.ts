// Repositories that a subject may reach, in the order of their ids: where his role may come from (C5), each source read by an
// index from where the last page ended, so that a page costs the same in a large directory. SQL only: a superset, which
// decide() judges row by row.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { RepositoryKinds } from '../domain/search.ts';
import type { Database } from './schema.ts';

export type RepositoryCandidate = {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
};

export type RepositoryCandidatesQuery = {
  readonly person_id: number;
  readonly kinds: RepositoryKinds;
  /** Only what this grant or exchanged token lists; null: whatever he has a role on. */
  readonly listed_by: { readonly type: 'grant' | 'exchanged'; readonly id: number } | null;
  /** Only these owners' repositories; null: everybody's. */
  readonly owner_ids: readonly number[] | null;
  readonly except_owner_ids: readonly number[];
  readonly after_id: number;
  readonly limit: number;
};

type Part = RawBuilder<unknown>;

/** The condition on every repository `r`. */
function asked(query: RepositoryCandidatesQuery): Part {
  const { kinds, owner_ids, except_owner_ids, after_id } = query;
  const parts = [sql`r.id > ${after_id}`];
  if (!kinds.archived) parts.push(sql`not r.archived`);
  if (owner_ids !== null) parts.push(sql`r.owner_id = any (${[...owner_ids]}::bigint[])`);
  if (except_owner_ids.length > 0) parts.push(sql`r.owner_id <> all (${[...except_owner_ids]}::bigint[])`);
  return sql.join(parts, sql` and `);
}

/** Where he has one of the roles; where it is by the owner, each owner's repositories are read by themselves. */
function byRole(query: RepositoryCandidatesQuery): readonly Part[] {
  const { person_id, kinds, owner_ids, limit } = query;
  if (kinds.roles.length === 0) return [];
  const roles = sql`any (${[...kinds.roles]}::text[])`;
  const where = sql`${asked(query)} and r.visibility = any (${[...kinds.visibilities]}::text[])`;
  const of_owner = owner_ids === null ? sql`true` : sql`organization.id = any (${[...owner_ids]}::bigint[])`;
  const parts = [
    sql`select r.id from repositories r where r.owner_id = ${person_id} and ${where} order by r.id limit ${limit}`,
    sql`select page.id
      from memberships member
      join organizations organization on organization.id = member.organization_id
      cross join lateral (
        select r.id from repositories r where r.owner_id = organization.id and ${where} order by r.id limit ${limit}
      ) page
      where member.user_id = ${person_id} and ${of_owner}
        and (member.role = 'admin' or organization.default_repository_permission = ${roles})
      order by page.id limit ${limit}`,
    sql`select r.id from collaborators each join repositories r on r.id = each.repository_id
      where each.user_id = ${person_id} and each.repository_id > ${query.after_id} and each.role = ${roles} and ${where}
      order by each.repository_id limit ${limit}`,
    sql`select page.id
      from team_members member
      cross join lateral (
        select r.id from team_repositories given join repositories r on r.id = given.repository_id
        where given.team_id = member.team_id and given.repository_id > ${query.after_id} and given.role = ${roles} and ${where}
        order by given.repository_id limit ${limit}
      ) page
      where member.user_id = ${person_id}
      order by page.id limit ${limit}`,
  ];
  const internal = kinds.roles.includes('read') && kinds.visibilities.includes('internal');
  return internal ? [...parts, internalOnes(query, of_owner)] : parts;
}

/** What is internal to an enterprise of his organizations, where to read is enough. */
function internalOnes(query: RepositoryCandidatesQuery, of_owner: Part): Part {
  return sql`select page.id
    from organizations organization
    cross join lateral (
      select r.id from repositories r
      where r.owner_id = organization.id and r.visibility = 'internal' and ${asked(query)} order by r.id limit ${query.limit}
    ) page
    where ${of_owner} and organization.enterprise_id in (
      select own.enterprise_id from memberships member join organizations own on own.id = member.organization_id
      where member.user_id = ${query.person_id})
    order by page.id limit ${query.limit}`;
}

/** Public ones for which no role is needed. */
function publicOnes(query: RepositoryCandidatesQuery): readonly Part[] {
  const { kinds, limit, person_id } = query;
  const where = sql`r.visibility = 'public' and ${asked(query)}`;
  if (kinds.all_public) return [sql`select r.id from repositories r where ${where} order by r.id limit ${limit}`];
  if (!kinds.members_public) return [];
  return [
    sql`select page.id
      from memberships member
      cross join lateral (
        select r.id from repositories r where r.owner_id = member.organization_id and ${where} order by r.id limit ${limit}
      ) page
      where member.user_id = ${person_id}
      order by page.id limit ${limit}`,
  ];
}

function listed(query: RepositoryCandidatesQuery, { type, id }: { type: 'grant' | 'exchanged'; id: number }): Part {
  const of_list =
    type === 'grant'
      ? sql`grant_repositories listed on listed.repository_id = r.id and listed.grant_id = ${id}`
      : sql`exchanged_token_repositories listed on listed.repository_id = r.id and listed.exchanged_token_id = ${id}`;
  return sql`select r.id from repositories r join ${of_list} where ${asked(query)} order by r.id limit ${query.limit}`;
}

/** The next ones after an id. */
export async function listRepositoryCandidates(
  db: Kysely<Database>,
  query: RepositoryCandidatesQuery,
): Promise<readonly RepositoryCandidate[]> {
  const { listed_by } = query;
  const sources = listed_by === null ? [...byRole(query), ...publicOnes(query)] : [listed(query, listed_by)];
  if (sources.length === 0) return [];
  const parts = sources.map((source) => sql`(${source})`);
  const found = await sql<RepositoryCandidate>`
with found as (
  select page.id from (${sql.join(parts, sql` union `)}) page order by page.id limit ${query.limit}
)
select repository.id, owner.login as owner, repository.name
from found
join repositories repository on repository.id = found.id
join accounts owner on owner.id = repository.owner_id
order by repository.id`.execute(db);
  return found.rows;
}
