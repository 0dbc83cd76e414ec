// What the database says of the service as a whole, for who watches it. SQL only; every count has an index, or is of few rows.

import { type Kysely, sql } from 'kysely';
import { QUEUE } from './job-queue.ts';
import { DIFFERING_SETTINGS } from './nodes.ts';
import type { Database } from './schema.ts';

export type FiguresRow = {
  readonly nodes: number;
  /** In which nodes differ. */
  readonly differing: readonly string[];
  readonly due: number;
  readonly later: number;
  readonly under_way: number;
  readonly waits_ms: number;
  /** Logs of the record that have changed since that transaction; null: none was given. */
  readonly logs_since: number | null;
};

/** A root is made every minute; where none can be made for long, the count says no less than that. */
const ENTRIES_LOOKED_AT_MAX = 20_000;

/** `horizon`: of the last root of the record; null: there is none. */
export async function readServiceFigures(
  db: Kysely<Database>,
  { now, horizon }: { readonly now: Date; readonly horizon: string | null },
): Promise<FiguresRow> {
  const { rows } = await sql<FiguresRow>`
    with jobs as (
      select state::text as state, start_after from pgboss.job
      where name = ${QUEUE} and state in ('created', 'retry', 'active')
    )
    select
      (select count(*)::int from nodes where lease_ends_at > ${now}::timestamptz) as nodes,
      ${DIFFERING_SETTINGS} as differing,
      (select count(*)::int from jobs where state <> 'active' and start_after <= ${now}::timestamptz) as due,
      (select count(*)::int from jobs where state <> 'active' and start_after > ${now}::timestamptz) as later,
      (select count(*)::int from jobs where state = 'active') as under_way,
      (select coalesce(extract(epoch from ${now}::timestamptz - min(start_after)) * 1000, 0)::float from jobs
        where state <> 'active' and start_after <= ${now}::timestamptz) as waits_ms,
      case when ${horizon}::xid8 is not null then
        (select count(*)::int from (
          select distinct placed.log_kind, placed.log_id
          from (select id from audit_entries where transaction_id >= ${horizon}::xid8 limit ${ENTRIES_LOOKED_AT_MAX}) entry
          join audit_positions placed on placed.entry_id = entry.id) changed)
      end as logs_since`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a statement without a table has no row');
  return row;
}
