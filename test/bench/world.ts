// What the bench asks about: an embedded PostgreSQL with people, organizations, repositories and tokens, and one client that may
// ask everything.

import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { type HeldToken, insertLargeWorld, type LargeWorldSize } from '../support/large-world.ts';
import { worldOf } from '../support/world.ts';
import type { Credentials } from './cells.ts';
import { pinDatabase } from './processes.ts';

const FILLING_TIMEOUT_MS = 600_000;

export type World = {
  readonly database_url: string;
  readonly tokens: readonly HeldToken[];
  readonly client: Credentials;
};

/** Fills an empty, migrated database. Its server is kept to a core of its own from then on. */
export async function fillWorld(database_url: string, size: LargeWorldSize): Promise<World> {
  const pool = openPool({
    url: database_url,
    connections_max: 2,
    request_timeout_ms: FILLING_TIMEOUT_MS,
    onIdleError: () => undefined,
  });
  const deps = composeDeps({ pool, config: loadConfig({}), clock: () => new Date(), log: pino({ level: 'silent' }) });
  try {
    const tokens = await insertLargeWorld(pool, size);
    const { authorization } = await worldOf(deps).client(['introspect', 'evaluate', 'gateway']);
    await keepDatabase(pool);
    return { database_url, tokens, client: { authorization } };
  } finally {
    await deps.db.destroy();
  }
}

/** The parent of all its processes; those that it starts from now on inherit the core. */
async function keepDatabase(pool: { query: (text: string) => Promise<{ rows: { pid: number }[] }> }): Promise<void> {
  const { rows } = await pool.query('select pg_backend_pid() as pid');
  try {
    const status = readFileSync(`/proc/${rows[0]?.pid}/status`, 'utf8');
    const parent = Number(/^PPid:\s*([0-9]+)/m.exec(status)?.[1]);
    if (parent > 1) pinDatabase(parent);
  } catch {
    // another machine's database, or no Linux: then it is where it is
  }
}

/** Makes every node forget what it remembers, as a change of everything does. */
export async function forgetEverything(database_url: string): Promise<void> {
  const pool = openPool({
    url: database_url,
    connections_max: 1,
    request_timeout_ms: FILLING_TIMEOUT_MS,
    onIdleError: () => undefined,
  });
  try {
    await pool.query(
      `with done as (insert into change_commits (transaction_id) values (pg_current_xact_id()) returning transaction_id)
       insert into changes (transaction_id, kind, id) select transaction_id, 'everything', 0 from done`,
    );
  } finally {
    await pool.end();
  }
}
