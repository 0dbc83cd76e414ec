// What has changed since a moment, in the order of commits (migrations: changes). SQL only.

import type pg from 'pg';

/** The channel on which a commit wakes the nodes. A wake-up only: what has changed is always read. */
export const CHANGES_CHANNEL = 'gatehouse_changes';

/** Beyond so many commits it is cheaper to forget everything than to read what is to be forgotten. */
const COMMITS_READ_MAX = 5000;

export type ChangeKind = 'token' | 'account' | 'repository' | 'enterprise' | 'client' | 'signing_key' | 'everything';

/** `kind` everything: whatever is known may be another. `epoch`: the number of the commit. */
export type Change = { readonly kind: ChangeKind; readonly id: number; readonly epoch: number };

export type ChangesSince = {
  /** The number of the last commit that this state contains. */
  readonly epoch: number;
  /** What the commits after the given one touched. */
  readonly changes: readonly Change[];
  /** The database's clock. */
  readonly now: Date;
};

const STATEMENT = `
select current.epoch::text as epoch, clock_timestamp() as now, done.epoch::text as commit_epoch, each.kind, each.id::text as id
from change_epoch current
left join change_commits done
  on done.epoch > $1 and done.epoch <= current.epoch and current.epoch - $1 <= ${COMMITS_READ_MAX}
left join changes each on each.transaction_id = done.transaction_id
order by done.epoch`;

type Row = {
  readonly epoch: string;
  readonly now: Date;
  readonly commit_epoch: string | null;
  readonly kind: ChangeKind | null;
  readonly id: string | null;
};

/**
 * The state of the database now, and what was touched since the commit with the number `after`. Commits have numbers without
 * gaps: where one is missing (too many, or swept away since), everything counts as touched, and so it does where the database has gone
 * back behind `after`.
 */
export async function readChanges(client: pg.ClientBase, after: number): Promise<ChangesSince> {
  // Without a name: behind a pooler of transactions the connection is another one each time.
  const { rows } = await client.query<Row>(STATEMENT, [after]);
  const [first] = rows;
  if (first === undefined) throw new Error('the row of `change_epoch` is gone');
  const epoch = Number(first.epoch);
  const commits = new Set(rows.flatMap(({ commit_epoch }) => (commit_epoch === null ? [] : [commit_epoch])));
  const { now } = first;
  if (commits.size !== epoch - after) return { epoch, now, changes: [{ kind: 'everything', id: 0, epoch }] };
  const changes = rows.flatMap(({ kind, id, commit_epoch }) =>
    kind === null ? [] : [{ kind, id: Number(id), epoch: Number(commit_epoch) }],
  );
  return { epoch, now, changes };
}
