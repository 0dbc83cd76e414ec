// Who reviews is judged again inside the transaction: of an owner who takes the right away and a review, one comes first.

import type { Kysely } from 'kysely';
import { holdReviewer } from '../../db/review-locks.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { mayReview } from '../../domain/review.ts';
import { MEMBERSHIP_ROLES } from '../../domain/vocabulary.ts';
import { personIdOf } from '../checks/principal-subject.ts';

/** The id of the reviewer. Refuses: 404 where the organization is gone, 403 for who may not review any more. @rule A1 */
export async function requireReviewer(db: Kysely<Database>, caller: Caller, organization_id: number): Promise<number> {
  const user_id = personIdOf(caller.principal);
  const standing = user_id === null ? undefined : await holdReviewer(db, { organization_id, user_id });
  if (user_id === null || standing === undefined) throw new Refusal('not_found');
  const role = MEMBERSHIP_ROLES.find((each) => each === standing.role) ?? null;
  if (!mayReview(caller.principal, { role, reviews: standing.reviews })) throw new Refusal('role_missing');
  return user_id;
}
