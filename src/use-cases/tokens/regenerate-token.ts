// A new secret of the same token (M8): same id, grant and history.

import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import { setApprovedLife } from '../../db/grants.ts';
import type { Database } from '../../db/schema.ts';
import { replaceSecret } from '../../db/token-secrets.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { overlapEnd, refuseBeyondApproved, sameLife } from '../../domain/regeneration.ts';
import {
  type Expiry,
  lifeSeconds,
  livesLonger,
  type RequestedLife,
  refuseBeyondCap,
  requestedExpiry,
} from '../../domain/requested-expiry.ts';
import { ineligibility, lifetimeCap, needsApproval, type ResourceOwner } from '../../domain/resource-owner.ts';
import { type AuditedToken, tokenEvent } from '../../domain/token-audit.ts';
import { digestOf, newText } from '../../secrets.ts';
import { lockHoldingSession } from '../people/holding-session.ts';
import { askResourceOwner, requestAccess } from './ask-resource-owner.ts';
import type { IssuedToken } from './create-token.ts';
import { cancelPendingRequest } from './edit-token-access.ts';
import { auditedToken, type HeldToken, lockLiveToken, ownerOfToken } from './held-token.ts';
import { tellTokenEvents } from './tell-token-event.ts';
import { readTokenRecord } from './token-record.ts';

export type Regeneration = RequestedLife & { readonly overlap_seconds?: number };

/** Refuses a life that the owner's caps or his approval do not cover. @rule M3, M8, P4, P5 */
function judgeLife(token: HeldToken, owner: ResourceOwner | null, expiry: Expiry, now: Date): void {
  if (token.kind === 'classic' || owner === null) return;
  refuseBeyondCap(expiry, now, lifetimeCap(owner));
  if (token.grant === null || !needsApproval(owner)) return;
  refuseBeyondApproved(expiry, lifeSeconds(now, expiry.expires_at), token.grant.lifetime_seconds);
}

type Renewal = {
  readonly token: HeldToken;
  readonly owner: ResourceOwner | null;
  readonly audited: AuditedToken;
  /** Of the new life; null: without end. */
  readonly seconds: number | null;
  readonly now: Date;
};

/**
 * Asks for what is pending anew, with the life that the token has now. Where nobody has to approve it is granted; not by an organization
 * that could not be asked for it. @rule M4, M5, M7
 */
async function askAnew(db: Kysely<Database>, caller: Caller, renewal: Renewal): Promise<void> {
  const { token, owner, audited, seconds, now } = renewal;
  const { asked: access, request, owner: named, grant } = token;
  if (request === null || named === null) return;
  await cancelPendingRequest(db, { caller, now }, { token, audited });
  const asked = { token: audited, access, reason: request.reason, lifetime_seconds: seconds };
  if (owner === null || ineligibility(owner) !== null) {
    await requestAccess(db, caller, { ...asked, owner: named }, now);
  } else {
    await askResourceOwner(db, caller, { ...asked, owner, permissions_before: grant?.access.permissions }, now);
  }
}

/**
 * A longer life is other than what the reviewers see in a pending request: it ends, and a new one with a new id takes its
 * place. Where nobody has to approve, the longer life counts as approved. @rule M7, M8
 */
async function renewApproval(db: Kysely<Database>, caller: Caller, renewal: Renewal): Promise<void> {
  const { token, owner, seconds } = renewal;
  const present = lifeSeconds(token.secret_issued_at, token.expires_at);
  if (livesLonger(seconds, present)) await askAnew(db, caller, renewal);
  if (token.grant === null || owner === null || needsApproval(owner)) return;
  if (livesLonger(seconds, token.grant.lifetime_seconds)) await setApprovedLife(db, token.grant.id, seconds);
}

/**
 * Gives the token a new text. Refuses: 403 `email_unverified`; 404; 409 for an ended token; 422 for a life that is asked
 * wrongly, beyond a cap or beyond what was approved. @rule M1, M8, L1
 */
export async function regenerateToken(
  deps: Deps,
  caller: Caller,
  input: { readonly id: number; readonly ask: Regeneration; readonly now: Date },
): Promise<IssuedToken> {
  const { id, ask, now } = input;
  const { overlap_seconds = 0, ...life } = ask;
  // Both are made before the transaction, which is short; the kind decides which one is used.
  const texts = {
    classic: newText('classic', deps.config.token_prefix),
    fine_grained: newText('fine_grained', deps.config.token_prefix),
  };
  return inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, now);
    if (!holder.email_verified) throw new Refusal('email_unverified');
    const token = await lockLiveToken(db, holder, id);
    const expiry = requestedExpiry(life, now, sameLife(token, now));
    const owner = await ownerOfToken(db, holder, token);
    judgeLife(token, owner, expiry, now);
    const { expires_at } = expiry;
    const text = texts[token.kind];
    const digest = digestOf(text);
    const overlap_ends_at = overlapEnd(now, overlap_seconds, token.expires_at);
    const secret = { token_id: id, digest, token_last_eight: text.slice(-8), issued_at: now, expires_at };
    await replaceSecret(db, { ...secret, overlap_ends_at });
    const audited = { ...auditedToken(holder, token), hashed_token: digest };
    const previous = { previous_hashed_token: token.hashed_token };
    await writeAudit(db, caller, tokenEvent('regenerate', audited, previous));
    await tellTokenEvents(db, caller, [{ action: 'regenerated', token_id: id }]);
    await renewApproval(db, caller, { token, owner, audited, seconds: lifeSeconds(now, expires_at), now });
    return { record: await readTokenRecord(db, { id, user_id: holder.id }, now), token: text };
  });
}
