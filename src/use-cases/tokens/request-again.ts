// POST /user/personal-access-tokens/{token_id}/request: a token that is denied or pending asks for the same again (A2, M5).

import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { lifeSeconds } from '../../domain/requested-expiry.ts';
import { ineligibility } from '../../domain/resource-owner.ts';
import { ownerNotFound } from '../../domain/token-refusal.ts';
import type { TokenState } from '../../domain/vocabulary.ts';
import { lockHoldingSession } from '../people/holding-session.ts';
import { askResourceOwner } from './ask-resource-owner.ts';
import { cancelPendingRequest } from './edit-token-access.ts';
import { auditedToken, type HeldToken, lockLiveToken, ownerOfToken } from './held-token.ts';

export type RequestedAgain = {
  /** Null where nobody has to approve: it is granted. */
  readonly request_id: number | null;
  readonly state: TokenState;
};

/** The resource owner's login of a token that has something to ask for. */
function askedOwner(token: HeldToken): string {
  if (token.kind === 'classic' || token.grant !== null) {
    throw new Refusal('conflict', { message: 'The token is active: there is nothing to ask for' });
  }
  if (token.owner === null) throw new Refusal('conflict', { message: 'The resource owner of this token is gone' });
  return token.owner.login;
}

/**
 * Asks for what the token asked last; a pending request ends first. Refuses: 404; 409 for an ended or active token; 422 where
 * the holder may not name the resource owner any more. @rule M4, M5, A2, A3, A4, L1
 */
export async function requestAgain(
  deps: Deps,
  caller: Caller,
  input: { readonly id: number; readonly reason: string | null; readonly now: Date },
): Promise<RequestedAgain> {
  const { id, reason, now } = input;
  return inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, now);
    const token = await lockLiveToken(db, holder, id);
    const login = askedOwner(token);
    const owner = await ownerOfToken(db, holder, token);
    if (owner === null || ineligibility(owner) !== null) throw ownerNotFound(login);
    const audited = auditedToken(holder, token);
    await cancelPendingRequest(db, { caller, now }, { token, audited });
    const lifetime_seconds = lifeSeconds(token.secret_issued_at, token.expires_at);
    const asked = { token: audited, owner, access: token.asked, reason, lifetime_seconds };
    const request_id = await askResourceOwner(db, caller, asked, now);
    return { request_id, state: request_id === null ? 'active' : 'pending' };
  });
}
