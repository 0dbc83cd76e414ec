// Pages of repositories (F8). What a credential may read is decided in the domain, class by class; here the rows of those
// classes are found, each owner's in the order of an index, so that a page of an owner with a million repositories reads
// about as many rows as it shows. A person's role (C5) is needed as a yes or no only; which role it is, facts say.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Affiliation } from '../domain/affiliation.ts';
import type { RepositoryClass } from '../domain/listing.ts';
import type { RepositoryRow } from './repositories.ts';
import type { Database } from './schema.ts';

export type RepositorySort = 'full_name' | 'created';

/** What the caller chose. */
export type RepositoryFilter = {
  readonly only_with_role: boolean;
  /** Empty: no matter how. */
  readonly affiliations: readonly Affiliation[];
  readonly visibility: 'all' | 'public' | 'private';
  readonly sort: RepositorySort;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
};

export type RepositoryListQuery = RepositoryFilter & {
  /** Null: nobody, who has no role anywhere. */
  readonly person_id: number | null;
  /** The grant whose selection counts; null: none. */
  readonly grant_id: number | null;
  /** The exchanged token to whose repositories the selection is narrowed; null: it is not. */
  readonly narrowed_by_id: number | null;
  readonly readable: readonly { readonly owner_id: number; readonly classes: readonly RepositoryClass[] }[];
};

/** A class in one word, as the statement spells it: `private+role+selected`. */
function word({ visibility, has_role, selected }: RepositoryClass): string {
  return `${visibility}${has_role ? '+role' : ''}${selected ? '+selected' : ''}`;
}

function orderOf({ sort, descending }: RepositoryListQuery) {
  const way = descending ? sql`desc` : sql`asc`;
  if (sort === 'created') {
    return {
      inner: sql`repository.created_at ${way}, repository.id ${way}`,
      outer: sql`found.created_at ${way}, found.id ${way}`,
      shown: sql`page.created_at ${way}, page.id ${way}`,
    };
  }
  return {
    inner: sql`repository.name_key ${way}`,
    outer: sql`asked.login_key ${way}, found.name_key ${way}`,
    shown: sql`page.login_key ${way}, page.name_key ${way}`,
  };
}

/**
 * One owner's rows of the asked classes, in order: `slice` says from where and how many. Nothing is read of them but what an index of
 * the order says, so that a page may have many before it. `source`: the repositories to look at. The statement around it names `asked` and
 * `holder`, and what the person has by himself and by teams.
 */
function rowsFrom(
  source: RawBuilder<unknown>,
  query: RepositoryListQuery,
  { order, slice }: { readonly order: RawBuilder<unknown>; readonly slice: RawBuilder<unknown> },
) {
  const { only_with_role, affiliations, visibility, sort } = query;
  const key = sort === 'created' ? sql`repository.created_at` : sql`repository.name_key`;
  return sql`
  select repository.id, ${key}
  from ${source} repository
  cross join lateral (
    select
      holder.everywhere
        or repository.id in (select repository_id from by_team)
        or (holder.internally and repository.visibility = 'internal') as as_member,
      repository.id in (select repository_id from direct) as as_collaborator
  ) role
  where repository.owner_id = asked.owner_id
    and repository.visibility
      || case when holder.is_self or role.as_member or role.as_collaborator then '+role' else '' end
      || case when repository.id in (select repository_id from selection) then '+selected' else '' end
      = any (asked.words)
    and (not ${only_with_role} or holder.is_self or role.as_member or role.as_collaborator)
    and (
      ${affiliations.length === 0}
      or (${affiliations.includes('owner')} and holder.is_self)
      or (${affiliations.includes('collaborator')} and role.as_collaborator)
      or (${affiliations.includes('organization_member')} and role.as_member)
    )
    and (${visibility} = 'all' or (${visibility} = 'public') = (repository.visibility = 'public'))
  order by ${order}
  ${slice}`;
}

/**
 * Where the person has a role on some of the owner's repositories only, these are looked at, not all: measured with 500,000
 * repositories of which his team is given one, the whole request takes 8 ms in place of 520.
 */
