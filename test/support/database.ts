// Real databases for tests: one PostgreSQL for the run (started by test/run.ts), a migrated template in it, and for each test
// file, or each test that wants one, a clone of its own, which may have been that of an earlier one (reuse.ts).
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import pg from 'pg';
import type { Test } from 'tap';
import { databaseOver, openPool } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/schema.ts';
import { type KeptSessions, keepSessions } from './kept-sessions.ts';
import { type Emptier, layAside, openEmptier, REUSE, type Reuse, takeDatabase } from './reuse.ts';

/** The variable by which test/run.ts tells the tests where the template is. */
export const TEMPLATE_URL = 'TEST_TEMPLATE_URL';
const REQUEST_TIMEOUT_MS = 20_000;
const ENDING_MS_MAX = 200;
/** So many databases a process keeps with their sessions: no test has more than a few. */
const KEPT_MAX = 3;
const REUSED: Reuse | undefined = process.env[REUSE] === undefined ? undefined : JSON.parse(process.env[REUSE]);

type Used = { readonly name: string; readonly sessions: KeptSessions; emptier: Emptier | null };

/** As they were cloned; nobody has them. Who else runs tests may have them when this process has ended. */
const KEPT: Used[] = [];
process.once('exit', () => {
  if (REUSED !== undefined) for (const { name } of KEPT) layAside(name, REUSED);
});

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly db: Kysely<Database>;
}

export interface TestDatabaseOptions {
  readonly is_new?: boolean;
  /** By which its limits are set; of a new one only, since others come with their sessions. */
  readonly request_timeout_ms?: number;
}

/**
 * A migrated database of its own, empty of rows; nobody has it after the end of the test, whoever is still connected. A new one has no
 * pages of rows that were removed either, by which the planner guesses.
 */
export async function createDatabase(
  t: Test,
  { is_new = false, request_timeout_ms = REQUEST_TIMEOUT_MS }: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const used = (is_new ? undefined : KEPT.pop()) ?? (await otherDatabase(is_new));
  const url = databaseUrl(templateUrl(), used.name);
  t.teardown(() => release(used, t.passing()));
  const pool = openPool({
    url,
    connections_max: 5,
    request_timeout_ms,
    onIdleError: () => undefined,
  });
  if (REUSED !== undefined && !is_new) used.sessions.lendTo(pool);
  const db = databaseOver(pool);
  t.teardown(() => endPool(pool));
  return { url, pool, db };
}

/** One that another process has laid aside, or a new one. */
async function otherDatabase(is_new: boolean): Promise<Used> {
  const known = REUSED !== undefined && !is_new ? takeDatabase(REUSED) : null;
  const name = known ?? (await createClone(new URL(templateUrl()).pathname.slice(1)));
  return { name, sessions: keepSessions(), emptier: null };
}

/** `db.destroy()` would end only what it has used itself; applications have one of their own over this pool. */
async function endPool(pool: pg.Pool): Promise<void> {
  if (pool.ending) return;
  const ended = new AbortController();
  // A connection that somebody still has is ended by who empties the database.
  const is_late = delay(ENDING_MS_MAX, undefined, { signal: ended.signal }).catch(() => undefined);
  await Promise.race([pool.end().catch(() => undefined), is_late]);
  ended.abort();
}

/** The URL of a database without any table, for tests of what happens before migrations. */
export async function createEmptyDatabase(t: Test): Promise<string> {
  const name = await createClone('template0');
  t.teardown(() => drop(name));
  return databaseUrl(templateUrl(), name);
}

async function createClone(template: string): Promise<string> {
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  // Copied file by file: page by page through the server, as is usual, takes it three times as long.
  await execute(`create database ${name} template ${template} strategy file_copy`);
  return name;
}

/** After a test that failed, by taking too long for instance, something of it may still be at work. */
async function release(used: Used, has_passed: boolean): Promise<void> {
  const is_as_cloned = REUSED !== undefined && has_passed && (await isEmptied(used, REUSED));
  if (is_as_cloned && KEPT.length < KEPT_MAX) {
    KEPT.push(used);
    return;
  }
  await Promise.all([used.sessions.end(), used.emptier?.end()]);
  if (is_as_cloned) layAside(used.name, REUSED);
  else await drop(used.name);
}

async function isEmptied(used: Used, reuse: Reuse): Promise<boolean> {
  const known = await used.sessions.forget();
  used.emptier ??= openEmptier(databaseUrl(templateUrl(), used.name), reuse);
  return used.emptier.empty(known);
}

/**
 * A vacuum of the server's own may be at work in the database just then, which our role may not end; it is gone soon. What
 * is still refused then is left to the end of the run, which throws the whole server away.
 */
async function drop(name: string): Promise<void> {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    try {
      return await execute(`drop database if exists ${name} with (force)`);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== '42501') throw error;
      await delay(100 * attempt);
    }
  }
}

/** The same server, another database. */
export function databaseUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

function templateUrl(): string {
  const url = process.env[TEMPLATE_URL];
  if (url === undefined)
    throw new Error('Run tests with `npm test`, or `npm test -- test/some.test.ts`: they need its database.');
  return url;
}

async function execute(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(templateUrl(), 'postgres') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A connection of its own, until the test ends. What breaks it while nothing is asked is no fault of the test. */
export async function connectTo(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  t.teardown(() => client.end());
  return client;
}
