// PostgreSQL compiles statements that it takes for expensive (JIT, on by default where the server was built with LLVM). It does so at every
// execution: the reads by which a node follows commits take half a millisecond without and half a second with it, until the
// tables have been analysed, and the statement of checks likewise. Nothing that this service asks is better for it.

import pg from 'pg';
import { whileLocked } from './direct.ts';
import { sqlstate, toFault } from './sqlstate.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Switches it off for this database, for everyone who connects from now on, also through a pooler. False where the role may not,
 * because the database is not its own. Faults: StorageUnavailable.
 */
export function switchOffJit(url: string): Promise<boolean> {
  return whileLocked(url, 'jit', async (client) => {
    try {
      const { rows } = await client.query<{ is_on: boolean; name: string }>(
        `select pg_jit_available() as is_on, current_database() as name`,
      );
      const [found] = rows;
      if (found?.is_on === true) await client.query(`alter database ${pg.escapeIdentifier(found.name)} set jit = off`);
      return true;
    } catch (error) {
      if (error instanceof Error && sqlstate(error) === INSUFFICIENT_PRIVILEGE) return false;
      throw toFault(error);
    }
  });
}
