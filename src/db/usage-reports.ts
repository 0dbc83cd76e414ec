// What tokens exercised, as it is told (U1). SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export type UseRow = {
  readonly token_id: number;
  readonly needed: string;
  readonly checks: number;
  /** Days since 1970. */
  readonly last_day: number;
};
type UsesQuery = {
  readonly token_ids: readonly number[];
  /** Only what was done to things of this account; null: everything. */
  readonly owner_id: number | null;
  readonly first_day: number;
};

/** The uses of these tokens since that day, added up. */
export async function readUses(db: Kysely<Database>, query: UsesQuery): Promise<UseRow[]> {
  const { rows } = await sql<UseRow>`
    select token_id, needed, sum(checks)::bigint as checks, max(day) - date '1970-01-01' as last_day
    from token_usage
    where token_id = any(${[...query.token_ids]}::bigint[]) and day >= date '1970-01-01' + ${query.first_day}::int
      and (${query.owner_id}::bigint is null or owner_id = ${query.owner_id}::bigint)
    group by token_id, needed order by token_id, needed`.execute(db);
  return rows;
}

export type UsedRepositoryRow = {
  readonly token_id: number;
  readonly id: number;
  readonly name: string;
  readonly owner_login: string;
  readonly checks: number;
  readonly last_day: number;
};

/**
 * For each of these tokens the repositories that it used most since that day, at most so many: of its resource owner as they are
 * now, and of a subset only those that it still holds.
 */
export async function readUsedRepositories(
  db: Kysely<Database>,
  query: { readonly token_ids: readonly number[]; readonly first_day: number; readonly limit: number },
): Promise<UsedRepositoryRow[]> {
  const { rows } = await sql<UsedRepositoryRow>`
    select token.id as token_id, used.id, used.name, owner.login as owner_login, used.checks, used.last_day
    from tokens token
    join accounts owner on owner.id = token.resource_owner_id
    cross join lateral (
      select repository.id, repository.name, repository.name_key, sum(each.checks)::bigint as checks,
        max(each.day) - date '1970-01-01' as last_day
      from token_repository_usage each join repositories repository on repository.id = each.repository_id
      where each.token_id = token.id and each.day >= date '1970-01-01' + ${query.first_day}::int
        and repository.owner_id = token.resource_owner_id
        and not exists (
          select from grants held where held.token_id = token.id and held.repository_selection = 'subset'
            and not exists (select from grant_repositories listed
              where listed.grant_id = held.id and listed.repository_id = repository.id))
      group by repository.id
      order by checks desc, repository.id
      limit ${query.limit}
    ) used
    where token.id = any(${[...query.token_ids]}::bigint[])
    order by token.id, used.checks desc, used.id`.execute(db);
  return rows;
}

/** How many repositories each of these tokens holds, where it holds a subset. */
export async function countHeldRepositories(
  db: Kysely<Database>,
  token_ids: readonly number[],
): Promise<{ token_id: number; count: number }[]> {
  const { rows } = await sql<{ token_id: number; count: number }>`
    select held.token_id, count(each.repository_id) as count
    from grants held left join grant_repositories each on each.grant_id = held.id
    where held.token_id = any(${[...token_ids]}::bigint[]) and held.repository_selection = 'subset'
    group by held.token_id`.execute(db);
  return rows;
}

/** Columns are `unknown` where the rules do not trust the database to hold only what they know. */
export type ReportedTokenRow = {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly scopes: readonly string[] | null;
  readonly created_at: Date;
  readonly holder_id: number;
  readonly holder: string;
  readonly holder_site_admin: boolean;
  /** Null: nothing is granted. */
  readonly grant_id: number | null;
  readonly permissions: unknown;
  readonly repository_selection: string | null;
};
type ReportedQuery = {
  readonly organization_id: number;
  readonly first_day: number;
  /** Only the token of this grant; null: all. */
  readonly grant_id: number | null;
  readonly limit: number;
  readonly offset: number;
};

/**
 * The tokens that the organization lets in, and the classic ones that used something of it since that day; newest first, and one row
 * more where there are more. The first are found in their order by an index, the others only where the page can have them: not before
 * the last of the first.
 */
export async function listReportedTokens(db: Kysely<Database>, query: ReportedQuery): Promise<ReportedTokenRow[]> {
  const { organization_id, first_day, grant_id, limit, offset } = query;
  const end = limit + 1 + offset;
  const of_grant = grant_id === null ? sql`` : sql`and each.id = ${grant_id}::bigint`;
  const used = sql`
    union
    select used.token_id from token_usage used
    where used.owner_id = ${organization_id} and used.day >= date '1970-01-01' + ${first_day}::int
      and used.token_id >= (select case when count(*) = ${end}::int then min(id) else 0 end from granted)`;
  const { rows } = await sql<ReportedTokenRow>`
    with granted as materialized (
      select token.id from tokens token
      join grants each on each.token_id = token.id and each.resource_owner_id = ${organization_id} ${of_grant}
      where token.resource_owner_id = ${organization_id} and token.revoked_at is null
      order by token.id desc limit ${end}
    )
    select token.id, token.kind, token.name, token.scopes, token.created_at,
      holder.id as holder_id, holder.login as holder, person.site_admin as holder_site_admin,
      held.id as grant_id, held.permissions, held.repository_selection
    from (select id from granted ${grant_id === null ? used : sql``}) concerned
    join tokens token on token.id = concerned.id
    join accounts holder on holder.id = token.user_id
    join users person on person.id = holder.id
    left join grants held on held.token_id = token.id and held.resource_owner_id = ${organization_id}
      and token.resource_owner_id = held.resource_owner_id
    where token.revoked_at is null and (held.id is not null or token.kind = 'classic')
    order by token.id desc limit ${limit + 1} offset ${offset}`.execute(db);
  return rows;
}
