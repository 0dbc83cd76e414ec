// Deleting a token: its record goes, with the deploy keys that it made and the request that it has pending (M9, A2).

import { writeAudit } from '../../db/audit.ts';
import { deleteToken as deleteTokenRow } from '../../db/held-tokens.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { tokenEvent } from '../../domain/token-audit.ts';
import { lockHoldingSession } from '../people/holding-session.ts';
import { cancelPendingRequest } from './edit-token-access.ts';
import { auditedToken, lockHeldToken } from './held-token.ts';
import { tellTokenEvents } from './tell-token-event.ts';

/** Deletes the holder's token, alive or ended. Refuses: 404. @rule M9, A2, L1 */
export async function deleteToken(
  deps: Deps,
  caller: Caller,
  input: { readonly id: number; readonly now: Date },
): Promise<void> {
  await inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, input.now);
    const { token, ended } = await lockHeldToken(db, holder, input.id);
    const audited = auditedToken(holder, token);
    await cancelPendingRequest(db, { caller, now: input.now }, { token, audited });
    if (!ended) await tellTokenEvents(db, caller, [{ action: 'revoked', token_id: token.id }]);
    await deleteTokenRow(db, token.id);
    await writeAudit(db, caller, tokenEvent('destroy', audited));
  });
}
