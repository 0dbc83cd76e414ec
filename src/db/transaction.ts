// A transaction belongs to a use-case and is short: no network, no hashing inside.

import type { Kysely } from 'kysely';
import { joining } from './joint-transaction.ts';
import { beginPatience } from './patience.ts';
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

/** Of one process at the same time: each keeps a connection for as long as it takes, and whoever changes anything needs one. */
const PATIENT_MAX = 2;
const PATIENT = new WeakMap<Kysely<Database>, number>();

/**
 * Runs the work in one transaction whose statements may take long; who asked is told 503 after the usual time, as whenever something
 * takes longer, and the work goes on to its end. Who waits for a lock waits no longer than usual: it may be this work's own, from before.
 * Where enough of them are under way, this one has the time that all others have.
 */
export async function inPatientTransaction<Result>(
  db: Kysely<Database>,
  work: (transaction: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  const count = PATIENT.get(db) ?? 0;
  if (count === PATIENT_MAX) return inTransaction(db, work);
  PATIENT.set(db, count + 1);
  try {
    return await inTransaction(db, async (transaction) => {
      await beginPatience(transaction);
      return work(transaction);
    });
  } finally {
    PATIENT.set(db, (PATIENT.get(db) ?? 1) - 1);
  }
}
