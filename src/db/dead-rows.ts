// Rows that mean nothing any more: sessions, older and exchanged texts, rights and notifications that are over. SQL only. No judgement
// depends on whether they are there, as long as they go by the right clock.

import { type Kysely, sql } from 'kysely';
import { clockAhead, DATABASE_CLOCK } from './clock-ahead.ts';
import { KEPT_ANSWER_HOURS } from './idempotency-keys.ts';
import type { Database } from './schema.ts';

const NOTIFICATION_DAYS_MAX = 365;
/** A node that has heard nothing for so long forgets everything; nodes are never behind by more than seconds. */
const COMMIT_MINUTES_MAX = 30;
/** A node whose lease has been over for so long gets another row, should it come back. */
const NODE_MINUTES_MAX = 60;

/**
 * A table, what identifies its rows, and which of them are over: rights by the clock that is ahead; what keeps something from being done
 * twice, and what others wait for, by the database's.
 */
const OVER = {
  sessions: ['id', (now: Date) => sql`expires_at <= ${clockAhead(now)}`],
  token_secrets: ['digest', (now: Date) => sql`not is_current and expires_at <= ${clockAhead(now)}`],
  exchanged_tokens: ['id', (now: Date) => sql`expires_at <= ${clockAhead(now)}`],
  password_setups: ['digest', (now: Date) => sql`expires_at <= ${clockAhead(now)}`],
  email_verifications: ['user_id', (now: Date) => sql`expires_at <= ${clockAhead(now)}`],
  used_id_tokens: ['digest', () => sql`usable_until <= ${DATABASE_CLOCK}`],
  idempotency_keys: [
    'id',
    () => sql`created_at <= ${DATABASE_CLOCK} - make_interval(hours => ${KEPT_ANSWER_HOURS}::int)`,
  ],
  change_commits: [
    'transaction_id',
    // The last one stays: by it nodes know that the database is still the one that they have heard.
    () =>
      sql`committed_at <= ${DATABASE_CLOCK} - make_interval(mins => ${COMMIT_MINUTES_MAX}::int)
        and epoch < (select epoch from change_epoch)`,
  ],
  nodes: ['id', () => sql`lease_ends_at <= ${DATABASE_CLOCK} - make_interval(mins => ${NODE_MINUTES_MAX}::int)`],
  counted_windows: ['digest', (now: Date) => sql`ends_at <= ${clockAhead(now)}`],
  notifications: [
    'id',
    () => sql`created_at <= ${DATABASE_CLOCK} - make_interval(days => ${NOTIFICATION_DAYS_MAX}::int)`,
  ],
} as const;
export type MortalTable = keyof typeof OVER;
export const MORTAL_TABLES = Object.keys(OVER) as readonly MortalTable[]; // its own keys

/** Takes away at most so many dead rows of the table that nobody has locked; answers how many. */
export async function deleteDeadRows(
  db: Kysely<Database>,
  table: MortalTable,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<number> {
  const [key, isOver] = OVER[table];
  const { numAffectedRows = 0n } = await sql`
    delete from ${sql.table(table)} where ${sql.ref(key)} in (
      select ${sql.ref(key)} from ${sql.table(table)} where ${isOver(now)} limit ${limit} for update skip locked)`.execute(
    db,
  );
  return Number(numAffectedRows);
}
