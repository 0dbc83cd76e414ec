// The person to whom tokens belong, locked while they are made or changed. SQL only.

import type { Kysely } from 'kysely';
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
