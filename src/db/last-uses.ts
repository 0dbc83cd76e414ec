// When tokens were last used (M9): written in batches, by every node. SQL only. Rows are locked in the order of their ids, and none is
// waited for: neither two nodes nor a node and who changes tokens ever wait in a circle.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/**
 * Makes these the last uses of their tokens, where they are later than what is known. A token that somebody else has locked is not
 * waited for: the answer is the ids of those.
 */
export async function setLastUses(
  db: Kysely<Database>,
  uses: { readonly ids: readonly number[]; readonly at_ms: readonly number[] },
): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    with used as (
      select id, to_timestamp(at_ms / 1000.0) as at
      from unnest(${[...uses.ids]}::bigint[], ${[...uses.at_ms]}::bigint[]) as used (id, at_ms)
    ), due as (
      select token.id, used.at from used join tokens token on token.id = used.id
      where token.last_used_at is null or token.last_used_at < used.at
      order by token.id for no key update of token skip locked
    ), done as (
      update tokens set last_used_at = due.at from due where tokens.id = due.id returning tokens.id
    )
    select used.id from used join tokens token on token.id = used.id
    where (token.last_used_at is null or token.last_used_at < used.at)
      and not exists (select from done where done.id = used.id)`.execute(db);
  return rows.map(({ id }) => id);
}
