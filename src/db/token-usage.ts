// What tokens exercised, by day (U1): written in batches, by every node. SQL only.
// INVARIANT: rows are locked in the order of their keys, so that nodes which write the same ones never wait in a circle.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Days since 1970, UTC. */
type Day = { readonly day: number };
export type ExerciseCount = Day & {
  readonly token_id: number;
  readonly owner_id: number;
  readonly needed: string;
  readonly checks: number;
};
export type RepositoryCount = Day & {
  readonly token_id: number;
  readonly repository_id: number;
  readonly checks: number;
};

/** Adds these counts to those of their days, all of them or none. */
export async function addUsage(
  db: Kysely<Database>,
  { exercises, repositories }: { exercises: readonly ExerciseCount[]; repositories: readonly RepositoryCount[] },
  { repositories_max }: { readonly repositories_max: number },
): Promise<void> {
  const of = <Row, Value>(rows: readonly Row[], value: (row: Row) => Value): Value[] => rows.map(value);
  await sql`
    with exercised as (
      insert into token_usage (token_id, day, owner_id, needed, checks)
      select token_id, date '1970-01-01' + day, owner_id, needed, sum(checks)
      from unnest(
        ${of(exercises, (each) => each.token_id)}::bigint[], ${of(exercises, (each) => each.day)}::int[],
        ${of(exercises, (each) => each.owner_id)}::bigint[], ${of(exercises, (each) => each.needed)}::text[],
        ${of(exercises, (each) => each.checks)}::bigint[]) as more (token_id, day, owner_id, needed, checks)
      group by token_id, day, owner_id, needed
      order by token_id, day, owner_id, needed
      on conflict (token_id, day, owner_id, needed) do update set checks = token_usage.checks + excluded.checks
    )
    insert into token_repository_usage (token_id, day, repository_id, checks)
    select token_id, date '1970-01-01' + day, repository_id, sum(checks)
    from unnest(
      ${of(repositories, (each) => each.token_id)}::bigint[], ${of(repositories, (each) => each.day)}::int[],
      ${of(repositories, (each) => each.repository_id)}::bigint[], ${of(repositories, (each) => each.checks)}::bigint[]
    ) as more (token_id, day, repository_id, checks)
    where (select count(*) from token_repository_usage known
        where known.token_id = more.token_id and known.day = date '1970-01-01' + more.day) < ${repositories_max}
      or exists (select from token_repository_usage known where known.token_id = more.token_id
        and known.day = date '1970-01-01' + more.day and known.repository_id = more.repository_id)
    group by token_id, day, repository_id
    order by token_id, day, repository_id
    on conflict (token_id, day, repository_id) do update set checks = token_repository_usage.checks + excluded.checks`.execute(
    db,
  );
}

/** Takes away at most so many rows of each kind whose day is before this one; answers the larger number. */
export async function deleteUsageBefore(
  db: Kysely<Database>,
  { day, limit }: Day & { readonly limit: number },
): Promise<number> {
  const counts: number[] = [];
  for (const table of ['token_usage', 'token_repository_usage'] as const) {
    const { numAffectedRows = 0n } = await sql`
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where day < date '1970-01-01' + ${day}::int
        limit ${limit} for update skip locked))`.execute(db);
    counts.push(Number(numAffectedRows));
  }
  return Math.max(...counts);
}
