// A transaction belongs to a use-case and is short: no network, no hashing inside.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import { isSerializationFailure } from './sqlstate.ts';

const ATTEMPTS_MAX = 3;

/** Runs the work in one transaction, and again where the database says that it only lost a race. */
export async function inTransaction<Result>(
  db: Kysely<Database>,
  work: (transaction: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isSerializationFailure(error)) throw error;
    }
  }
}
