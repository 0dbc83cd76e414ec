// The connections to the database: one bounded pool, read through kysely. Here every time limit of the database is set, every
// error of the driver is translated once, and every value that could be read wrongly is refused.
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { StorageUnavailable } from '../domain/fault.ts';
import { connectJointly } from './joint-transaction.ts';
import { BEGIN_PATIENCE } from './patience.ts';
import type { Database } from './schema.ts';
import { toFault } from './sqlstate.ts';
import { statementLog } from './traced.ts';
import { openTurnstile, type Turnstile } from './turnstile.ts';

const { builtins } = pg.types;
const INT8_ARRAY = 1016;
const TIMESTAMPTZ_ARRAY = 1185;
/** The number of text[], which is wider than a member of the driver's list of types: it is not on it. */
const TEXT_ARRAY: number = 1009;
const readTexts: (text: string) => (string | null)[] = pg.types.getTypeParser(TEXT_ARRAY);
const IDLE_TIMEOUT_MS = 30_000;
/** Of a pool that says nothing about it. */
const CONNECT_TIMEOUT_MS = 2000;
const CONNECTIONS_MAX = 10;

export interface PoolOptions {
  readonly url: string;
  readonly connections_max: number;
  /** Of what use-cases do, so much may wait for a connection; more fails at once. */
  readonly waiting_max?: number | undefined;
  /** The longest that a request waits; every limit here is within it. */
  readonly request_timeout_ms: number;
  /** The longest that waiting for a connection may take, where it is not the usual part of that. */
  readonly connect_timeout_ms?: number | undefined;
  /** Whether connections keep what was set and prepared on them (direct.ts); true unless said otherwise. */
  readonly is_direct?: boolean;
  /** Is told of connections that broke while nobody used them. */
  readonly onIdleError: (error: Error) => void;
}

/** The database as use-cases see it, over a pool that others (src/facts) use too. `db.destroy()` closes the pool. */
export function databaseOver(pool: pg.Pool): Kysely<Database> {
  const log = statementLog();
  const dialect = new PostgresDialect({ pool: faultTranslating(pool) });
  return new Kysely<Database>({ dialect, ...(log !== undefined && { log }) });
}

/** The one pool of connections of a process. */
export function openPool(options: PoolOptions): pg.Pool {
  const { is_direct = true } = options;
  // A pooler refuses these, because they are of a session: there the role has them (docs/operations.md).
  const of_session = {
    statement_timeout: Math.floor(options.request_timeout_ms * 0.5),
    idle_in_transaction_session_timeout: options.request_timeout_ms * 2,
  };
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections_max,
    // Waiting for a connection and for a statement must both fit into the time of the request.
    connectionTimeoutMillis: options.connect_timeout_ms ?? Math.floor(options.request_timeout_ms * 0.4),
    query_timeout: Math.floor(options.request_timeout_ms * 0.6),
    ...(is_direct && of_session),
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'gatehouse',
    types: { getTypeParser },
  });
  pool.on('error', options.onIdleError);
  // A connection that breaks between two statements of a transaction says so here only; unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('connect', (client) =>
    client.on('notice', ({ routine }) => routine === STANDBY_WAIT && UNCONFIRMED.add(client)),
  );
  WAITING_MAX.set(pool, options.waiting_max ?? Number.POSITIVE_INFINITY);
  if (!is_direct) {
    POOLED.add(pool);
    pool.on('connect', prepareNothing);
  }
  return pool;
}

/**
 * Where PostgreSQL waits for a standby that has to have a commit. Whoever cancels this wait ends it with a warning only, and the commit
 * is answered as done though no standby has it (promises P9).
 */
const STANDBY_WAIT = 'SyncRepWaitForLSN';
const UNCONFIRMED = new WeakSet<pg.PoolClient>();

const POOLED = new WeakSet<pg.Pool>();
const WAITING_MAX = new WeakMap<pg.Pool, number>();
const TURNSTILES = new WeakMap<pg.Pool, Turnstile>();

/** What the pool has, and how much waits for it, in either line. */
export function figuresOf(pool: pg.Pool) {
  return {
    options: pool.options,
    totalCount: pool.totalCount,
    idleCount: pool.idleCount,
    waitingCount: waitingIn(pool),
  };
}

/** How much waits for it: asked for every request. */
export function waitingIn(pool: pg.Pool): number {
  return pool.waitingCount + (TURNSTILES.get(pool)?.waiting() ?? 0);
}

/** Whether something stands between this pool and the sessions of the database. */
export function isPooled(pool: pg.Pool): boolean {
  return POOLED.has(pool);
}

/** Statements with a name are kept by the session: the next one may be done by another, which does not know them. */
function prepareNothing(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (first: unknown, ...rest: unknown[]) => unknown;
  const unnamed = (first: unknown, ...rest: unknown[]): unknown =>
    typeof first === 'object' && first !== null && 'name' in first
      ? query({ ...first, name: undefined }, ...rest)
      : query(first, ...rest);
  client.query = unnamed as pg.PoolClient['query'];
}

