// DELETE /user/personal-access-tokens/{token_id}/request: the holder takes back what he asked for (A2).

import { setBackToGranted } from '../../db/granted-access.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { lockHoldingSession } from '../people/holding-session.ts';
import { cancelPendingRequest } from './edit-token-access.ts';
import { auditedToken, lockHeldToken } from './held-token.ts';

/**
 * Withdraws the pending request. Of a widening the old grant stands and is what is asked again; else the token is denied.
 * Refuses: 404; 409 where nothing is pending. @rule A2, L1
 */
export async function withdrawRequest(
  deps: Deps,
  caller: Caller,
  input: { readonly id: number; readonly now: Date },
): Promise<void> {
  await inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, input.now);
    const { token } = await lockHeldToken(db, holder, input.id);
    if (token.request === null) throw new Refusal('conflict', { message: 'No request of this token is pending' });
    await setBackToGranted(db, [token.id]);
    await cancelPendingRequest(db, { caller, now: input.now }, { token, audited: auditedToken(holder, token) });
  });
}
