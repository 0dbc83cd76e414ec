// Databases of tests are used again by later ones, of other processes too: a clone of the template is hundreds of files, and making
// and removing them for each test took longer than the tests. One that a test has done with is emptied and laid aside; what is
// not exactly as it was cloned (a table altered, statistics gathered, much written) is dropped instead.
import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** The variable by which test/run.ts tells the tests what is needed for it; without it nothing is used again. */
export const REUSE = 'TEST_REUSE';
const GROWTH_BYTES_MAX = 8 * 1024 * 1024;
const OURS = ['public', 'pgboss'];

const CATALOGUES = ['class', 'attribute', 'attrdef', 'constraint', 'index', 'trigger', 'proc', 'statistic'];
/** What no test may leave different: the catalogue, by the transactions that wrote it. */
const STATE = `
  select md5(concat_ws('|', ${CATALOGUES.map((name) => `(select count(*) || ':' || sum(xmin::text::bigint) from pg_${name})`)}))
    as state`;

/**
 * The same of the settings of the database; whether its catalogue was written, which hardly any test does, and is soon asked; and the tables
 * that were, as the server counts since the last emptying: a session's counts are there when it has ended, or was told to give them.
 */
const LOOK = `
  select concat_ws('|', (select count(*) from pg_db_role_setting where setdatabase = d.oid), datacl, datallowconn, datconnlimit)
      as settings,
    pg_database_size(d.oid)::float as bytes,
    exists (select from unnest('{${CATALOGUES.map((name) => `pg_${name}`)}}'::regclass[]) as of (id) where ${writtenIn('of.id')})
      as is_written,
    array(select format('%I.%I', nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
      where relkind = 'r' and nspname = any ('{${OURS}}') and ${writtenIn('c.oid')}) as written
  from pg_database d where datname = current_database()`;

function writtenIn(id: string): string {
  return `pg_stat_get_tuples_inserted(${id}) + pg_stat_get_tuples_updated(${id}) + pg_stat_get_tuples_deleted(${id}) > 0`;
}

const OTHERS =
  'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and pid <> all ($1::int[])';
const LEAVING_ATTEMPTS = 10;
const LEAVING_MS = 5;
const ENDING_MS_MAX = 10_000;

/** What emptying a clone needs to know of the template. */
export interface Reuse {
  /** Where a file with its name lies for each database that may be taken. */
  readonly folder: string;
  /** As whom a database can be emptied though its record refuses it. */
  readonly superuser: string;
  /** The rows that the template has, as JSON by table. */
  readonly rows: Readonly<Record<string, string>>;
  readonly sequences: readonly string[];
  readonly state: string;
  readonly settings: string;
  readonly bytes: number;
}

/** What is to be known of this template; undefined where nobody may empty its clones. */
export async function describeReuse(
  template_url: string,
  superuser: string,
  folder: string,
): Promise<Reuse | undefined> {
  return connected(asUser(template_url, superuser), async (client) => {
    if (!(await mayEmpty(client))) return undefined;
    const [tables, sequences] = [await namesOf(client, 'r'), await namesOf(client, 'S')];
    const { rows: states } = await client.query(STATE);
    const { rows: looks } = await client.query(LOOK);
    const { settings, bytes } = looks[0];
    return { folder, superuser, sequences, rows: await rowsOf(client, tables), ...states[0], settings, bytes };
  });
}

/** The name of a database that lies ready, or null. Of two that reach for the same one, one can remove its file. */
export function takeDatabase({ folder }: Reuse): string | null {
  return readdirSync(folder).find((name) => isTaken(join(folder, name))) ?? null;
}

function isTaken(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch {
    return false;
  }
}

/** Others may take it. */
export function layAside(name: string, { folder }: Reuse): void {
  writeFileSync(join(folder, name), '');
}

export type Emptier = {
  /** Whether the database is as it was cloned again. `known`: the sessions that may stay. */
  readonly empty: (known: readonly number[]) => Promise<boolean>;
  readonly end: () => Promise<void>;
};

