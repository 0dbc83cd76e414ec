// One connection outside the pool over which a node follows the numbered commits. It is told of each one (LISTEN) and asks besides:
// behind a pooler that does not pass notifications on, asking is all there is, and enough.

import pg from 'pg';
import { CHANGES_CHANNEL, type ChangesSince, readChanges } from './changes.ts';
import { toFault } from './sqlstate.ts';

export type ChangeFeed = {
  /** The state now, and what was touched since the commit with the number `after`. Faults: StorageUnavailable. */
  readonly read: (after: number) => Promise<ChangesSince>;
  /** Cuts the connection; a read under way fails. */
  readonly close: () => void;
};

export type FeedEvents = {
  /** A commit was told. */
  readonly onWake: () => void;
  /** The connection broke. */
  readonly onLost: () => void;
};

export type FeedParts = {
  readonly url: string;
  readonly connect_ms_max: number;
  /** Whether the connection asks to be told of commits; false where somebody else wakes this process. */
  readonly is_told?: boolean;
};

/** Opens the connection. Faults: StorageUnavailable. */
export async function openChangeFeed(
  { url, connect_ms_max, is_told = true }: FeedParts,
  { onWake, onLost }: FeedEvents,
): Promise<ChangeFeed> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connect_ms_max,
    keepAlive: true,
    application_name: 'gatehouse changes',
  });
  client.on('error', onLost);
  client.on('end', onLost);
  client.on('notification', onWake);
  try {
    await client.connect();
    if (is_told) await client.query(`listen ${CHANGES_CHANNEL}`);
  } catch (error) {
    cut(client);
    throw toFault(error);
  }
  return {
    read: async (after) => {
      try {
        return await readChanges(client, after);
      } catch (error) {
        throw toFault(error);
      }
    },
    close: () => cut(client),
  };
}

/** Without a farewell: the other side may be gone, and nobody may wait for it. */
function cut(client: pg.Client): void {
  client.removeAllListeners('notification');
  client.connection?.stream?.destroy();
}
