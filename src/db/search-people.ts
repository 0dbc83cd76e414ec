// Persons who may do something to one resource, in the order of their logins: where their right may come from (C5), each source
// read from where the last page ended. SQL only: a superset, which decide() judges person by person.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { PersonKinds } from '../domain/search.ts';
import type { Database } from './schema.ts';

export type PersonCandidate = { readonly login: string; readonly login_key: string };

export type PersonCandidatesQuery = {
  readonly kinds: PersonKinds;
  /** What the resource is, as far as rights come from it. */
  readonly repository_id: number | null;
  /** The organization that is the resource or owns it, or the person. */
  readonly owner: { readonly type: 'User' | 'Organization'; readonly id: number } | null;
  readonly internal: boolean;
  readonly enterprise_id: number | null;
  /** Only members of one of these organizations; null: everybody (T6). */
  readonly organization_ids: readonly number[] | null;
  readonly after_key: string;
  readonly limit: number;
};

type Part = RawBuilder<unknown>;

/** Conditions on `account`, of which any one is enough. */
function sourcesOf(query: PersonCandidatesQuery): readonly Part[] {
  const { kinds, owner } = query;
  if (kinds.everyone) return [sql`true`];
  const sources: Part[] = [];
  if (query.enterprise_id !== null && kinds.administrators) {
    sources.push(sql`exists (select 1 from enterprise_administrators each
      where each.enterprise_id = ${query.enterprise_id} and each.user_id = account.id)`);
  }
  if (owner === null) return sources;
  if (owner.type === 'User') {
    if (kinds.self || kinds.roles.includes('admin')) sources.push(sql`account.id = ${owner.id}`);
  } else {
    sources.push(...ofOrganization(query, owner.id));
  }
  return [...sources, ...byRepository(query)];
}

function ofOrganization({ kinds, internal }: PersonCandidatesQuery, organization_id: number): readonly Part[] {
  const member = sql`select 1 from memberships member
    where member.organization_id = ${organization_id} and member.user_id = account.id`;
  const sources: Part[] = [];
  if (kinds.owners) sources.push(sql`exists (${member} and member.role = 'admin')`);
  if (kinds.members) sources.push(sql`exists (${member})`);
  if (kinds.reviewers) {
    sources.push(sql`exists (select 1 from token_reviewers reviewer
      where reviewer.organization_id = ${organization_id} and reviewer.user_id = account.id)`);
  }
  if (kinds.roles.length === 0) return sources;
  // Asked once, before any member is.
  sources.push(sql`(select own.default_repository_permission from organizations own where own.id = ${organization_id})
    = any (${[...kinds.roles]}::text[]) and exists (${member})`);
  if (internal && kinds.roles.includes('read')) {
    sources.push(sql`exists (
      select 1 from memberships member
      join organizations sibling on sibling.id = member.organization_id
      where member.user_id = account.id
        and sibling.enterprise_id = (select own.enterprise_id from organizations own where own.id = ${organization_id}))`);
  }
  return sources;
}

function byRepository({ kinds, repository_id }: PersonCandidatesQuery): readonly Part[] {
  if (repository_id === null || kinds.roles.length === 0) return [];
  const roles = sql`any (${[...kinds.roles]}::text[])`;
  return [
    sql`exists (select 1 from collaborators each
      where each.repository_id = ${repository_id} and each.user_id = account.id and each.role = ${roles})`,
    // Whether there is such a team is asked once, before any person is.
    sql`exists (select 1 from team_repositories given where given.repository_id = ${repository_id} and given.role = ${roles})
      and account.id in (select member.user_id from team_repositories given
        join team_members member on member.team_id = given.team_id
        where given.repository_id = ${repository_id} and given.role = ${roles})`,
  ];
}

/** The next persons after a login. Who is suspended can do nothing. */
export async function listPersonCandidates(
  db: Kysely<Database>,
  query: PersonCandidatesQuery,
): Promise<readonly PersonCandidate[]> {
  const { organization_ids, after_key, limit } = query;
  const known =
    organization_ids === null
      ? sql`true`
      : sql`account.id in (
    select bound.user_id from memberships bound where bound.organization_id = any (${[...organization_ids]}::bigint[]))`;
  const parts = sourcesOf(query).map(
    (source) => sql`(
      select account.login, account.login_key
      from accounts account join users person on person.id = account.id
      where account.login_key > ${after_key} and person.suspended_at is null and ${known} and ${source}
      order by account.login_key limit ${limit})`,
  );
  if (parts.length === 0) return [];
  const found = await sql<PersonCandidate>`
select found.login, found.login_key from (${sql.join(parts, sql` union `)}) found
order by found.login_key limit ${limit}`.execute(db);
  return found.rows;
}
