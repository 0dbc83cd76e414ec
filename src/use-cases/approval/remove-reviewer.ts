// DELETE /orgs/{org}/token-reviewers/{username}.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { deleteReviewer } from '../../db/token-reviewers.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { lockAsOwner } from '../directory/lock-as-owner.ts';
import type { ReviewerPlace } from './add-reviewer.ts';

/** Takes the right to review away; 404 for who does not have it. @rule A1, L1 */
export async function removeReviewer(deps: Deps, caller: Caller, place: ReviewerPlace): Promise<void> {
  const { organization, login } = place;
  await inTransaction(deps.db, async (transaction) => {
    await lockAsOwner(transaction, caller, organization.id);
    const user = await holdPerson(transaction, login);
    const was_there =
      user !== undefined && (await deleteReviewer(transaction, { organization_id: organization.id, user_id: user.id }));
    if (user === undefined || !was_there) throw new Refusal('not_found');
    await writeAudit(transaction, caller, {
      action: 'org.remove_token_reviewer',
      operation_type: 'remove',
      user: { id: user.id, name: user.login },
      org: { id: organization.id, name: organization.login },
    });
  });
}
