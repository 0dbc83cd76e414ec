// Taking things away. What hangs on them goes by itself, but in the order of the foreign keys, in which nobody else locks: so it is locked
// before, in the order of everybody (docs/decisions/0014-one-order-of-locks.md), and what somebody else took away is known. SQL only.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Locks these rows; answers which of them are there. */
export async function lockRowsToDelete(
  db: Kysely<Database>,
  table: 'enterprises' | 'organizations' | 'repositories' | 'teams' | 'users',
  ids: readonly number[],
): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from ${sql.table(table)} where id = any(${[...ids]}::bigint[]) order by id for update`.execute(db);
  return rows.map(({ id }) => id);
}

/** Locks these people and organizations with what is their own and others lock too; answers which of them are there. */
export async function lockAccountsToDelete(db: Kysely<Database>, ids: readonly number[]): Promise<readonly number[]> {
  const people = await lockRowsToDelete(db, 'users', ids);
  const organizations = await lockRowsToDelete(db, 'organizations', ids);
  const found = [...people, ...organizations];
  const theirs = sql`any(${found}::bigint[])`;
  await lockAll(db, sql`select from accounts where id = ${theirs} order by id for update`);
  await lockAll(
    db,
    sql`select from memberships where user_id = any(${[...people]}::bigint[])
      order by organization_id, user_id for update`,
  );
  await lockAll(
    db,
    sql`select from tokens where id in (
      select id from tokens where user_id = ${theirs} union all select id from tokens where resource_owner_id = ${theirs})
      order by id for no key update`,
  );
  await lockAll(db, sql`select from repositories where owner_id = ${theirs} order by id for update`);
  return found;
}

/** Counted: an organization may have a million rows, and nobody here wants them. */
async function lockAll(db: Kysely<Database>, locking: RawBuilder<unknown>): Promise<void> {
  await sql`select count(*) from (${locking}) locked`.execute(db);
}

/** Takes accounts away with everything that is their own: repositories, tokens, sessions, memberships, keys. */
export async function deleteAccounts(db: Kysely<Database>, ids: readonly number[]): Promise<void> {
  await sql`delete from accounts where id = any(${[...ids]}::bigint[])`.execute(db);
}
