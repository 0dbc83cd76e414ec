// How a token ends for good (M9): by its text, a leak report, the yearly sweep or the administrator. The record stays; what
// the token made or asked for goes.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export type RevocationReason = 'leaked' | 'unused' | 'by_text' | 'by_administrator';

/** Marks this token as revoked; false where it had already ended. The first of two at once wins, the second waits for it. */
async function markRevoked(
  db: Kysely<Database>,
  token_id: number,
  revocation: { readonly at: Date; readonly reason: RevocationReason },
): Promise<boolean> {
  const ended = await db
    .updateTable('tokens')
    .set({ revoked_at: revocation.at, revoked_reason: revocation.reason })
    .where('id', '=', token_id)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', revocation.at)]))
    .returning('id')
    .executeTakeFirst();
  return ended !== undefined;
}

/**
 * Ends a live token, with the deploy keys that it made and the request that it has pending; false where it had already
 * ended. Three statements, each of which sees what others committed while the first one waited for the token's row.
 */
export async function revokeToken(
  transaction: Kysely<Database>,
  token_id: number,
  revocation: { readonly at: Date; readonly reason: RevocationReason },
): Promise<boolean> {
  if (!(await markRevoked(transaction, token_id, revocation))) return false;
  await transaction.deleteFrom('deploy_keys').where('token_id', '=', token_id).execute();
  await transaction
    .updateTable('grant_requests')
    .set({ state: 'cancelled' })
    .where('token_id', '=', token_id)
    .where('state', '=', 'pending')
    .execute();
  return true;
}
