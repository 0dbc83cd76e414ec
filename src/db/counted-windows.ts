// Counts that the nodes share (T2, T4, T5): what each has counted, added up. SQL only. Keys are digests: nobody's address, nor what
// somebody typed for a login, stands here. Rows are locked in the order of their keys, so that nodes never wait in a circle.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export type WindowNews = {
  readonly digest: string;
  readonly more: number;
  readonly ends_at: Date;
  readonly count_max: number;
};
export type WindowRow = { readonly digest: string; readonly count: number; readonly ends_at: Date };

/** So many full windows are told, the youngest. */
const FULL_MAX = 5000;

/** Nothing that was counted in these windows counts any more. */
export async function resetWindows(db: Kysely<Database>, digests: readonly string[]): Promise<void> {
  await sql`
    update counted_windows set count = 0, full_at = null where digest in (
      select digest from counted_windows where digest = any(${[...digests]}::text[]) order by digest for update)`.execute(
    db,
  );
}

/**
 * Adds these counts, beginning a window anew that is over at this moment, and answers what counts in each of them now, and in those
 * that are full.
 */
export async function addToWindows(
  db: Kysely<Database>,
  news: readonly WindowNews[],
  now: Date,
): Promise<readonly WindowRow[]> {
  const { rows } = await sql<WindowRow>`
    with merged as (
      insert into counted_windows as known (digest, count, ends_at, count_max, full_at)
      select digest, more, ends_at, count_max, case when more >= count_max then ${now}::timestamptz end
      from unnest(
        ${news.map((each) => each.digest)}::text[], ${news.map((each) => each.more)}::int[],
        ${news.map((each) => each.ends_at)}::timestamptz[], ${news.map((each) => each.count_max)}::int[]
      ) as news (digest, more, ends_at, count_max)
      order by digest
      on conflict (digest) do update set
        count = excluded.count + case when known.ends_at > ${now} then known.count else 0 end,
        ends_at = case when known.ends_at > ${now} then known.ends_at else excluded.ends_at end,
        count_max = excluded.count_max,
        full_at = case
          when excluded.count + case when known.ends_at > ${now} then known.count else 0 end >= excluded.count_max
          then coalesce(case when known.ends_at > ${now} then known.full_at end, ${now}::timestamptz)
        end
      returning digest, count, ends_at
    ), filled as (
      select digest, count, ends_at from counted_windows
      where full_at is not null and ends_at > ${now} and digest not in (select digest from merged)
      order by full_at desc limit ${FULL_MAX}
    )
    select digest, count, ends_at from merged union all select digest, count, ends_at from filled`.execute(db);
  return rows;
}
