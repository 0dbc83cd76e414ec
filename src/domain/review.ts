// Reviewing what tokens ask, and revoking what they were granted (A1 to A3): who may not, and what can be reviewed.

import type { Principal } from './caller.ts';
import { isPast } from './lifetime.ts';
import { effectiveAccess, type PolicyPair } from './policy.ts';
import { Refusal } from './refusal.ts';
import type { MembershipRole } from './vocabulary.ts';

export const REVIEW_ACTIONS = ['approve', 'deny'] as const;
export type ReviewAction = (typeof REVIEW_ACTIONS)[number];

/** A request as the reviewer finds it. */
export type ReviewedRequest = {
  readonly state: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
};

/** No token reviews or revokes what belongs to its own holder: 403. @rule K7 */
export function refuseOwn(principal: Principal, concerned: readonly { readonly holder_id: number }[]): void {
  if (principal.type !== 'token') return;
  if (concerned.some(({ holder_id }) => holder_id === principal.person.id)) throw new Refusal('own_token');
}

/** Whether who stands so to the organization may review: an owner, and in person a member with the right. @rule A1, K5 */
export function mayReview(
  principal: Principal,
  standing: { readonly role: MembershipRole | null; readonly reviews: boolean },
): boolean {
  if (standing.role === 'admin') return true;
  return principal.type === 'session' && standing.role === 'member' && standing.reviews;
}

/**
 * Refuses (409) what cannot be approved: a request that has ended, one of a token that has ended, any while the organization
 * does not let fine-grained tokens in. `policies`: null where they are not understood. @rule A1, A2, P2, P5, F3
 */
export function judgeApproval(request: ReviewedRequest, policies: PolicyPair | null, now: Date): void {
  judgePending(request);
  const token_ended = request.revoked_at !== null || (request.expires_at !== null && isPast(request.expires_at, now));
  if (token_ended) throw new Refusal('conflict', { message: 'The token has expired or was revoked' });
  if (policies !== null && effectiveAccess(policies, 'fine_grained').value === 'allowed') return;
  throw new Refusal('conflict', {
    message: 'Fine-grained personal access tokens are restricted here: the request can only be denied',
  });
}

/** Refuses (409) a request that has ended: somebody was faster, or its holder has changed his mind. @rule A1, A2 */
export function judgePending({ state }: ReviewedRequest): void {
  if (state !== 'pending') throw endedRefusal();
}

/** 409: the request was reviewed or withdrawn before. */
export function endedRefusal(): Refusal {
  return new Refusal('conflict', { message: 'The request has ended before' });
}
