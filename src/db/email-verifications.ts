// The right to say that an e-mail address is one's own. SQL only; digests, never codes.

import type { Kysely } from 'kysely';
import { clockAhead } from './clock-ahead.ts';
import type { Database } from './schema.ts';

export type EmailVerification = {
  readonly user_id: number;
  readonly digest: string;
  /** The address that the code is sent to. */
  readonly email: string;
  readonly expires_at: Date;
};

/** The newest right takes the place of an older one. */
export async function putEmailVerification(db: Kysely<Database>, verification: EmailVerification): Promise<void> {
  const { digest, email, expires_at } = verification;
  await db
    .insertInto('email_verifications')
    .values(verification)
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ digest, email, expires_at }))
    .execute();
}

/** Uses up the right of this person with this code; the address that it is for, or undefined where there is none in force. */
export async function useEmailVerification(
  db: Kysely<Database>,
  { user_id, digest, now }: { readonly user_id: number; readonly digest: string; readonly now: Date },
): Promise<string | undefined> {
  const used = await db
    .deleteFrom('email_verifications')
    .where('user_id', '=', user_id)
    .where('digest', '=', digest)
    .where('expires_at', '>', clockAhead(now))
    .returning('email')
    .executeTakeFirst();
  return used?.email;
}
