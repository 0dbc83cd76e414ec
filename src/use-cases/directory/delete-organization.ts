// DELETE /orgs/{org}: with its repositories, teams, memberships, policy, and everything that it let tokens do. Tokens that
// had it as resource owner live on with public reads; they never fall to somebody who takes the login afterwards (F4).

import { writeAudit } from '../../db/audit.ts';
import { deleteAccounts, lockAccountsToDelete } from '../../db/deletions.ts';
import { inPatientTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { lockAsOwner } from './lock-as-owner.ts';

/** Deletes the organization. @rule F4, M10 */
export async function deleteOrganization(deps: Deps, caller: Caller, organization: OrganizationFacts): Promise<void> {
  const { id, login, enterprise } = organization;
  await inPatientTransaction(deps.db, async (transaction) => {
    await lockAsOwner(transaction, caller, id);
    await lockAccountsToDelete(transaction, [id]);
    await deleteAccounts(transaction, [id]);
    await writeAudit(transaction, caller, {
      action: 'org.delete',
      operation_type: 'remove',
      org: { id, name: login },
      ...(enterprise !== null && { business: { id: enterprise.id, name: enterprise.slug } }),
    });
  });
}
