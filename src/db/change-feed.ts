// One connection outside the pool over which a node follows the numbered commits. It is told of each one (LISTEN) and asks besides:
// behind a pooler that does not pass notifications on, asking is all there is, and enough. Over the same connection the node says
// what it has taken into account (nodes.ts).

import pg from 'pg';
import {
  CHANGES_CHANNEL,
  type ChangesSince,
  confirmTimeline,
  leapForward,
  NOTHING_HEARD,
  type Position,
  readChanges,
} from './changes.ts';
import { isDirect } from './direct.ts';
import { RENEWED_BEYOND_BOUND_MS, removeNode, reportNode } from './nodes.ts';
import { toFault } from './sqlstate.ts';

/** What a feed answers: the changes, and whether it wants to be asked again at once. */
export type Heard = Pick<ChangesSince, 'position' | 'changes' | 'oldest' | 'now'> & {
  /** Somebody waits until every node has taken this into account: the next question says so. */
  readonly is_awaited: boolean;
};

/**
 * Whoever reads over it has taken into account everything up to `after`: the question says so to who waits for it. From the moment
 * of the question, its answer may be relied upon for as long as the opener was told; whoever waits, waits for so long.
 */
export type ChangeFeed = {
  /** What was touched since the commit `after`; one question at a time. Faults: StorageUnavailable. */
  readonly read: (after: Position) => Promise<Heard>;
  /** Says that nothing is answered from memory any more, for whoever waits, and ends. Never fails. */
  readonly leave: () => Promise<void>;
  /** Cuts the connection; a read under way fails. */
  readonly close: () => void;
};

export type FeedEvents = {
  /** A commit was told, or somebody waits. */
  readonly onWake: () => void;
  /** The connection broke. */
  readonly onLost: () => void;
};

export type FeedParts = {
  readonly url: string;
  readonly connect_ms_max: number;
  /** Whether the connection asks to be told of commits; false where somebody else wakes this process. */
  readonly is_told?: boolean;
  /** For so long after a question its answer may be relied upon. */
  readonly relied_ms: number;
  /** The row of this node, which it keeps from one connection to the next; null: it has none yet. */
  readonly node: { id: number | null };
  /** What its row says of how it is set (node-settings.ts). */
  readonly settings?: Readonly<Record<string, string>>;
  /** The database was set back to an earlier state. */
  readonly onSetBack: () => void;
  /** The same was found by this node or another, and nobody has accepted it yet. */
  readonly onUnaccepted?: () => void;
};

/** Opens the connection. Faults: StorageUnavailable. */
export async function openChangeFeed(parts: FeedParts, { onWake, onLost }: FeedEvents): Promise<ChangeFeed> {
  const { url, connect_ms_max, is_told = true } = parts;
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connect_ms_max,
    keepAlive: true,
    application_name: 'gatehouse changes',
  });
  client.on('error', onLost);
  client.on('end', onLost);
  client.on('notification', onWake);
  const timer = setTimeout(() => cut(client), connect_ms_max);
  try {
    await client.connect();
    const is_direct = await isDirect(client);
    if (is_direct && is_told) await client.query(`listen ${CHANGES_CHANNEL}`);
    return feedOver(client, { ...parts, is_direct });
  } catch (error) {
    cut(client);
    throw toFault(error);
  } finally {
    clearTimeout(timer);
  }
}

type Connected = Pick<FeedParts, 'node' | 'relied_ms' | 'settings' | 'onSetBack' | 'onUnaccepted'> & {
  readonly is_direct: boolean;
};

function feedOver(client: pg.Client, { node, relied_ms, settings, is_direct, ...told }: Connected): ChangeFeed {
  let reporting: Promise<void> = Promise.resolve();
  let is_timeline_known = false;

  async function report(epoch: number): Promise<void> {
    node.id = await reportNode(client, { id: node.id, epoch, bound_ms: relied_ms, settings: settings ?? null });
  }

  const readOnce = (after: Position) => readChanges(client, after, { node_id: node.id, is_direct });

  /** The lease has to stand before the question, or who looks for the nodes in between would not see this one. */
  async function read(after: Position): Promise<Heard> {
    await reporting;
    let since = await readOnce(after);
    if (since.is_set_back) {
      told.onSetBack();
      await leapForward(client, after);
      return read(NOTHING_HEARD);
    }
    if (since.is_unaccepted) told.onUnaccepted?.();
    if (since.is_confirmed && !is_timeline_known) await knowTimeline();
    if (since.node === null || since.node.leased_ms < relied_ms) {
      await report(after.epoch);
      since = await readOnce(after);
    }
    const { position, changes, oldest, now, awaited, node: row } = since;
    const reported = row?.epoch ?? -1;
    const is_due = (row?.leased_ms ?? 0) < relied_ms + RENEWED_BEYOND_BOUND_MS;
    if (is_due || (awaited > reported && after.epoch > reported)) reportSoon(after.epoch);
    // What is answered now is taken into account only when the next question says so.
    const is_awaited = awaited > reported && position.epoch > after.epoch;
    return { position, changes, oldest, now, is_awaited };
  }

  /** Once a connection: a server is promoted while nobody is connected to it. What cannot be known here is not needed either. */
  async function knowTimeline(): Promise<void> {
    is_timeline_known = true;
    await confirmTimeline(client).catch((error) => {
      if (!(error instanceof pg.DatabaseError)) throw error;
    });
  }

  /** Nobody waits for it here; what fails is found by the next question. */
  function reportSoon(epoch: number): void {
    reporting = report(epoch).catch(() => undefined);
  }

  return {
    read: async (after) => {
      try {
        return await read(after);
      } catch (error) {
        throw toFault(error);
      }
    },
    leave: async () => {
      try {
        await reporting;
        if (node.id !== null) await removeNode(client, node.id);
        await client.end();
      } catch {
        cut(client);
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
