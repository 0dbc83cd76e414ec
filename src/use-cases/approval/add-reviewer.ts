// PUT /orgs/{org}/token-reviewers/{username}: an owner lets a member review requests and grants (A1).

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { holdMembershipRole } from '../../db/memberships.ts';
import { putReviewer } from '../../db/token-reviewers.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { lockAsOwner } from '../directory/lock-as-owner.ts';

export type ReviewerPlace = { readonly organization: OrganizationFacts; readonly login: string };

/** Gives the right; nothing changes for who has it. 404 for nobody, 422 for who is no member. @rule A1, L1 */
export async function addReviewer(deps: Deps, caller: Caller, place: ReviewerPlace): Promise<void> {
  const { organization, login } = place;
  await inTransaction(deps.db, async (transaction) => {
    await lockAsOwner(transaction, caller, organization.id);
    const user = await holdPerson(transaction, login);
    if (user === undefined) throw new Refusal('not_found');
    const pair = { organization_id: organization.id, user_id: user.id };
    if ((await holdMembershipRole(transaction, pair)) === undefined) {
      throw invalid('TokenReviewer', 'username', 'unprocessable', 'is no member of the organization');
    }
    if (!(await putReviewer(transaction, pair))) return;
    await writeAudit(transaction, caller, {
      action: 'org.add_token_reviewer',
      operation_type: 'create',
      user: { id: user.id, name: user.login },
      org: { id: organization.id, name: organization.login },
    });
  });
}
