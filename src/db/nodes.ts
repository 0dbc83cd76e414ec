// The rows of the nodes that answer from memory, and the wait for all of them (migrations: nodes). SQL only.

import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { CHANGES_CHANNEL } from './changes.ts';
import type { Database } from './schema.ts';

/** How much longer than the bound a lease runs: so rarely is it renewed. */
const LEASE_BEYOND_BOUND_MS = 2000;
/** With less than this beyond the bound it is renewed. */
export const RENEWED_BEYOND_BOUND_MS = 1000;

export type NodeReport = {
  /** Its row; null: it has none yet. */
  readonly id: number | null;
  /** It has taken into account what was committed up to here. */
  readonly epoch: number;
  /** So long after it was told of it, it may still answer by a state. */
  readonly bound_ms: number;
  /** By which it answers (node-settings.ts); null: that is not known here. */
  readonly settings: Readonly<Record<string, string>> | null;
};

const LEASE = `clock_timestamp() + make_interval(secs => ($1 + ${LEASE_BEYOND_BOUND_MS}) / 1000.0)`;

/** Renews the lease of the node, and answers its row; a new one where there is none. */
export async function reportNode(
  client: pg.ClientBase,
  { id, epoch, bound_ms, settings }: NodeReport,
): Promise<number> {
  const renewed = await client.query<{ id: string }>(
    `update nodes set bound_ms = $1::int, epoch = $2, lease_ends_at = ${LEASE} where id = $3 returning id::text`,
    [bound_ms, epoch, id],
  );
  const { rows } =
    renewed.rows.length > 0
      ? renewed
      : await client.query<{ id: string }>(
          `insert into nodes (bound_ms, epoch, lease_ends_at, settings) values ($1::int, $2, ${LEASE}, $3::jsonb)
            returning id::text`,
          [bound_ms, epoch, settings === null ? null : JSON.stringify(settings)],
        );
  return Number(rows[0]?.id);
}

/** The node answers nothing more. */
export async function removeNode(client: pg.ClientBase, id: number): Promise<void> {
  await client.query('delete from nodes where id = $1', [id]);
}

/** Asks every node to say when it has taken this into account. Answers the database's clock. */
export async function askNodes(db: Kysely<Database>, epoch: number): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`
    with asked as (update change_waits set epoch = greatest(epoch, ${epoch}) returning epoch)
    select clock_timestamp() as now, pg_notify(${CHANGES_CHANNEL}, epoch::text) from asked`.execute(db);
  if (rows[0] === undefined) throw new Error('the row of `change_waits` is gone');
  return rows[0].now;
}

/** Whether a node may still answer by a state before this one. `since`: a moment after it was committed, without its parts of a ms. */
export async function isAnyNodeBehind(db: Kysely<Database>, epoch: number, since: Date): Promise<boolean> {
  const { rows } = await sql<{ is_behind: boolean }>`
    select exists (
      select from nodes where epoch < ${epoch} and lease_ends_at > clock_timestamp()
        and clock_timestamp() < ${since}::timestamptz + make_interval(secs => (bound_ms + 1) / 1000.0)
    ) as is_behind`.execute(db);
  return rows[0]?.is_behind !== false;
}

/** Of settings, by name and ordered, those in which nodes differ that may answer from memory now. */
export const DIFFERING_SETTINGS = sql<string[]>`(
  select coalesce(array_agg(name order by name), '{}') from (
    select said.key as name from nodes node, jsonb_each_text(node.settings) said
    where node.lease_ends_at > clock_timestamp()
    group by said.key having count(distinct said.value) > 1) differing)`;

export async function listDifferingSettings(db: Kysely<Database>): Promise<readonly string[]> {
  const { rows } = await sql<{ settings: string[] }>`select ${DIFFERING_SETTINGS} as settings`.execute(db);
  return rows[0]?.settings ?? [];
}
