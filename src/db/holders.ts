// The person to whom tokens belong, locked while they are made or changed. SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export type HolderRow = {
  readonly id: number;
  readonly login: string;
  readonly email_verified: boolean;
  readonly suspended_at: Date | null;
};

/**
 * The person, locked until the end of the transaction: what is counted or unique among one holder's tokens (M2, M6) is
 * judged one call at a time. Rows that refer to the person (a new session) do not wait for this lock.
 */
export function lockHolder(db: Kysely<Database>, id: number): Promise<HolderRow | undefined> {
  return db
    .selectFrom('users as person')
    .innerJoin('accounts as account', 'account.id', 'person.id')
    .select(['person.id', 'account.login', 'person.email_verified', 'person.suspended_at'])
    .where('person.id', '=', id)
    .forNoKeyUpdate('person')
    .executeTakeFirst();
}

/**
 * Those of these people whom nobody else has locked, locked as above. A job waits for nobody: whom it does not get now, it
 * gets at its next turn.
 */
export async function lockFreeHolders(db: Kysely<Database>, ids: readonly number[]): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from users where id = any(${[...ids]}::bigint[])
    order by id for no key update skip locked`.execute(db);
  return rows.map((row) => row.id);
}

/** Locks everybody who has a token, an exchanged one or a session with one of these texts, in the order of their ids. */
export async function lockHoldersOfTexts(db: Kysely<Database>, digests: readonly string[]): Promise<void> {
  await sql`
    select person.id from users person
    where person.id in (
      select token.user_id from token_secrets secret join tokens token on token.id = secret.token_id
      where secret.digest = any(${[...digests]}::text[])
      union
      select token.user_id from exchanged_tokens exchanged
      join token_secrets secret on secret.digest = exchanged.secret_digest
      join tokens token on token.id = secret.token_id
      where exchanged.digest = any(${[...digests]}::text[])
      union
      select session.user_id from sessions session where session.digest = any(${[...digests]}::text[]))
    order by person.id for no key update`.execute(db);
}
