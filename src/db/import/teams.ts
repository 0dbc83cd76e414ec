// Teams as the import makes and changes them: many at once. SQL only.

import { type Kysely, sql } from 'kysely';
import { teamClaim } from '../../domain/import-plan.ts';
import type { Database } from '../schema.ts';

export type TeamColumns = { readonly organization_id: number; readonly name: string; readonly slug: string };

/** Their ids by organization and slug (`teamClaim`); a taken slug is left out. */
export async function insertTeams(
  db: Kysely<Database>,
  teams: readonly TeamColumns[],
  now: Date,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: number; organization_id: number; slug: string }>`
    insert into teams (organization_id, name, slug, created_at)
    select organization_id, name, slug, ${now}::timestamptz
    from unnest(
      ${teams.map((each) => each.organization_id)}::bigint[], ${teams.map((each) => each.name)}::text[],
      ${teams.map((each) => each.slug)}::text[]) as made (organization_id, name, slug)
    on conflict on constraint teams_slug_taken do nothing
    returning id, organization_id, slug`.execute(db);
  return new Map(rows.map(({ id, organization_id, slug }) => [teamClaim(organization_id, slug), id]));
}

export type TeamBefore = TeamColumns & { readonly id: number; readonly slug_taken: boolean };

/** These teams as they are, locked, and whether another team of the organization has the slug that they are to have. */
export async function lockTeams(
  db: Kysely<Database>,
  wishes: readonly { readonly id: number; readonly slug: string }[],
): Promise<Map<number, TeamBefore>> {
  const { rows } = await sql<TeamBefore>`
    select team.id, team.organization_id, team.name, team.slug,
      exists (
        select 1 from teams other
        where other.organization_id = team.organization_id and other.slug = wish.slug and other.id <> wish.id)
        as slug_taken
    from unnest(${wishes.map((each) => each.id)}::bigint[], ${wishes.map((each) => each.slug)}::text[])
      as wish (id, slug)
    join teams team on team.id = wish.id
    order by team.id for no key update of team`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

export async function updateTeams(
  db: Kysely<Database>,
  teams: readonly { readonly id: number; readonly name: string; readonly slug: string }[],
): Promise<void> {
  await sql`
    update teams set name = wish.name, slug = wish.slug
    from unnest(
      ${teams.map((each) => each.id)}::bigint[], ${teams.map((each) => each.name)}::text[],
      ${teams.map((each) => each.slug)}::text[]) as wish (id, name, slug)
    where teams.id = wish.id`.execute(db);
}

export async function deleteTeams(db: Kysely<Database>, ids: readonly number[]): Promise<void> {
  await sql`delete from teams where id = any(${[...ids]}::bigint[])`.execute(db);
}