const SOME = sql`(
    select few.id, few.owner_id, few.name_key, few.visibility, few.created_at
    from few where not holder.all_count and few.owner_id = asked.owner_id
    union
    select each.id, each.owner_id, each.name_key, each.visibility, each.created_at
    from repositories each
    where not holder.all_count and holder.internally and each.owner_id = asked.owner_id and each.visibility = 'internal'
  )`;
const ALL = sql`(
    select each.id, each.owner_id, each.name_key, each.visibility, each.created_at
    from repositories each where holder.all_count
  )`;

/** Of one owner the page is cut where his rows are; of many it is cut from what the first of each make together. */
function slicesOf({ readable, limit, offset }: RepositoryListQuery) {
  const page = sql`limit ${limit} offset ${offset}`;
  return readable.length === 1 ? { inner: page, outer: sql`` } : { inner: sql`limit ${limit + offset}`, outer: page };
}

/** The rows of one page, in a total order. */
export async function listRepositories(db: Kysely<Database>, query: RepositoryListQuery): Promise<RepositoryRow[]> {
  const { person_id, grant_id, narrowed_by_id, readable, only_with_role } = query;
  const asked = readable.flatMap(({ owner_id, classes }) => classes.map((each) => ({ owner_id, word: word(each) })));
  const order = orderOf(query);
  const slice = slicesOf(query);
  const inner = { order: order.inner, slice: slice.inner };
  const found = await sql<RepositoryRow>`
with asked as materialized (
  select each.owner_id, owner.login_key, array_agg(each.word) as words
  from unnest(${asked.map((each) => each.owner_id)}::bigint[], ${asked.map((each) => each.word)}::text[])
    as each (owner_id, word)
  join accounts owner on owner.id = each.owner_id
  group by each.owner_id, owner.login_key
), direct as materialized (
  select repository_id from collaborators where user_id = ${person_id}::bigint
), everywhere as materialized (
  select member.organization_id from memberships member join organizations org on org.id = member.organization_id
  where member.user_id = ${person_id}::bigint
    and (member.role = 'admin' or (member.role = 'member' and org.default_repository_permission <> 'none'))
), by_team as materialized (
  -- Where he has a role everywhere nothing depends on teams, which may have been given very much.
  select given.repository_id
  from team_members member join teams team on team.id = member.team_id
  join team_repositories given on given.team_id = member.team_id
  where member.user_id = ${person_id}::bigint and team.organization_id not in (select organization_id from everywhere)
), few as materialized (
  select each.id, each.owner_id, each.name_key, each.visibility, each.created_at
  from repositories each
  where each.id in (select repository_id from direct union select repository_id from by_team)
), selection as materialized (
  select repository_id from grant_repositories where grant_id = ${grant_id}::bigint and ${narrowed_by_id}::bigint is null
  union all
  select each.repository_id from exchanged_token_repositories each
  where each.exchanged_token_id = ${narrowed_by_id}::bigint and (${grant_id}::bigint is null or exists (
    select 1 from grants held where held.id = ${grant_id}::bigint and (held.repository_selection = 'all' or exists (
      select 1 from grant_repositories listed
      where listed.grant_id = held.id and listed.repository_id = each.repository_id))))
), page as materialized (
select found.*, asked.login_key
from asked
cross join lateral (
  select
    asked.owner_id is not distinct from ${person_id}::bigint as is_self,
    asked.owner_id in (select organization_id from everywhere) as everywhere,
    exists (
      select 1 from organizations org
      join organizations sibling on sibling.enterprise_id = org.enterprise_id
      join memberships member on member.organization_id = sibling.id and member.user_id = ${person_id}::bigint
      where org.id = asked.owner_id
    ) as internally
) known
cross join lateral (
  select known.is_self, known.everywhere, known.internally,
    known.is_self or known.everywhere or not ${only_with_role} as all_count
) holder
cross join lateral (
  (${rowsFrom(ALL, query, inner)})
  union all
  (${rowsFrom(SOME, query, inner)})
) found
order by ${order.outer}
${slice.outer}
)
select repository.id, repository.name, repository.visibility, repository.archived, repository.description,
  repository.created_at, owner.id as owner_id, owner.login as owner_login, owner.type as owner_type
from page
join repositories repository on repository.id = page.id
join accounts owner on owner.id = repository.owner_id
order by ${order.shown}`.execute(db);
  return found.rows;
}
