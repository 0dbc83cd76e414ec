// How many there are already of what may not become too many (domain/count-caps.ts). SQL only. Counting ends at the bound, so that
// it never costs more than a look at as many rows of an index.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from './schema.ts';

const COUNTED = {
  tokens: (user_id: unknown) => sql`select from tokens where user_id = ${user_id}::bigint`,
  deploy_keys: (repository_id: unknown) => sql`select from deploy_keys where repository_id = ${repository_id}::bigint`,
  teams: (organization_id: unknown) => sql`select from teams where organization_id = ${organization_id}::bigint`,
  repositories: (owner_id: unknown) => sql`select from repositories where owner_id = ${owner_id}::bigint`,
  exchanged_tokens: (digest: unknown) => sql`select from exchanged_tokens where secret_digest = ${digest}::text`,
} as const satisfies Record<string, (of: unknown) => RawBuilder<unknown>>;
/** Made by the second, where a few more do no harm: nobody waits for anybody. */
const NEARLY: ReadonlySet<string> = new Set<keyof typeof COUNTED>(['exchanged_tokens']);

/** Whether there are so many of this one's. Who asks the same waits for the end of this transaction, so that the bound is kept exactly. */
export async function isFull(
  transaction: Kysely<Database>,
  counted: keyof typeof COUNTED,
  of: number | string,
  count_max: number,
): Promise<boolean> {
  if (!NEARLY.has(counted))
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${counted} ${of}`}::text, 0))`.execute(transaction);
  // A statement of its own: it sees what the one before has waited for.
  const { rows } = await sql<{ count: number }>`
    select count(*) from (${COUNTED[counted](of)} limit ${count_max}::int) counted`.execute(transaction);
  return (rows[0]?.count ?? 0) >= count_max;
}
