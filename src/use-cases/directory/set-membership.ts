// PUT /orgs/{org}/memberships/{username}: at once, without an invitation.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { findMembershipRole, putMembership } from '../../db/memberships.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { MembershipRole } from '../../domain/vocabulary.ts';
import { lockAsOwner, requireOtherOwner } from './lock-as-owner.ts';
import type { Membership } from './show-membership.ts';

/** Makes the person a member with this role, or gives him this one. 404 for nobody; 422 for demoting the last owner. */
export async function setMembership(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: OrganizationFacts; readonly login: string; readonly role: MembershipRole },
): Promise<Membership> {
  const { organization, login, role } = input;
  return inTransaction(deps.db, async (transaction) => {
    await lockAsOwner(transaction, caller, organization.id);
    const user = await holdPerson(transaction, login);
    if (user === undefined) throw new Refusal('not_found');
    const pair = { organization_id: organization.id, user_id: user.id };
    const before = await findMembershipRole(transaction, pair);
    if (before === role) return { user, role }; // nothing changes, nothing is written (L1)
    if (before === 'admin' && role !== 'admin') await requireOtherOwner(transaction, pair);
    await putMembership(transaction, pair, role);
    await writeAudit(transaction, caller, {
      action: before === undefined ? 'org.add_member' : 'org.update_member',
      operation_type: before === undefined ? 'create' : 'modify',
      user: { id: user.id, name: user.login },
      org: { id: organization.id, name: organization.login },
      data: { role, ...(before !== undefined && { old_role: before }) },
    });
    return { user, role };
  });
}
