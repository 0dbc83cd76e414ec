// The texts by which a token can be presented, as digests. SQL only; the token is locked by the caller.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export type NewSecret = {
  readonly token_id: number;
  readonly digest: string;
  readonly token_last_eight: string;
  readonly issued_at: Date;
  /** Of the token, from now on; null: never. */
  readonly expires_at: Date | null;
  /** Until when the text before it works; null: not at all. */
  readonly overlap_ends_at: Date | null;
};

/** Gives the token a new text. The one before stays for its overlap, any older one ends. @rule M8 */
export async function replaceSecret(db: Kysely<Database>, secret: NewSecret): Promise<void> {
  const { token_id, digest, token_last_eight, issued_at, expires_at, overlap_ends_at } = secret;
  await db
    .deleteFrom('token_secrets')
    .where('token_id', '=', token_id)
    .$if(overlap_ends_at !== null, (query) => query.where('is_current', '=', false))
    .execute();
  if (overlap_ends_at !== null) {
    await db
      .updateTable('token_secrets')
      .set({ is_current: false, expires_at: overlap_ends_at })
      .where('token_id', '=', token_id)
      .execute();
  }
  await db.insertInto('token_secrets').values({ digest, token_id, is_current: true }).execute();
  await db
    .updateTable('tokens')
    .set({ secret_issued_at: issued_at, expires_at, token_last_eight, notice_days: null })
    .where('id', '=', token_id)
    .execute();
}
