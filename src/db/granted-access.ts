// Setting tokens back to what is granted: what a widening asked for that has ended is no longer asked (A2). SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/**
 * Makes what these tokens ask what they are granted; one without a grant keeps what it asked, and can ask it again. Locks the
 * tokens, and holds the repositories of their grants, which a transfer takes out of every selection. @rule A2, M10
 */
export async function setBackToGranted(db: Kysely<Database>, token_ids: readonly number[]): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    update tokens token set permissions = held.permissions, repository_selection = held.repository_selection
    from grants held
    where token.id = any(${[...token_ids]}::bigint[]) and held.token_id = token.id
      and held.resource_owner_id = token.resource_owner_id
    returning token.id`.execute(db);
  const granted = rows.map(({ id }) => id);
  if (granted.length === 0) return;
  await sql`
    select id from repositories where id in (
      select each.repository_id from grant_repositories each join grants held on held.id = each.grant_id
      where held.token_id = any(${granted}::bigint[]))
    order by id for share`.execute(db);
  await sql`delete from token_repositories where token_id = any(${granted}::bigint[])`.execute(db);
  await sql`
    insert into token_repositories (token_id, repository_id)
    select held.token_id, each.repository_id
    from grants held join grant_repositories each on each.grant_id = held.id
    where held.token_id = any(${granted}::bigint[])`.execute(db);
}
