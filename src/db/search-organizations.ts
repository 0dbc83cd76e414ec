// Organizations and enterprises that a subject may reach, in the order of their ids. SQL only: a superset, which decide() judges.

import { type Kysely, sql } from 'kysely';
import type { OrganizationKinds } from '../domain/search.ts';
import type { Database } from './schema.ts';

export type NamedCandidate = { readonly id: number; readonly name: string };

export type OrganizationCandidatesQuery = {
  readonly person_id: number;
  readonly kinds: OrganizationKinds;
  /** Only these; null: all. */
  readonly organization_ids: readonly number[] | null;
  readonly after_id: number;
  readonly limit: number;
};

/** The next organizations after an id, by login. */
export async function listOrganizationCandidates(
  db: Kysely<Database>,
  query: OrganizationCandidatesQuery,
): Promise<readonly NamedCandidate[]> {
  const { person_id, kinds, organization_ids, after_id, limit } = query;
  const of_ids = organization_ids === null ? sql`true` : sql`account.id = any (${[...organization_ids]}::bigint[])`;
  const of_kind = kinds.others
    ? sql`exists (select 1 from organizations organization where organization.id = account.id)`
    : sql`account.id in (
        select member.organization_id from memberships member
        where member.user_id = ${person_id} and member.role = any (${[...kinds.memberships]}::text[]))`;
  const found = await sql<NamedCandidate>`
select account.id, account.login as name from accounts account
where account.id > ${after_id} and ${of_ids} and ${of_kind}
order by account.id limit ${limit}`.execute(db);
  return found.rows;
}

/** The next enterprises after an id that the person administers, by slug. */
export function listEnterpriseCandidates(
  db: Kysely<Database>,
  { person_id, after_id, limit }: { readonly person_id: number; readonly after_id: number; readonly limit: number },
): Promise<NamedCandidate[]> {
  return db
    .selectFrom('enterprise_administrators as each')
    .innerJoin('enterprises as enterprise', 'enterprise.id', 'each.enterprise_id')
    .select(['enterprise.id', 'enterprise.slug as name'])
    .where('each.user_id', '=', person_id)
    .where('enterprise.id', '>', after_id)
    .orderBy('enterprise.id')
    .limit(limit)
    .execute();
}
