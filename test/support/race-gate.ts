// One call stopped at one of the statements of its transactions, until it is told to go on: what two calls at once come to by chance is so
// tried on purpose, at every place where it could matter.

import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

export type Gate = {
  /** Does the work; of it one statement waits. */
  readonly run: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Settles when the statement has been come to. */
  readonly reached: Promise<void>;
  readonly open: () => void;
  /** How many statements there were, in transactions. */
  readonly count: () => number;
};

type Held = { seen: number; readonly at: number; readonly reach: () => void; readonly opened: Promise<void> };

const WHOSE = new AsyncLocalStorage<Held>();
const IN_TRANSACTION = new WeakSet<object>();
const BEGINS = /^(?:begin|start transaction)/;

/** A gate before the statement of this number, from 0; the first of a transaction is its beginning. */
export function gateAt(at: number): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const held: Held = { seen: 0, at, reach: reached.resolve, opened: opened.promise };
  return {
    run: (work) => WHOSE.run(held, work),
    reached: reached.promise,
    open: opened.resolve,
    count: () => held.seen,
  };
}

/** Lets statements of transactions wait at the gates of their calls; tells of errors of the database. Until it is told to stop. */
export function watchStatements(onError: (code: string) => void): () => void {
  const { query } = pg.Client.prototype;
  async function afterGate(held: Held, put: () => Promise<unknown>): Promise<unknown> {
    const number = held.seen;
    held.seen += 1;
    if (number === held.at) {
      held.reach();
      await held.opened;
    }
    return put();
  }
  function watched(this: pg.Client, ...args: unknown[]): unknown {
    const [text] = args;
    const put = () => Reflect.apply(query, this, args) as Promise<unknown>;
    // Kysely alone puts texts with values, and waits for promises; whatever else is asked is no part of a transaction.
    if (typeof text !== 'string' || args.length !== 2 || typeof args[1] === 'function') return put();
    if (BEGINS.test(text)) IN_TRANSACTION.add(this);
    const is_within = IN_TRANSACTION.has(this);
    if (text === 'commit' || text === 'rollback') IN_TRANSACTION.delete(this);
    const held = WHOSE.getStore();
    const answer = held !== undefined && is_within && text !== 'rollback' ? afterGate(held, put) : put();
    return answer.catch((error: unknown) => {
      if (error instanceof pg.DatabaseError) onError(error.code ?? '');
      throw error;
    });
  }
  Object.assign(pg.Client.prototype, { query: watched });
  return () => void Object.assign(pg.Client.prototype, { query });
}