/**
 * A part of the pool is left to checks, which go past kysely: calls that wait for locks, however many they are, keep none of them
 * waiting. A small pool has nothing to spare, since a transaction may need another connection beside its own.
 */
function connectionsForChanges(max = CONNECTIONS_MAX): number {
  return max - Math.floor(max / 4);
}

/** The pool for kysely: its errors are faults or the statement's own, and a connection that failed is not used again. */
function faultTranslating(pool: pg.Pool): PostgresPool {
  const { max, connectionTimeoutMillis } = pool.options;
  const usable = connectionsForChanges(max);
  const waiting_max = WAITING_MAX.get(pool) ?? Number.POSITIVE_INFINITY;
  const turnstile = openTurnstile({
    room: usable,
    wait_ms_max: connectionTimeoutMillis ?? CONNECT_TIMEOUT_MS,
    waiting_max,
  });
  TURNSTILES.set(pool, turnstile);
  async function connect(): Promise<PostgresPoolClient> {
    const leave = await turnstile.enter();
    try {
      return translatingClient(await pool.connect(), leave);
    } catch (error) {
      leave();
      throw new StorageUnavailable(error);
    }
  }
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: () => connectJointly(connect),
  };
}

/** The database says first that the time is over. */
const PATIENCE_MARGIN_MS = 1000;
const ENDS = new Set(['commit', 'rollback']);
const BEGINS = /^(?:begin|start transaction)/;

/**
 * One taking of a connection. What asks after the end of its transaction has begun is refused: a call that was given up, or a branch of one
 * that failed, may still be at work, and its next statement would be done outside of any transaction, by itself (promises P9, P22).
 */
function translatingClient(client: pg.PoolClient, leave: () => void): PostgresPoolClient {
  let broken = false;
  let [is_over, is_released] = [false, false];
  /** Of a transaction whose statements may take longer than usual; undefined: as usual. */
  let patience_ms: number | undefined;
  async function query(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    const is_end = ENDS.has(sql);
    if (is_released || (is_over && !is_end && !BEGINS.test(sql)))
      throw new StorageUnavailable(new Error('the transaction has ended'));
    is_over = is_end;
    const values = [...parameters];
    const patient = { text: sql, values, query_timeout: patience_ms };
    try {
      const answer = await (patience_ms === undefined ? client.query(sql, values) : client.query(patient));
      if (sql === BEGIN_PATIENCE) patience_ms = Number(parameters[0]) + PATIENCE_MARGIN_MS;
      if (UNCONFIRMED.delete(client)) throw new StorageUnavailable('committed, but no standby has confirmed it');
      return joined(answer);
    } catch (error) {
      // After any error but the database's own answer, an answer may still be under way: the next user must not get it.
      broken ||= !(error instanceof pg.DatabaseError);
      throw toFault(error);
    }
  }
  // Kysely calls `query` with a text only, because no cursor is configured.
  const release = (destroy?: boolean): void => {
    is_released = true;
    client.release(broken || destroy === true);
    leave();
  };
  const translated = { query, release };
  return translated as PostgresPoolClient;
}

/** Several statements in one text, as the queue has them, are answered with the rows of all. */
function joined(answer: pg.QueryResult | pg.QueryResult[]): unknown {
  if (!Array.isArray(answer)) return answer;
  return { command: null, rowCount: null, rows: answer.flatMap((each) => each.rows) };
}

/** Numbers and times as values that cannot be mistaken; all else as the driver reads it. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (format !== 'binary') {
    if (oid === builtins.INT8) return readInteger;
    if (oid === builtins.TIMESTAMPTZ) return readInstant;
    if (oid === INT8_ARRAY) return (text: string) => readList(text).map(readInteger);
    if (oid === TIMESTAMPTZ_ARRAY) return (text: string) => readList(text).map(readInstant);
  }
  return pg.types.getTypeParser(oid, format);
};

/** Ids and counts are numbers below 2^53; a larger one must not become its neighbour. */
function readInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new StorageUnavailable(`\`${text}\` is no integer below 2^53`);
  return value;
}

/** An instant that JavaScript cannot hold (`infinity`) must not become "never" or "now". */
function readInstant(text: string): Date {
  const value: unknown = pg.types.getTypeParser(builtins.TIMESTAMPTZ)(text);
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
    throw new StorageUnavailable(`\`${text}\` is no instant`);
  }
  return value;
}

/** The elements of an array as texts. An absent element is refused: no column of ours may have one. */
function readList(text: string): string[] {
  const elements = readTexts(text);
  return elements.map((element) => {
    if (element === null) throw new StorageUnavailable('an array has an absent element');
    return element;
  });
}
