// The one-time right to choose the first password. SQL only; digests, never texts.

import type { Kysely } from 'kysely';
import { clockAhead } from './clock-ahead.ts';
import type { Database } from './schema.ts';

export type PasswordSetup = { readonly digest: string; readonly user_id: number; readonly expires_at: Date };

export async function insertPasswordSetup(db: Kysely<Database>, setup: PasswordSetup): Promise<void> {
  await db.insertInto('password_setups').values(setup).execute();
}

/** Whose right this is, if it is in force and the person may act; it stays in force. */
export function findPasswordSetup(
  db: Kysely<Database>,
  digest: string,
  now: Date,
): Promise<{ id: number; login: string } | undefined> {
  return db
    .selectFrom('password_setups as setup')
    .innerJoin('users as person', 'person.id', 'setup.user_id')
    .innerJoin('accounts as account', 'account.id', 'person.id')
    .select(['account.id', 'account.login'])
    .where('setup.digest', '=', digest)
    .where('setup.expires_at', '>', clockAhead(now))
    .where('person.suspended_at', 'is', null)
    .executeTakeFirst();
}

/** Uses up this right. False: somebody else has been quicker, or it was taken away. */
export async function deletePasswordSetup(db: Kysely<Database>, digest: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('password_setups').where('digest', '=', digest).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Takes away every such right of a person: a password that is set makes them void. */
export async function deletePasswordSetupsOf(db: Kysely<Database>, user_id: number): Promise<void> {
  await db.deleteFrom('password_setups').where('user_id', '=', user_id).execute();
}
