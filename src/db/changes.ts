// What has changed since a moment, in the order of commits (migrations: changes, nodes). SQL only.

import type pg from 'pg';
import { StorageUnavailable } from '../domain/fault.ts';

/** The channel on which a commit wakes the nodes. A wake-up only: what has changed is always read. */
export const CHANGES_CHANNEL = 'gatehouse_changes';

/** Beyond so many commits it is cheaper to forget everything than to read what is to be forgotten. */
const COMMITS_READ_MAX = 5000;

/** A database that was set back goes on with numbers that nobody can have seen before. */
export const LEAP = 1_000_000;

export type ChangeKind =
  | 'token'
  | 'account'
  | 'repository'
  | 'enterprise'
  | 'client'
  | 'signing_key'
  | 'catalogue'
  | 'everything';

/** `kind` everything: whatever is known may be another. `epoch`: the number of the commit. */
export type Change = { readonly kind: ChangeKind; readonly id: number; readonly epoch: number };

/** A commit as its reader knows it: by its number, and by which one it was, because a database that was set back counts anew. */
export type Position = { readonly epoch: number; readonly mark: string | null };

/** Of who has heard of nothing yet. */
export const NOTHING_HEARD: Position = { epoch: -1, mark: null };

export type ChangesSince = {
  /** The last commit that this state contains. */
  readonly position: Position;
  /** What the commits after the given one touched. */
  readonly changes: readonly Change[];
  /** When the oldest of these commits was made; null without any. */
  readonly oldest: Date | null;
  /** The database's clock. */
  readonly now: Date;
  /** The number that somebody waits for everywhere. */
  readonly awaited: number;
  /** What the asking node's row says; null without a row. `leased_ms`: how long its lease still runs. */
  readonly node: { readonly epoch: number; readonly leased_ms: number } | null;
  /** The commit that was given is none of this database: it was set back to an earlier state. */
  readonly is_set_back: boolean;
  /** The commit that was given is one of this database. */
  readonly is_confirmed: boolean;
  /** It was found to be set back, and nobody has accepted that yet. */
  readonly is_unaccepted: boolean;
};

/** Which commit `each` is. */
export const MARK = `each.transaction_id::text || ' ' || extract(epoch from each.committed_at)::text`;

/**
 * Asked some forty times a second, by a plan made once, perhaps of tables that nothing is known of yet. `limit 1`: three of them have one
 * row. `offset 0`: what a commit touched is looked up commit by commit, never read as a whole table and hashed.
 */
const STATEMENT = `
select current.epoch::text as epoch, clock_timestamp() as now, pg_is_in_recovery() as is_replica, waits.epoch::text as awaited,
  (select ${MARK} from change_commits each where each.epoch = current.epoch) as mark,
  (select ${MARK} from change_commits each where each.epoch = $1) as mark_after,
  lineage.set_back_at is not null as is_unaccepted,
  node.epoch::text as node_epoch, extract(epoch from node.lease_ends_at - clock_timestamp())::float * 1000 as leased_ms,
  done.epoch::text as commit_epoch, done.committed_at, touched.kind, touched.id::text as id
from (select epoch from change_epoch limit 1) current
cross join (select epoch from change_waits limit 1) waits
cross join (select set_back_at from database_lineage limit 1) lineage
left join nodes node on node.id = $2
left join change_commits done
  on done.epoch > $1 and done.epoch <= current.epoch and current.epoch - $1 <= ${COMMITS_READ_MAX}
left join lateral (
  select each.kind, each.id from changes each where each.transaction_id = done.transaction_id offset 0
) touched on true
order by done.epoch`;

type Row = {
  readonly epoch: string;
  readonly now: Date;
  readonly is_replica: boolean;
  readonly awaited: string;
  readonly mark: string | null;
  readonly mark_after: string | null;
  readonly is_unaccepted: boolean;
  readonly node_epoch: string | null;
  readonly leased_ms: number | null;
  readonly commit_epoch: string | null;
  readonly committed_at: Date | null;
  readonly kind: ChangeKind | null;
  readonly id: string | null;
};

export type ReadOptions = {
  /** The row of the asking node; null: it has none. */
  readonly node_id: number | null;
  /** Whether the connection keeps what was prepared on it: behind a pooler it is another one each time. */
  readonly is_direct: boolean;
};

/**
 * The state of the database now, and what was touched since the commit `after`. Commits have numbers without gaps: where one is missing
 * (too many, or swept away since), everything counts as touched. So it does where the database was set back to an earlier state.
 * Faults: StorageUnavailable, from a replica too: it may be behind.
 */
export async function readChanges(
  client: pg.ClientBase,
  after: Position,
  { node_id, is_direct }: ReadOptions,
): Promise<ChangesSince> {
  const name = is_direct ? { name: 'changes' } : {};
  const { rows } = await client.query<Row>({ ...name, text: STATEMENT, values: [after.epoch, node_id] });
  const [first] = rows;
  if (first === undefined) throw new Error('the row of `change_epoch` is gone');
  if (first.is_replica) throw new StorageUnavailable('the database is a replica, which may be behind');
  const epoch = Number(first.epoch);
  const is_set_back = isSetBack(after, epoch, first.mark_after);
  const is_whole =
    !is_set_back && new Set(rows.flatMap(({ commit_epoch }) => commit_epoch ?? [])).size === epoch - after.epoch;
  return {
    position: { epoch, mark: first.mark },
    changes: is_whole ? rows.flatMap(changeOf) : [{ kind: 'everything', id: 0, epoch }],
    oldest: is_whole ? first.committed_at : null,
    now: first.now,
    awaited: Number(first.awaited),
    node: first.node_epoch === null ? null : { epoch: Number(first.node_epoch), leased_ms: first.leased_ms ?? 0 },
    is_set_back,
    is_confirmed: !is_set_back && after.mark !== null && after.mark === first.mark_after,
    is_unaccepted: first.is_unaccepted,
  };
}

/** The last commit is never swept away; an older one that is missing was. */
function isSetBack(after: Position, epoch: number, mark: string | null): boolean {
  if (after.epoch < 0 || mark === after.mark) return epoch < after.epoch;
  return mark !== null || epoch <= after.epoch;
}

function changeOf({ kind, id, commit_epoch }: Row): Change[] {
  return kind === null ? [] : [{ kind, id: Number(id), epoch: Number(commit_epoch) }];
}

/**
 * Lets a database that was set back go on with numbers beyond every one that was ever told: what is remembered of the state that is
 * gone would else count again once the same number comes round. The numbers between are lost, and a start is refused until somebody
 * accepts that (faults F24).
 */
export async function leapForward(client: pg.ClientBase, { epoch }: Position): Promise<void> {
  await client.query(
    `with before as (select epoch from change_epoch for update),
      leapt as (update change_epoch current set epoch = greatest(before.epoch, $1) + ${LEAP} from before returning current.epoch),
      lost as (insert into lost_epochs (after_epoch, until_epoch) select before.epoch, leapt.epoch from before, leapt)
    update database_lineage set set_back_at = coalesce(set_back_at, clock_timestamp())`,
    [epoch],
  );
}

/** A server that was promoted has the commits that this reader knows: its history is the one that goes on. */
export async function confirmTimeline(client: pg.ClientBase): Promise<void> {
  await client.query(
    `update database_lineage set timeline = known.timeline
    from (select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint as timeline) known
    where database_lineage.timeline is not null and database_lineage.timeline <> known.timeline`,
  );
}
