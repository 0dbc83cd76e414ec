// Connections outside the pool, for what happens once at the start, and what stands between us and the database.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startRefusal } from '../start-refusal.ts';
import { ADVISORY_LOCKS, type AdvisoryLock } from './advisory-locks.ts';
import { sqlstate, toFault } from './sqlstate.ts';

const CONNECT_TIMEOUT_MS = 5000;
const LOCK_LOOK_MS = 100;
/** Wrong password, not allowed, no such database: waiting does not help. */
const REFUSALS = new Set(['28P01', '28000', '3D000']);

/** A connection of its own, to be ended by the caller. Refused: a URL that the server does not accept. Faults: StorageUnavailable. */
export async function connectDirectly(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'gatehouse start',
  });
  // A connection that breaks between two statements says so here only; unheard, it would end the process.
  client.on('error', () => undefined);
  try {
    return await client.connect();
  } catch (error) {
    const isRefusal = error instanceof Error && REFUSALS.has(sqlstate(error) ?? '');
    throw isRefusal ? startRefusal(`Change \`DATABASE_URL\`: ${error.message}.`, error) : toFault(error);
  }
}

/**
 * Whether nothing stands between the connection and its session: a pooler gives every connection a number of its own, and may
 * have each statement done by another session. Then nothing is kept from one to the next: no LISTEN, no prepared statement.
 */
export async function isDirect(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid === (client as pg.Client & { readonly processID?: number | null }).processID;
}

/** The same for the way of this URL. Refused and faults as `connectDirectly`. */
export async function isReachedDirectly(url: string): Promise<boolean> {
  const client = await connectDirectly(url);
  try {
    return await isDirect(client);
  } catch (error) {
    throw toFault(error);
  } finally {
    await client.end();
  }
}

/**
 * Does the work while no other process does what has the same lock. The lock is that of a transaction of another connection, open all
 * the while: a lock of a session would stay with a pooler's. Refused and faults as `connectDirectly`.
 */
export async function whileLocked<Answer>(
  url: string,
  name: AdvisoryLock,
  work: (client: pg.Client) => Promise<Answer>,
): Promise<Answer> {
  const holder = await connectDirectly(url);
  try {
    await lock(holder, ADVISORY_LOCKS[name]);
    const client = await connectDirectly(url);
    return await work(client).finally(() => client.end());
  } finally {
    await holder.end();
  }
}

/** Asked for again and again: who waits for it has a snapshot, which an index that is built beside writers would wait for. */
async function lock(holder: pg.Client, key: number): Promise<void> {
  try {
    for (;;) {
      // A role may end sessions that do nothing in a transaction; this one has to.
      await holder.query('begin; set local idle_in_transaction_session_timeout = 0');
      // Without a parameter: the portal of a statement that has one keeps its snapshot until the transaction ends.
      const { rows } = await holder.query<{ is_ours: boolean }>(`select pg_try_advisory_xact_lock(${key}) as is_ours`);
      if (rows[0]?.is_ours === true) return;
      await holder.query('rollback');
      await delay(LOCK_LOOK_MS);
    }
  } catch (error) {
    throw toFault(error);
  }
}
