// What one transaction may take longer than the usual statement: the limit of the database is set for it alone, and the driver's own, which
// pool.ts keeps, follows. SQL only.

import { CompiledQuery, type Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** From this statement on, until the transaction ends; its parameter: milliseconds. Locks are waited for no longer than usual. */
export const BEGIN_PATIENCE = `select set_config('lock_timeout', current_setting('statement_timeout'), true),
  set_config('statement_timeout', $1, true)`;

/** What takes away as much as there is: an organization can have hundreds of thousands of tokens. */
const PATIENT_MS = 10 * 60 * 1000;

/** Statements of this transaction may take so long, its commit too. */
export async function beginPatience(transaction: Kysely<Database>, ms = PATIENT_MS): Promise<void> {
  await transaction.executeQuery(CompiledQuery.raw(BEGIN_PATIENCE, [String(ms)]));
}
