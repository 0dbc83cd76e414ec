// The advisory locks of the database that have numbers: one list, so that no two have the same. (Locks of things, of which there are any
// number, are named by a hash.) Nodes of two versions run beside each other while one takes the other's place: a number keeps its meaning.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export const ADVISORY_LOCKS = {
  /** Which process the embedded database is of. */
  embedded_owner: 4_283_000,
  migrations: 4_283_001,
  job_queue: 4_283_002,
  /** The setting of the database that switches its compiler off. */
  jit: 4_283_003,
  role_rights: 4_283_004,
  /** One node at a time appends to the file of roots. */
  audit_roots: 4_283_021,
  /** One node makes the first administrator. */
  first_administrator: 7_304_512,
  directory_import: 7_304_513,
  signing_keys: 7_304_514,
} as const;
export type AdvisoryLock = keyof typeof ADVISORY_LOCKS;

/** Waits for the lock, which is held until the transaction ends. */
export async function takeLock(transaction: Kysely<Database>, lock: AdvisoryLock): Promise<void> {
  await sql`select pg_advisory_xact_lock(${ADVISORY_LOCKS[lock]}::bigint)`.execute(transaction);
}

/** Takes the lock until the transaction ends; false where somebody else has it. */
export async function tryLock(transaction: Kysely<Database>, lock: AdvisoryLock): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_xact_lock(${ADVISORY_LOCKS[lock]}::bigint) as taken`.execute(transaction);
  return rows[0]?.taken === true;
}
