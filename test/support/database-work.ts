// What work costs the database, as PostgreSQL itself counts it: statements, look-ups in each table and index, rows that are written, rows
// and pages that are read. No clock is asked: what two requests cost can be compared, whatever else the machine does.

import { sql } from 'kysely';
import pg from 'pg';
import type { Test } from 'tap';
import type { Deps } from '../../src/deps.ts';
import { isStanding, onStatement } from './query-count.ts';

export type DatabaseWork = {
  readonly statements: readonly string[];
  /** `repositories written 1`, `tokens_pkey looked up 2`. */
  readonly steps: readonly string[];
  readonly rows_read: number;
  readonly pages_read: number;
};

/** What nodes read and write whoever asks: the commits, and who is there. */
const STANDING = [
  'nodes',
  'changes',
  'change_commits',
  'change_epoch',
  'change_waits',
  'database_lineage',
  'counted_windows',
];

type Counted = { readonly name: string; readonly kind: 'step' | 'rows' | 'pages'; readonly value: string };

type Counts = ReadonlyMap<string, { readonly kind: Counted['kind']; readonly value: number }>;

const counted = sql<Counted>`
  select relname || ' ' || counted.name as name, kind, value
  from pg_stat_user_tables rows join pg_statio_user_tables pages using (relid, schemaname, relname)
  cross join lateral (values
    ('read whole', 'step', seq_scan), ('written', 'step', n_tup_ins + n_tup_upd + n_tup_del),
    ('rows', 'rows', seq_tup_read + coalesce(idx_tup_fetch, 0)),
    ('pages', 'pages', heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0))) counted (name, kind, value)
  where schemaname = 'public' and value > 0 and relname <> all (${STANDING})
  union all
  select indexrelname || ' looked up', 'step', idx_scan from pg_stat_user_indexes
  where schemaname = 'public' and idx_scan > 0 and relname <> all (${STANDING})`;

/** Counts for one application, from here on; the test's own statements through its database do not count. */
export function countDatabaseWork(t: Test, { db }: Deps) {
  const at_work = new Set<pg.Client>();
  const put: string[] = [];
  const { query } = pg.Client.prototype;
  const plain = (client: pg.Client, text: string) =>
    Reflect.apply(query, client, [text]) as unknown as Promise<unknown>;
  t.teardown(
    onStatement((name, client) => {
      at_work.add(client);
      if (!isStanding(name)) put.push(name);
    }),
  );

  let last: Counts = new Map();

  /** A connection tells what it has done when it is told to, at the end of a statement. Nothing was done: as before. */
  async function countsNow(): Promise<Counts> {
    if (at_work.size === 0) return last;
    const clients = [...at_work];
    at_work.clear();
    // One that has been closed meanwhile has told.
    await Promise.all(clients.map((each) => plain(each, 'select pg_stat_force_next_flush()').catch(() => undefined)));
    const { rows } = await counted.execute(db);
    at_work.clear();
    last = new Map(rows.map(({ name, kind, value }) => [name, { kind, value: Number(value) }]));
    return last;
  }

  return async function workOf(work: () => Promise<unknown>): Promise<DatabaseWork> {
    const before = await countsNow();
    put.length = 0;
    await work();
    const statements = [...put];
    const steps: string[] = [];
    const read = { rows: 0, pages: 0 };
    for (const [name, { kind, value }] of await countsNow()) {
      const more = value - (before.get(name)?.value ?? 0);
      if (more === 0) continue;
      if (kind === 'step') steps.push(`${name} ${more}`);
      else read[kind] += more;
    }
    return { statements, steps: steps.sort(), rows_read: read.rows, pages_read: read.pages };
  };
}
