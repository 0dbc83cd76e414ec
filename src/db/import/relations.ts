// Relations as the import makes and changes them: memberships, team members, teams' repositories, collaborators. They differ
// in their tables only. SQL only.

import { type Kysely, sql } from 'kysely';
import type { RelationType } from '../../domain/import-line.ts';
import type { Database } from '../schema.ts';

export type Pair = { readonly first: number; readonly second: number };
export type PairWithRole = Pair & { readonly role: string | null };

type Table = { readonly name: string; readonly first: string; readonly second: string; readonly has_role: boolean };

const TABLES: Readonly<Record<RelationType, Table>> = {
  membership: { name: 'memberships', first: 'organization_id', second: 'user_id', has_role: true },
  team_member: { name: 'team_members', first: 'team_id', second: 'user_id', has_role: false },
  team_repository: { name: 'team_repositories', first: 'team_id', second: 'repository_id', has_role: true },
  collaborator: { name: 'collaborators', first: 'repository_id', second: 'user_id', has_role: true },
};

function unnested(pairs: readonly Pair[]) {
  return sql`unnest(${pairs.map((each) => each.first)}::bigint[], ${pairs.map((each) => each.second)}::bigint[])`;
}

function columnsOf({ first, second }: Table) {
  return sql`${sql.ref(first)} as first, ${sql.ref(second)} as second`;
}

/** Of these pairs, makes those that are not there, and answers them. */
export async function insertPairs(
  db: Kysely<Database>,
  type: RelationType,
  pairs: readonly PairWithRole[],
): Promise<readonly Pair[]> {
  const { rows } = await sql<Pair>`
    ${insertion(TABLES[type], pairs)} on conflict do nothing returning ${columnsOf(TABLES[type])}`.execute(db);
  return rows;
}

function insertion(table: Table, pairs: readonly PairWithRole[]) {
  const { name, first, second, has_role } = table;
  const keys = sql`${sql.ref(first)}, ${sql.ref(second)}`;
  if (!has_role) return sql`insert into ${sql.table(name)} (${keys}) select * from ${unnested(pairs)}`;
  return sql`
    insert into ${sql.table(name)} as held (${keys}, role)
    select * from unnest(
      ${pairs.map((each) => each.first)}::bigint[], ${pairs.map((each) => each.second)}::bigint[],
      ${pairs.map((each) => each.role)}::text[])`;
}

/** Makes these pairs, or gives them this role; answers what was made and what was changed, not what was so already. */
export async function putPairs(
  db: Kysely<Database>,
  type: RelationType,
  pairs: readonly PairWithRole[],
): Promise<readonly (Pair & { readonly made: boolean })[]> {
  const table = TABLES[type];
  if (!table.has_role) return (await insertPairs(db, type, pairs)).map((each) => ({ ...each, made: true }));
  const { rows } = await sql<Pair & { made: boolean }>`
    ${insertion(table, pairs)}
    on conflict (${sql.ref(table.first)}, ${sql.ref(table.second)})
      do update set role = excluded.role where held.role <> excluded.role
    returning ${columnsOf(table)}, xmax = 0 as made`.execute(db);
  return rows;
}

/** Takes these pairs away; answers those that were there, memberships with the role that was held. */
export async function deletePairs(
  db: Kysely<Database>,
  type: RelationType,
  pairs: readonly Pair[],
): Promise<readonly (Pair & { readonly role: string | null })[]> {
  const table = TABLES[type];
  const role = type === 'membership' ? sql`held.role` : sql`null::text`;
  const { rows } = await sql<Pair & { role: string | null }>`
    delete from ${sql.table(table.name)} held using ${unnested(pairs)} as gone (first, second)
    where held.${sql.ref(table.first)} = gone.first and held.${sql.ref(table.second)} = gone.second
    returning gone.first, gone.second, ${role} as role`.execute(db);
  return rows;
}

/** What has to be true of a pair beside that both are there, and the row on which it depends. */
const CONDITIONS = {
  membership: null,
  team_member: sql`
    join teams team on team.id = asked.first
    join memberships within on within.organization_id = team.organization_id and within.user_id = asked.second`,
  team_repository: sql`
    join teams team on team.id = asked.first
    join repositories within on within.id = asked.second and within.owner_id = team.organization_id`,
  collaborator: sql`
    join repositories within on within.id = asked.first and within.owner_id <> asked.second`,
} as const;

/**
 * Of these pairs, those that can be: members of a team are members of its organization, its repositories are those of the
 * organization, an owner is no collaborator. That stays so until the transaction ends.
 */
export async function possiblePairs<Each extends Pair>(
  db: Kysely<Database>,
  type: RelationType,
  pairs: readonly Each[],
): Promise<readonly Each[]> {
  const condition = CONDITIONS[type];
  if (condition === null || pairs.length === 0) return pairs;
  const { rows } = await sql<{ n: number }>`
    select asked.n from unnest(
      ${pairs.map((each) => each.first)}::bigint[], ${pairs.map((each) => each.second)}::bigint[])
      with ordinality as asked (first, second, n) ${condition}
    for share of within`.execute(db);
  const possible = new Set(rows.map(({ n }) => n));
  return pairs.filter((_pair, index) => possible.has(index + 1));
}
