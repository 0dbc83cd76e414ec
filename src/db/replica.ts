// What a server says of itself: whether it follows another one, and which. SQL only.

import type pg from 'pg';
import { toFault } from './sqlstate.ts';

type Identity = {
  readonly system_identifier: string;
  readonly timeline: number;
  readonly is_following: boolean;
};

/**
 * A server that follows knows its timeline from its last checkpoint: after a change of the primary it may be behind for some minutes,
 * and is not taken for one that follows until then. What it replays cannot be of an older timeline than that.
 */
const STATEMENT = `
select system.system_identifier::text, pg_is_in_recovery() as is_following,
  case when pg_is_in_recovery() then (select timeline_id from pg_control_checkpoint())
    else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline
from pg_control_system() system`;

async function identityOf(pool: pg.Pool): Promise<Identity> {
  const { rows } = await pool.query<Identity>(STATEMENT);
  const [identity] = rows;
  if (identity === undefined) throw new Error('a server does not say which one it is');
  return identity;
}

/** Whether `replica` replays what `primary` writes: the same cluster, on its present timeline. Faults: StorageUnavailable. */
export async function isReplicaOf(replica: pg.Pool, primary: pg.Pool): Promise<boolean> {
  try {
    const [its, ours] = await Promise.all([identityOf(replica), identityOf(primary)]);
    const is_same = its.system_identifier === ours.system_identifier && its.timeline === ours.timeline;
    return is_same && its.is_following && !ours.is_following;
  } catch (error) {
    throw toFault(error);
  }
}

/** Whether the server only replays what another one writes. One that has stopped never does so again. Faults: StorageUnavailable. */
export async function isFollowing(replica: pg.Pool): Promise<boolean> {
  try {
    const { rows } = await replica.query<{ is_following: boolean }>('select pg_is_in_recovery() as is_following');
    return rows[0]?.is_following === true;
  } catch (error) {
    throw toFault(error);
  }
}
