// Jobs run on every node; what a job does in one transaction, one node of all does. SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Takes the job of this name until the transaction ends; false where another node has it. */
export async function takeJob(transaction: Kysely<Database>, name: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`gatehouse job: ${name}`}, 0)) as taken`.execute(transaction);
  return rows[0]?.taken === true;
}
