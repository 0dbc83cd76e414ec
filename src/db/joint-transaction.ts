// One transaction for a whole call: while it is open, whatever the call does in a transaction joins it, and whatever it reads it reads
// over the same connection. So what is written beside the effect, as the answer that is kept for a repetition, stands or falls
// with it (promises P22). It begins with the first transaction of the call, so that nothing slow happens inside before.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely, PostgresPoolClient } from 'kysely';
import { StorageUnavailable } from '../domain/fault.ts';
import { asPart } from './savepoint.ts';
import type { Database } from './schema.ts';

type Connect = () => Promise<PostgresPoolClient>;
type Work<Result> = (transaction: Kysely<Database>) => Promise<Result>;

export type Joint = {
  /** Does the work; its transactions, and all that it awaits, belong to this one. */
  readonly run: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** The last statements, and then the commit. Faults: StorageUnavailable; nothing is done then. */
  readonly commit: (last: Work<void>) => Promise<void>;
  /** Undoes everything; whatever is still under way fails. Does nothing after the commit. */
  readonly giveUp: () => Promise<void>;
};

type Place = {
  readonly connect: (connect: Connect) => Promise<PostgresPoolClient>;
  readonly join: (<Result>(work: Work<Result>) => Promise<Result>) | null;
};

const PLACE = new AsyncLocalStorage<Place>();

/** The connection of the call's one transaction, while there is one; else a new one. */
export function connectJointly(connect: Connect): Promise<PostgresPoolClient> {
  return PLACE.getStore()?.connect(connect) ?? connect();
}

/** How a transaction joins that of its call; null where it is one of its own. */
export function joining(): Place['join'] {
  return PLACE.getStore()?.join ?? null;
}

type Open = {
  readonly transaction: Kysely<Database>;
  readonly client: PostgresPoolClient;
  readonly end: (verdict: 'commit' | 'undo') => Promise<void>;
};

class Undone extends Error {}

/** Opens a transaction that ends by a word from outside. */
function open(db: Kysely<Database>): Promise<Open> {
  return new Promise((resolve, reject) => {
    let client: PostgresPoolClient | undefined;
    const capture: Place = {
      connect: async (connect) => {
        client = await connect();
        return client;
      },
      join: null,
    };
    const over = PLACE.run(capture, () =>
      db.transaction().execute(async (transaction) => {
        const verdict = Promise.withResolvers<void>();
        if (client === undefined) throw new Error('a transaction has no connection');
        resolve({
          transaction,
          client,
          end: (word) => {
            if (word === 'commit') verdict.resolve();
            else verdict.reject(new Undone());
            return over;
          },
        });
        await verdict.promise;
      }),
    );
    over.catch(reject);
  });
}

/** A transaction for one call. `onBegin` is its first act; what it throws, the call's first transaction throws. */
export function openJoint(db: Kysely<Database>, onBegin: Work<void>): Joint {
  let state: 'working' | 'done' | 'given up' = 'working';
  let opened: Promise<Open> | null = null;
  let begun: Promise<Open> | null = null;

  function requireWorking(): void {
    if (state === 'given up') throw new StorageUnavailable(new Error('the call was given up'));
  }
  async function begin(): Promise<Open> {
    opened = open(db);
    const each = await opened;
    await onBegin(each.transaction);
    return each;
  }
  async function transaction(): Promise<Open> {
    requireWorking();
    begun ??= begin();
    const each = await begun;
    requireWorking();
    return each;
  }
  async function end(word: 'commit' | 'undo'): Promise<void> {
    const each = await opened;
    await each?.end(word);
  }

  const place: Place = {
    connect: async (connect) => {
      requireWorking();
      if (state === 'done' || opened === null) return connect();
      const { client } = await opened;
      // Lent: it goes back to the pool with the end of the transaction.
      return { query: client.query.bind(client), release: () => undefined } as PostgresPoolClient;
    },
    join: async (work) => {
      if (state === 'done') return db.transaction().execute(work);
      const each = await transaction();
      return asPart(each.transaction, work); // a part of the call that fails is undone alone
    },
  };

  return {
    run: (work) => PLACE.run(place, work),
    commit: async (last) => {
      const each = await transaction();
      await last(each.transaction);
      requireWorking();
      state = 'done';
      await end('commit');
    },
    giveUp: async () => {
      if (state !== 'working') return;
      state = 'given up';
      await end('undo').catch(() => undefined); // undone by its end, however it ended
    },
  };
}
