// A part of a transaction that can fail without the rest.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Does the work within the transaction; where it fails, what it did is undone, as if it were a transaction of its own. */
export async function asPart<Result>(
  transaction: Kysely<Database>,
  work: (transaction: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  await sql`savepoint part`.execute(transaction);
  try {
    const result = await work(transaction);
    await sql`release savepoint part`.execute(transaction);
    return result;
  } catch (error) {
    await sql`rollback to savepoint part`.execute(transaction).catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}
