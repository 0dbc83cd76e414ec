// The kept answers of creating calls. SQL only.

import { type Kysely, sql } from 'kysely';
import { clockAhead } from './clock-ahead.ts';
import type { Database } from './schema.ts';

/** Under which key an answer is kept, and whose key it is. */
export type KeptUnder = {
  readonly principal_type: 'user' | 'token' | 'client';
  readonly principal_id: number;
  readonly key_digest: string;
};
export type KeptAnswer = { readonly fingerprint: string; readonly status: number; readonly answer: unknown };

/** How long an answer is kept for repetitions. */
export const KEPT_ANSWER_HOURS = 24;
const oldest = (now: Date) => sql<Date>`${clockAhead(now)} - make_interval(hours => ${KEPT_ANSWER_HOURS}::int)`;

/** What was answered under the key within the last day. */
export async function findKeptAnswer(
  db: Kysely<Database>,
  { principal_type, principal_id, key_digest }: KeptUnder,
  now: Date,
): Promise<KeptAnswer | undefined> {
  return db
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'status', 'answer'])
    .where('principal_type', '=', principal_type)
    .where('principal_id', '=', principal_id)
    .where('key_digest', '=', key_digest)
    .where('created_at', '>', oldest(now))
    .executeTakeFirst();
}

/** Whether nobody else has this key in a transaction; until the end of ours nobody will. */
export async function lockKey(db: Kysely<Database>, under: KeptUnder): Promise<boolean> {
  const text = ['idempotency', under.principal_type, under.principal_id, under.key_digest].join(' ');
  const { rows } = await sql<{
    locked: boolean;
  }>`select pg_try_advisory_xact_lock(hashtextextended(${text}, 0)) as locked`.execute(db);
  return rows[0]?.locked === true;
}

/** Keeps the answer; in the place of one that is over. */
export async function insertKeptAnswer(
  db: Kysely<Database>,
  under: KeptUnder,
  { fingerprint, status, answer }: KeptAnswer,
  now: Date,
): Promise<void> {
  const row = { fingerprint, status, answer: JSON.stringify(answer), created_at: clockAhead(now) };
  await db
    .insertInto('idempotency_keys')
    .values({ ...under, ...row })
    .onConflict((conflict) => conflict.columns(['principal_type', 'principal_id', 'key_digest']).doUpdateSet(row))
    .execute();
}
