// One connection outside the pool, for what happens once at the start.
import pg from 'pg';
import { startRefusal } from '../start-refusal.ts';
import { sqlstate, toFault } from './sqlstate.ts';

const CONNECT_TIMEOUT_MS = 5000;
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
