// Teams of an organization, their members and their repositories. SQL only.

import { type Kysely, sql } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { Role } from '../domain/vocabulary.ts';
import type { Database } from './schema.ts';

/** The constraint that is violated where the organization has a team of that slug already. */
export const TEAM_SLUG_TAKEN = 'teams_slug_taken';

export type TeamRow = { readonly id: number; readonly name: string; readonly slug: string };

export type TeamProfileRow = TeamRow & {
  readonly created_at: Date;
  readonly members_count: number;
  readonly repos_count: number;
};

type TeamKey = { readonly organization_id: number; readonly slug: string };

export type NewTeam = TeamKey & { readonly name: string; readonly created_at: Date };

/** A page of the organization's teams, by slug, and one row more where there are more. Only these are read. */
export async function listTeams(
  db: Kysely<Database>,
  query: { readonly organization_id: number; readonly limit: number; readonly offset: number },
): Promise<TeamRow[]> {
  const { organization_id, limit, offset } = query;
  const { rows } = await sql<TeamRow>`
    select team.id, team.name, team.slug from (
      select each.slug from teams each where each.organization_id = ${organization_id}
      order by each.slug limit ${limit + 1} offset ${offset}
    ) page
    join teams team on team.organization_id = ${organization_id} and team.slug = page.slug
    order by team.slug`.execute(db);
  return rows;
}

/** The team with this slug, compared in lower case. */
export function findTeam(db: Kysely<Database>, key: TeamKey): Promise<TeamProfileRow | undefined> {
  return db
    .selectFrom('teams as team')
    .select(['team.id', 'team.name', 'team.slug', 'team.created_at'])
    .select([
      sql<number>`(select count(*) from team_members each where each.team_id = team.id)`.as('members_count'),
      sql<number>`(select count(*) from team_repositories each where each.team_id = team.id)`.as('repos_count'),
    ])
    .where('team.organization_id', '=', key.organization_id)
    .where('team.slug', '=', foldedName(key.slug))
    .executeTakeFirst();
}

/** The team with this slug, which cannot be deleted until the transaction ends. */
export function holdTeam(db: Kysely<Database>, key: TeamKey): Promise<TeamRow | undefined> {
  return db
    .selectFrom('teams')
    .select(['id', 'name', 'slug'])
    .where('organization_id', '=', key.organization_id)
    .where('slug', '=', foldedName(key.slug))
    .forKeyShare()
    .executeTakeFirst();
}

/** Its id; a slug that is taken violates TEAM_SLUG_TAKEN. */
export async function insertTeam(db: Kysely<Database>, team: NewTeam): Promise<number> {
  const { id } = await db.insertInto('teams').values(team).returning('id').executeTakeFirstOrThrow();
  return id;
}

/** The team that is gone now; undefined: there is none of that slug. */
export function deleteTeam(db: Kysely<Database>, key: TeamKey): Promise<TeamRow | undefined> {
  return db
    .deleteFrom('teams')
    .where('organization_id', '=', key.organization_id)
    .where('slug', '=', foldedName(key.slug))
    .returning(['id', 'name', 'slug'])
    .executeTakeFirst();
}

type Place = { readonly team_id: number; readonly user_id: number };

/** Puts the person in the team. False: he was in it. */
export async function putTeamMember(db: Kysely<Database>, place: Place): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('team_members')
    .values(place)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** False: the person was not in the team. */
export async function deleteTeamMember(db: Kysely<Database>, place: Place): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('team_members')
    .where('team_id', '=', place.team_id)
    .where('user_id', '=', place.user_id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

type Given = { readonly team_id: number; readonly repository_id: number };

/** Gives the team this role on the repository, in place of the one that it may have. False: it had this one. */
export async function putTeamRepository(db: Kysely<Database>, given: Given, role: Role): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('team_repositories')
    .values({ ...given, role })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'team_id']).doUpdateSet({ role }).where('team_repositories.role', '<>', role),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** False: the team had no role on the repository. */
export async function deleteTeamRepository(db: Kysely<Database>, given: Given): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('team_repositories')
    .where('team_id', '=', given.team_id)
    .where('repository_id', '=', given.repository_id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
