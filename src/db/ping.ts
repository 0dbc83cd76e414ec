// The cheapest question: whether the database answers at all.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Ends when the database has answered; a fault of it is thrown. */
export async function ping(db: Kysely<Database>): Promise<void> {
  await sql`select 1`.execute(db);
}
