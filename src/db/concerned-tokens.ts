// Tokens at the organizations, and the enterprise, where a policy concerns them, with everything by which each is judged: of those that
// a preview shows. SQL only.

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

/** The organization of a query that calls it `asked` has repositories that others of its enterprise see. */
export const HAS_INTERNAL = sql`exists (
  select 1 from repositories r where r.owner_id = asked.id and r.visibility = 'internal')`;

/** These tokens, each once for every one of these organizations, or the enterprise, at which it is concerned; the newest first. */
export async function readConcernedTokens(
  db: Kysely<Database>,
  {
    organization_ids,
    enterprise_id,
    token_ids,
  }: {
    readonly organization_ids: readonly number[];
    readonly enterprise_id: number | null;
    readonly token_ids: readonly number[];
  },
): Promise<readonly ConcernedTokenRow[]> {
  const { rows } = await sql<ConcernedTokenRow>`
    with asked as materialized (
      select o.id, o.enterprise_id, a.login from organizations o join accounts a on a.id = o.id
      where o.id = any (${[...organization_ids]}::bigint[])
    ), shown as materialized (
      select token.id, token.kind, token.user_id, token.resource_owner_id from tokens token
      where token.id = any (${[...token_ids]}::bigint[])
    ), concerned as (
      select shown.id as token_id, m.organization_id from shown join memberships m on m.user_id = shown.user_id
      union
      select shown.id, r.owner_id from shown join collaborators c on c.user_id = shown.user_id
      join repositories r on r.id = c.repository_id
      where shown.kind = 'classic'
      union
      select shown.id, asked.id from shown join memberships m on m.user_id = shown.user_id
      join organizations sibling on sibling.id = m.organization_id
      join asked on asked.enterprise_id = sibling.enterprise_id
      where shown.kind = 'classic' and ${HAS_INTERNAL}
      union
      select shown.id, shown.resource_owner_id from shown where shown.kind = 'fine_grained'
      union
      select shown.id, null from shown join enterprise_administrators each on each.user_id = shown.user_id
      where shown.kind = 'classic' and each.enterprise_id = ${enterprise_id}::bigint
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
    where concerned.organization_id is null or asked.id is not null
    order by token.id desc, asked.login nulls first`.execute(db);
  return rows;
}
