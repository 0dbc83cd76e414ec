// Sessions of a database outlive the test that had them, with what they know: a new one reads the catalogue, compiles the functions of
// triggers and plans every statement anew, which took longer than what tests ask of it. What a test has set in one is taken back. Each
// test has a pool of its own, so what is still at work for an earlier one reaches none of them.

import type pg from 'pg';
import { keepStatements } from './kept-statements.ts';

/** Whatever a session may have been told, but for its statements: those stay, which is the point. */
const FORGET = [
  ...['close all', 'set session authorization default', 'reset all', 'unlisten *'],
  ...['select pg_advisory_unlock_all()', 'discard temp', 'discard sequences'],
  // What it has written counts at once: who empties the database asks for that.
  'select pg_stat_force_next_flush()',
].join('; ');

/**
 * A statement is planned when it is put first, for any values: left to itself the server plans each five times for the values at hand
 * before it compares. What is answered is the same. Who looks at plans has a new database, whose sessions are not kept, or explains them.
 */
const PLANNED_ONCE = '-c plan_cache_mode=force_generic_plan';

/** The driver's client, with what it knows of itself and does not tell. */
type Session = Omit<pg.Client, 'connect' | 'end'> & {
  connect: (done: (error: Error | null) => void) => void;
  end: (done?: () => void) => Promise<void> | void;
  release?: unknown;
  readonly ref: () => void;
  readonly unref: () => void;
  readonly processID: number;
  readonly readyForQuery?: boolean;
  readonly _queryable: boolean;
  readonly _ending: boolean;
  readonly _ended: boolean;
  readonly _queryQueue: readonly unknown[];
  readonly _txStatus: string | null;
};
type NewSession = new (options: pg.PoolConfig) => Session;

export type KeptSessions = {
  /** Has this pool take sessions that are free, and leave those here that are in order when it ends. */
  readonly lendTo: (pool: pg.Pool) => void;
  /** Every free session forgets what it was told; one that cannot is ended. Answers the numbers that the server gave them. */
  readonly forget: () => Promise<readonly number[]>;
  readonly end: () => Promise<void>;
};

/** Those of one database. */
export function keepSessions(): KeptSessions {
  const free = new Set<Session>();
  /** Which test it is. A session that comes back when its test is over is not kept: something was at work in it. */
  let turn = 0;

  function keep(session: Session): void {
    session.removeAllListeners();
    delete session.release;
    const drop = (): void => void free.delete(session);
    session.on('error', drop).on('end', drop);
    // The process need not go on for who is asked nothing.
    session.unref();
    free.add(session);
  }

  function take(): Session | undefined {
    // The last that was left here, which knows the most: of five, the others are hardly ever needed.
    const session = [...free].at(-1);
    if (session === undefined) return undefined;
    free.delete(session);
    session.removeAllListeners();
    session.ref();
    session.connect = (done) => void process.nextTick(done, null);
    return session;
  }

  function lendTo(pool: pg.Pool): void {
    const of_pool = pool as unknown as { Client: NewSession };
    const { Client } = of_pool;
    const spoilt = new WeakSet<object>();
    const of_turn = turn;
    const mayStay = (session: Session): boolean =>
      pool.ending && turn === of_turn && !spoilt.has(session) && isIdle(session);
    pool.on('release', (error, client) => void (error && spoilt.add(client)));
    // The pool calls it with `new`.
    of_pool.Client = function lent(options: pg.PoolConfig): Session {
      const session = take() ?? begin(Client, options);
      session.end = (done) => {
        if (!mayStay(session)) return endOf(Client, session, done);
        keep(session);
        process.nextTick(() => done?.());
      };
      return session;
    } as unknown as NewSession;
  }

  async function forget(): Promise<readonly number[]> {
    turn += 1;
    const known = await Promise.all([...free].map(forgetting));
    return known.flat();
  }

  async function forgetting(session: Session): Promise<readonly number[]> {
    session.ref();
    try {
      await session.query(FORGET);
      session.unref();
      return [session.processID];
    } catch {
      free.delete(session);
      await endOf(session.constructor as NewSession, session);
      return [];
    }
  }

  async function end(): Promise<void> {
    await Promise.all([...free].map((session) => endOf(session.constructor as NewSession, session)));
  }

  return { lendTo, forget, end };
}

function begin(Client: NewSession, options: pg.PoolConfig): Session {
  const session = new Client({ ...options, options: PLANNED_ONCE });
  keepStatements(session);
  return session;
}

/** Nothing is under way, no transaction is open, and no test has put something of its own in the place of what it does. */
function isIdle(session: Session): boolean {
  const { readyForQuery, _queryable, _ending, _ended, _queryQueue, _txStatus } = session;
  const is_alive = _queryable && !_ending && !_ended;
  const is_resting = readyForQuery === true && _txStatus === 'I' && _queryQueue.length === 0;
  return is_alive && is_resting && !Object.hasOwn(session, 'query');
}

function endOf(Client: NewSession, session: Session, done?: () => void): Promise<void> | void {
  session.ref();
  return Client.prototype.end.call(session, done);
}
