// Reviewing requests of tokens (A1, A2): one or many, all or none. What is approved is the row that the reviewer saw.

import type { Kysely } from 'kysely';
import { setBackToGranted } from '../../db/granted-access.ts';
import {
  countEndedRequests,
  endRequests,
  findNamedRequests,
  grantRequested,
  type NamedRequest,
} from '../../db/reviews.ts';
import type { Database } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { PolicyPair } from '../../domain/policy.ts';
import { lifeSeconds } from '../../domain/requested-expiry.ts';
import { endedRefusal, judgeApproval, judgePending, type ReviewAction, refuseOwn } from '../../domain/review.ts';
import { readOrganizationPolicy } from '../policy/organization-policy.ts';
import { concernedToken } from '../tokens/concerned-token.ts';
import { requireReviewer } from './hold-reviewer.ts';
import { lockNamed, type Named } from './lock-named.ts';
import { recordAccess } from './record-access.ts';

export type ReviewInput = {
  readonly organization: { readonly id: number; readonly login: string };
  /** At least one; a repeated one counts once. */
  readonly ids: readonly number[];
  readonly action: ReviewAction;
  readonly reason: string | null;
  readonly now: Date;
};

async function policiesOf(db: Kysely<Database>, organization_id: number): Promise<PolicyPair | null> {
  const { policy, enterprise } = await readOrganizationPolicy(db, organization_id);
  if (enterprise !== null && enterprise.policy === null) return null;
  return { organization: policy, enterprise: enterprise?.policy ?? null };
}

/** The organization's requests of these ids. Refuses: 409 where all that is missing ended with its token. @rule A1, A2 */
async function findRequests(db: Kysely<Database>, named: Named): Promise<readonly NamedRequest[]> {
  const found = await findNamedRequests(db, named);
  const missing_count = named.ids.length - found.length;
  if (missing_count > 0 && (await countEndedRequests(db, named)) === missing_count) throw endedRefusal();
  return found;
}

/** Gives what is asked. @rule A2, M7, M8 */
async function approve(db: Kysely<Database>, requests: readonly NamedRequest[], input: ReviewInput): Promise<void> {
  const policies = await policiesOf(db, input.organization.id);
  for (const request of requests) judgeApproval(request, policies, input.now);
  const approved = requests.map(({ id, secret_issued_at, expires_at }) => ({
    request_id: id,
    lifetime_seconds: lifeSeconds(secret_issued_at, expires_at),
  }));
  await grantRequested(db, approved, input.now);
}

/** Gives nothing: of a widening the old grant stands, and is what is asked. @rule A2 */
async function deny(db: Kysely<Database>, requests: readonly NamedRequest[]): Promise<void> {
  for (const request of requests) judgePending(request);
  await setBackToGranted(
    db,
    requests.map((each) => each.token_id),
  );
}

/**
 * Approves or denies these requests, an entry each. Refuses, and then changes nothing: 404 for one that is unknown or
 * foreign; 403 `own_token`; 409 for one that has ended, or cannot be approved. @rule A1, A2, K7, P2, L1
 */
export async function reviewRequests(deps: Deps, caller: Caller, input: ReviewInput): Promise<void> {
  const { organization, action, reason, now } = input;
  const ids = [...new Set(input.ids)];
  await inTransaction(deps.db, async (db) => {
    const reviewed_by = await requireReviewer(db, caller, organization.id);
    const requests = await lockNamed(db, { organization_id: organization.id, ids }, findRequests);
    refuseOwn(caller.principal, requests);
    if (action === 'approve') await approve(db, requests, input);
    else await deny(db, requests);
    const state = action === 'approve' ? 'approved' : 'denied';
    await endRequests(db, ids, { state, reason, reviewed_by, reviewed_at: now });
    const act = action === 'approve' ? 'access_granted' : 'request_denied';
    const changes = requests.map((request) => ({
      ...({ act, organization, request_id: request.id, review_reason: reason } as const),
      token: concernedToken(request),
    }));
    await recordAccess(db, { caller, now }, changes);
  });
}
