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
};

function isLive(now: Date) {
  return sql`token.revoked_at is null and (token.expires_at is null or token.expires_at > ${now})`;
}

/**
 * Live tokens: of whoever is a member, collaborates on a repository, or sees the internal ones of these organizations; fine-
 * grained ones where they are of these organizations; and of who administers the enterprise. Of each sort the newest are chosen
 * by their ids alone, and only what is answered is read.
 */
export async function findConcernedTokens(
  db: Kysely<Database>,
  { organization_ids, enterprise_id, now, limit }: ConcernedTokens,
): Promise<readonly ConcernedTokenRow[]> {
  const { rows } = await sql<ConcernedTokenRow>`
    with asked as materialized (
      select o.id, o.enterprise_id, a.login from organizations o join accounts a on a.id = o.id
      where o.id = any (${[...organization_ids]}::bigint[])
    ), present as (
      select m.organization_id, m.user_id from memberships m where m.organization_id in (select id from asked)
      union
      select r.owner_id, c.user_id from repositories r join collaborators c on c.repository_id = r.id
      where r.owner_id in (select id from asked)
      union
      select asked.id, m.user_id from asked
      join organizations sibling on sibling.enterprise_id = asked.enterprise_id
      join memberships m on m.organization_id = sibling.id
      where exists (select 1 from repositories r where r.owner_id = asked.id and r.visibility = 'internal')
    ), classic as (
      select token.id as token_id, asked.id as organization_id, asked.login from present
      join asked on asked.id = present.organization_id
      join tokens token on token.user_id = present.user_id
      where token.kind = 'classic' and ${isLive(now)}
      order by token.id desc, asked.login limit ${limit}
    ), fine_grained as (
      select newest.id as token_id, asked.id as organization_id, asked.login from asked
      cross join lateral (
        select token.id from tokens token
        where token.resource_owner_id = asked.id and token.kind = 'fine_grained' and ${isLive(now)}
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
