// The connection of an import: one, for its whole duration, because the lock that keeps a second import out belongs to it and
// goes with it, however it ends. Behind a pooler the lock is that of a transaction of a second one, open all the while.

import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { ADVISORY_LOCKS, tryLock } from '../advisory-locks.ts';
import { databaseOver, isPooled, openPool } from '../pool.ts';
import type { Database } from '../schema.ts';

/** What one statement may take is half of it: a deleted organization can take a million rows with it. */
const TIMEOUT_MS = 10 * 60 * 1000;

/**
 * Every statement of an import looks up a batch of rows by their keys, in tables that grow while it runs and of which the
 * planner knows only what they were before: it must not prefer to read them whole.
 */
const SETTINGS = [
  sql`set enable_hashjoin = off`,
  sql`set enable_mergejoin = off`,
  sql`set enable_seqscan = off`,
  sql`set jit = off`,
];

/** The database for an import. `is_direct`: what is set on its connection stays set. */
export type ImportDatabase = { readonly db: Kysely<Database>; readonly is_direct: boolean };

/** Opens the database that `pool` is of for an import, beside the pool and with limits of its own. */
export function importDatabaseOf(pool: pg.Pool): () => ImportDatabase {
  return () => {
    const is_direct = !isPooled(pool);
    const own = openPool({
      url: pool.options.connectionString ?? '',
      connections_max: is_direct ? 1 : 2,
      request_timeout_ms: TIMEOUT_MS,
      connect_timeout_ms: pool.options.connectionTimeoutMillis,
      is_direct,
      onIdleError: () => undefined,
    });
    return { db: databaseOver(own), is_direct };
  };
}

export type ImportConnection = {
  readonly db: Kysely<Database>;
  /** Lets the next import in, and ends the connection. */
  readonly close: () => Promise<void>;
};

/** The connection, or null where another import runs. The database has the limits of an import, and is this connection's alone. */
export async function openImportConnection({ db: pool, is_direct }: ImportDatabase): Promise<ImportConnection | null> {
  const opened = Promise.withResolvers<Kysely<Database>>();
  const closing = Promise.withResolvers<void>();
  const hold = async (connection: Kysely<Database>): Promise<void> => {
    opened.resolve(connection);
    await closing.promise;
  };
  const ended = is_direct ? pool.connection().execute(hold) : pool.transaction().execute(hold);
  ended.catch(opened.reject);
  const end = async (): Promise<void> => {
    closing.resolve();
    await ended.catch(() => undefined);
    await pool.destroy();
  };
  try {
    const held = await opened.promise;
    const is_locked = is_direct ? await tryLockOfSession(held) : await tryLock(held, 'directory_import');
    if (is_locked && is_direct) return { db: held, close: () => unlock(held).finally(end) };
    if (is_locked) return { db: pool, close: end };
  } catch (error) {
    await end();
    throw error;
  }
  await end();
  return null;
}

async function tryLockOfSession(db: Kysely<Database>): Promise<boolean> {
  for (const setting of SETTINGS) await setting.execute(db);
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_lock(${ADVISORY_LOCKS.directory_import}::bigint) as locked`.execute(db);
  return rows[0]?.locked === true;
}

/**
 * Before the connection ends, or the next import could still be refused. A connection that is broken has no lock any more. In a
 * transaction of its own: behind the end of one nothing else is done (pool.ts). The lock does not wait for its commit.
 */
async function unlock(db: Kysely<Database>): Promise<void> {
  const release = sql`select pg_advisory_unlock(${ADVISORY_LOCKS.directory_import}::bigint)`;
  await db
    .transaction()
    .execute((transaction) => release.execute(transaction))
    .catch(() => undefined);
}