/** A connection of its own to the database of this URL, for which the process does not go on. */
export function openEmptier(url: string, reuse: Reuse): Emptier {
  const one = { max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true };
  const pool = new pg.Pool({ connectionString: asUser(url, reuse.superuser), ...one });
  pool.on('error', () => undefined);
  async function empty(known: readonly number[]): Promise<boolean> {
    const client = await pool.connect();
    try {
      return await isEmptied(client, reuse, known);
    } finally {
      client.release();
    }
  }
  async function end(): Promise<void> {
    // Taken once more, or the process would not wait for its end.
    (await pool.connect()).release(true);
    await pool.end();
  }
  return { empty, end };
}

async function isEmptied(client: pg.ClientBase, reuse: Reuse, known: readonly number[]): Promise<boolean> {
  if (!(await isAlone(client, known))) return false;
  const { rows } = await client.query({ name: 'look', text: LOOK });
  const { settings, bytes, is_written, written } = rows[0];
  if (settings !== reuse.settings || bytes > reuse.bytes + GROWTH_BYTES_MAX) return false;
  if (is_written && (await client.query(STATE)).rows[0].state !== reuse.state) return false;
  await client.query(
    [
      'begin; set local session_replication_role = replica',
      ...written.map((table: string) => `delete from ${table}`),
      ...Object.entries(reuse.rows)
        .filter(([table]) => written.includes(table))
        .map(
          ([table, texts]) =>
            `insert into ${table} select * from jsonb_populate_recordset(null::${table}, ${client.escapeLiteral(texts)})`,
        ),
      `select setval(id, 1, false) from unnest('{${reuse.sequences}}'::regclass[]) as of (id)`,
      'commit',
      'select pg_stat_force_next_flush()',
    ].join(';\n'),
  );
  // What was counted so far: next time only what the next test has written is emptied.
  await client.query({ name: 'forget', text: 'select pg_stat_reset()' });
  return true;
}

/** Who is still connected could write after the emptying. Mostly they are about to end by themselves. */
async function isAlone(client: pg.ClientBase, known: readonly number[]): Promise<boolean> {
  for (let attempt = 1; attempt <= LEAVING_ATTEMPTS; attempt += 1) {
    const { rowCount } = await client.query({ name: 'others', text: `select ${OTHERS}`, values: [known] });
    if (rowCount === 0) return true;
    await delay(LEAVING_MS);
  }
  await client.query(`select pg_terminate_backend(pid) ${OTHERS}`, [known]);
  for (const until = performance.now() + ENDING_MS_MAX; performance.now() < until; await delay(LEAVING_MS)) {
    const { rowCount } = await client.query(`select ${OTHERS}`, [known]);
    if (rowCount === 0) return true;
  }
  return false;
}

/** Whether this role may switch off what guards the record, and the server counts what is written. */
async function mayEmpty(client: pg.Client): Promise<boolean> {
  try {
    await client.query('begin; set local session_replication_role = replica; rollback');
    const { rows } = await client.query(`select current_setting('track_counts')::boolean as counts`);
    return rows[0].counts;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return false;
    throw error;
  }
}

async function namesOf(client: pg.Client, kind: 'r' | 'S'): Promise<readonly string[]> {
  const { rows } = await client.query(
    `select format('%I.%I', nspname, relname) as name from pg_class join pg_namespace n on n.oid = relnamespace
      where relkind = $1 and nspname = any ($2) order by 1`,
    [kind, OURS],
  );
  return rows.map(({ name }) => name);
}

async function rowsOf(client: pg.Client, tables: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const table of tables) {
    const { rows } = await client.query(`select jsonb_agg(t)::text as rows from ${table} t`);
    if (rows[0].rows !== null) found[table] = rows[0].rows;
  }
  return found;
}

function asUser(url: string, user: string): string {
  const changed = new URL(url);
  changed.username = user;
  return changed.href;
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
