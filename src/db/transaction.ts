// A transaction belongs to a use-case and is short: no network, no hashing inside.

import type { Kysely } from 'kysely';
import { joining } from './joint-transaction.ts';
import type { Database } from './schema.ts';
import { isSerializationFailure } from './sqlstate.ts';

const ATTEMPTS_MAX = 3;

/**
 * Runs the work in one transaction, and again where the database says that it only lost a race. Where the whole call is one
 * transaction the work is a part of it.
 */
export async function inTransaction<Result>(
  db: Kysely<Database>,
  work: (transaction: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  const join = joining();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (join === null ? db.transaction().execute(work) : join(work));
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isSerializationFailure(error)) throw error;
    }
  }
}
