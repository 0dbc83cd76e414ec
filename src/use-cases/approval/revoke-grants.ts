// Revoking what an organization granted tokens (A3): one or many, all or none. The tokens live on, as if denied.

import type { Kysely } from 'kysely';
import { setBackToGranted } from '../../db/granted-access.ts';
import { deleteGrants, endRequests, findNamedGrants, findPendingRequests, type NamedGrant } from '../../db/reviews.ts';
import type { Database } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { refuseOwn } from '../../domain/review.ts';
import type { AccessChange } from '../../domain/token-audit.ts';
import { concernedToken } from '../tokens/concerned-token.ts';
import { requireReviewer } from './hold-reviewer.ts';
import { lockNamed } from './lock-named.ts';
import { recordAccess } from './record-access.ts';

export type RevokeInput = {
  readonly organization: { readonly id: number; readonly login: string };
  /** At least one; a repeated one counts once. */
  readonly ids: readonly number[];
  readonly now: Date;
};

/** Whoever takes the grant away does not give more: a widening that is pending is denied with it. @rule A2, A3 */
async function denyWidenings(
  db: Kysely<Database>,
  grants: readonly NamedGrant[],
  review: { readonly reviewed_by: number; readonly now: Date },
): Promise<ReadonlyMap<number, number>> {
  const token_ids = grants.map((each) => each.token_id);
  await setBackToGranted(db, token_ids);
  const pending = await findPendingRequests(db, token_ids);
  const { reviewed_by, now: reviewed_at } = review;
  const ids = pending.map(({ id }) => id);
  if (ids.length > 0) await endRequests(db, ids, { state: 'denied', reason: null, reviewed_by, reviewed_at });
  return new Map(pending.map(({ id, token_id }) => [token_id, id]));
}

/**
 * Ends what these grants give, an entry each, and one for each widening that ends with it. Refuses, and then changes
 * nothing: 404 for one that is unknown or foreign; 403 `own_token`. @rule A3, K7, L1
 */
export async function revokeGrants(deps: Deps, caller: Caller, input: RevokeInput): Promise<void> {
  const { organization, now } = input;
  const ids = [...new Set(input.ids)];
  await inTransaction(deps.db, async (db) => {
    const reviewed_by = await requireReviewer(db, caller, organization.id);
    const grants = await lockNamed(db, { organization_id: organization.id, ids }, findNamedGrants);
    refuseOwn(caller.principal, grants);
    const denied = await denyWidenings(db, grants, { reviewed_by, now });
    await deleteGrants(db, ids);
    const changes = grants.flatMap((each): AccessChange[] => {
      const common = { token: concernedToken(each), organization };
      const request_id = denied.get(each.token_id);
      const revoked: AccessChange = { act: 'access_revoked', ...common, request_id: null };
      return request_id === undefined ? [revoked] : [revoked, { act: 'request_denied', ...common, request_id }];
    });
    await recordAccess(db, { caller, now }, changes);
  });
}
