// The tokens that a policy of these organizations, or of their enterprise, can concern, with everything by which it is judged;
// what it does to them is decided in the domain. One statement, newest tokens first, at most as many as are asked. SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** One row for each token at each owner. Columns are `unknown` where the rules do not trust the database. */
export type ConcernedTokenRow = {
  readonly id: number;
  readonly kind: unknown;
  readonly name: string;
  readonly created_at: Date;
  readonly secret_issued_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly scopes: readonly string[] | null;
  readonly holder_id: number;
  readonly holder_login: string;
  readonly holder_suspended: boolean;
  readonly holder_administers: boolean;
  /** Null: what the enterprise itself owns. */
  readonly organization_id: number | null;
  readonly organization_login: string | null;
  readonly membership_role: unknown;
  readonly sso_authorized: boolean;
  readonly grant_id: number | null;
};

export type ConcernedTokens = {
  readonly organization_ids: readonly number[];
  /** The enterprise whose own things are concerned too; null: none is. */
  readonly enterprise_id: number | null;
  readonly now: Date;
  readonly limit: number;
  /** Where so many people are concerned that not all of their tokens can be looked at: only the last so many ids; null: all. */
  readonly newest_ids: number | null;
};

function isLive(now: Date) {
  return sql`token.revoked_at is null and (token.expires_at is null or token.expires_at > ${now})`;
}

const HAS_INTERNAL = sql`exists (
  select 1 from repositories r where r.owner_id = asked.id and r.visibility = 'internal')`;

/** From the people: all that they have. */
function tokensOfPresent(now: Date) {
  return sql`
    select token.id as token_id, present.organization_id from (
      select m.organization_id, m.user_id from memberships m where m.organization_id in (select id from asked)
      union
      select r.owner_id, c.user_id from repositories r join collaborators c on c.repository_id = r.id
      where r.owner_id in (select id from asked)
      union
      select asked.id, m.user_id from asked
      join organizations sibling on sibling.enterprise_id = asked.enterprise_id
      join memberships m on m.organization_id = sibling.id
      where ${HAS_INTERNAL}
    ) present
    join tokens token on token.user_id = present.user_id
    where token.kind = 'classic' and ${isLive(now)}`;
}

/** From the newest tokens: those whose holders are such people. */
function newestOfPresent(now: Date) {
  const newest = sql`(
    select token.id, token.user_id from tokens token
    where token.id > (select edge.id from edge) and token.kind = 'classic' and ${isLive(now)} offset 0) newest`;
  return sql`
    select newest.id as token_id, m.organization_id from ${newest} join memberships m on m.user_id = newest.user_id
    where m.organization_id in (select id from asked)
    union
    select newest.id, r.owner_id from ${newest} join collaborators c on c.user_id = newest.user_id
    join repositories r on r.id = c.repository_id
    where r.owner_id in (select id from asked)
    union
    select newest.id, asked.id from ${newest} join memberships m on m.user_id = newest.user_id
    join organizations sibling on sibling.id = m.organization_id
    join asked on asked.enterprise_id = sibling.enterprise_id
    where ${HAS_INTERNAL}`;
}

/** Whether a policy of these organizations concerns more people than these, one who is there twice counted twice. */
export async function concernsMoreThan(
  db: Kysely<Database>,
  organization_ids: readonly number[],
  people: number,
): Promise<boolean> {
  const asked = sql`(select id, enterprise_id from organizations where id = any (${[...organization_ids]}::bigint[])) asked`;
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (
      (select 1 from ${asked} join memberships m on m.organization_id = asked.id limit ${people + 1})
      union all
      (select 1 from ${asked} join repositories r on r.owner_id = asked.id
        join collaborators c on c.repository_id = r.id limit ${people + 1})
      union all
      (select 1 from ${asked} join organizations sibling on sibling.enterprise_id = asked.enterprise_id
        join memberships m on m.organization_id = sibling.id where ${HAS_INTERNAL} limit ${people + 1})
    ) found`.execute(db);
  return (rows[0]?.count ?? 0) > people;
}

/**
 * Live tokens: of whoever is a member, collaborates on a repository, or sees the internal ones of these organizations; fine-
 * grained ones where they are of these organizations; and of who administers the enterprise. Of each sort the newest are chosen
 * by their ids alone, and only what is answered is read.
 */
export async function findConcernedTokens(
  db: Kysely<Database>,
  { organization_ids, enterprise_id, now, limit, newest_ids }: ConcernedTokens,
): Promise<readonly ConcernedTokenRow[]> {
  const { rows } = await sql<ConcernedTokenRow>`
    with asked as materialized (
      select o.id, o.enterprise_id, a.login from organizations o join accounts a on a.id = o.id
      where o.id = any (${[...organization_ids]}::bigint[])
    ), edge as (
      select coalesce(max(id), 0) - coalesce(${newest_ids}::bigint, max(id), 0) as id from tokens
    ), classic as (
      select found.token_id, asked.id as organization_id, asked.login
      from (${newest_ids === null ? tokensOfPresent(now) : newestOfPresent(now)}) found
      join asked on asked.id = found.organization_id
      order by found.token_id desc, asked.login limit ${limit}
    ), fine_grained as (
      select newest.id as token_id, asked.id as organization_id, asked.login from asked
      cross join lateral (
        select token.id from tokens token
        where token.resource_owner_id = asked.id and token.kind = 'fine_grained' and ${isLive(now)}
          and token.id > (select edge.id from edge)
        order by token.id desc limit ${limit}
      ) newest
    ), administrating as (
      select token.id as token_id, null::bigint as organization_id, null::text as login from enterprise_administrators each
      join tokens token on token.user_id = each.user_id
      where each.enterprise_id = ${enterprise_id}::bigint and token.kind = 'classic' and ${isLive(now)}
    ), concerned as materialized (
      select * from classic union all select * from fine_grained union all select * from administrating
      order by token_id desc, login nulls first limit ${limit}
    )
    select token.id, token.kind, token.name, token.created_at, token.secret_issued_at, token.expires_at,
      token.last_used_at, token.scopes, holder.id as holder_id, account.login as holder_login,
      holder.suspended_at is not null as holder_suspended,
      exists (
        select 1 from enterprise_administrators each where each.user_id = holder.id
          and each.enterprise_id = coalesce(asked.enterprise_id, ${enterprise_id}::bigint)) as holder_administers,
      concerned.organization_id, asked.login as organization_login, member.role as membership_role,
      exists (
        select 1 from token_sso_authorizations each where each.token_id = token.id
          and each.organization_id = concerned.organization_id and each.revoked_at is null) as sso_authorized,
      held.id as grant_id
    from concerned
    join tokens token on token.id = concerned.token_id
    join users holder on holder.id = token.user_id
    join accounts account on account.id = holder.id
    left join asked on asked.id = concerned.organization_id
    left join memberships member
      on member.organization_id = concerned.organization_id and member.user_id = token.user_id
    left join grants held on held.token_id = token.id and held.resource_owner_id = concerned.organization_id
    order by token.id desc, asked.login nulls first`.execute(db);
  return rows;
}
