// What stays as it is while an organization reviews requests or revokes grants. SQL only. In the order in which everybody
// locks: the reviewer, the organization, holders, memberships, tokens, repositories; of many of a kind, by id.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** How the reviewer stands to the organization; both stay until the transaction ends. Undefined: one of them is gone. */
export async function holdReviewer(
  db: Kysely<Database>,
  pair: { readonly organization_id: number; readonly user_id: number },
): Promise<{ readonly role: string | null; readonly reviews: boolean } | undefined> {
  const { organization_id, user_id } = pair;
  await db.selectFrom('users').select('id').where('id', '=', user_id).forKeyShare().execute();
  await db.selectFrom('organizations').select('id').where('id', '=', organization_id).forKeyShare().execute();
  // A statement of its own, which sees what others committed while the locks were waited for.
  const { rows } = await sql<{ role: string | null; reviews: boolean }>`
    select member.role, reviewer.user_id is not null as reviews
    from organizations organization
    join users person on person.id = ${user_id}
    left join memberships member on member.organization_id = organization.id and member.user_id = person.id
    left join token_reviewers reviewer on reviewer.organization_id = organization.id and reviewer.user_id = person.id
    where organization.id = ${organization_id}`.execute(db);
  return rows[0];
}

/**
 * Locks these tokens, and holds their holders, the memberships of these and the repositories that they ask for or are granted: what a
 * review says comes before the end of its holder, or does not come.
 */
export async function lockReviewedTokens(
  db: Kysely<Database>,
  reviewed: { readonly organization_id: number; readonly token_ids: readonly number[] },
): Promise<void> {
  const { organization_id } = reviewed;
  const ids = [...reviewed.token_ids];
  await sql`
    select id from users where id in (select user_id from tokens where id = any(${ids}::bigint[]))
    order by id for key share`.execute(db);
  await sql`
    select user_id from memberships
    where organization_id = ${organization_id}
      and user_id in (select user_id from tokens where id = any(${ids}::bigint[]))
    order by user_id for share`.execute(db);
  await sql`select id from tokens where id = any(${ids}::bigint[]) order by id for no key update`.execute(db);
  await sql`
    select id from repositories where id in (
      select repository_id from grant_request_repositories each
      join grant_requests request on request.id = each.request_id
      where request.token_id = any(${ids}::bigint[]) and request.state = 'pending'
      union
      select repository_id from grant_repositories each join grants held on held.id = each.grant_id
      where held.token_id = any(${ids}::bigint[]))
    order by id for share`.execute(db);
}
