// Changes of memberships happen one at a time in an organization, and are judged again when their turn comes: of two owners
// who remove each other at once, the second is no owner any more.

import type { Kysely } from 'kysely';
import { hasOtherOwner, holdMembershipRole, lockOrganization } from '../../db/memberships.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { personIdOf } from '../checks/principal-subject.ts';

type Pair = { readonly organization_id: number; readonly user_id: number };

/** Locks the organization; 404 where it is gone, 403 where the caller does not own it any more. He stays its owner meanwhile. */
export async function lockAsOwner(
  transaction: Kysely<Database>,
  caller: Caller,
  organization_id: number,
): Promise<void> {
  if (!(await lockOrganization(transaction, organization_id))) throw new Refusal('not_found');
  const user_id = personIdOf(caller.principal);
  const role = user_id === null ? undefined : await holdMembershipRole(transaction, { organization_id, user_id });
  if (role !== 'admin') throw new Refusal('role_missing');
}

/** 422 where the person is the only owner. The organization is locked. */
export async function requireOtherOwner(transaction: Kysely<Database>, pair: Pair): Promise<void> {
  if (await hasOtherOwner(transaction, pair)) return;
  throw invalid('Membership', 'username', 'unprocessable', 'is the last owner of the organization');
}
