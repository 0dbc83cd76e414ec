// DELETE /admin/users/{username}: a person goes, with everything that is his own (M9, M10, F4).

import { writeAudits } from '../../db/audit.ts';
import { deleteAccounts, lockAccountsToDelete } from '../../db/deletions.ts';
import {
  listMembershipsOf,
  lockOrganizationsOwnedBy,
  organizationsOwnedOnlyBy,
} from '../../db/memberships-of-person.ts';
import { inPatientTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { lastOwner } from '../../domain/administration.ts';
import type { AuditEvent } from '../../domain/audit.ts';
import type { Caller } from '../../domain/caller.ts';
import { tellPeopleGone } from '../directory/tell-people-gone.ts';
import { lockAmongAdministrators } from './lock-among-administrators.ts';

/**
 * Deletes a person with his sessions, tokens, the deploy keys that these made, repositories, memberships and collaborations.
 * His id is never used again; his login may be, by somebody who inherits nothing. Every organization that loses him gets its
 * own entry. 422 for the last owner of an organization and the last site administrator. @rule F4, M9, M10
 */
export async function deletePerson(deps: Deps, caller: Caller, username: string): Promise<void> {
  await inPatientTransaction(deps.db, async (transaction) => {
    const person = await lockAmongAdministrators(transaction, username, 'username');
    await lockOrganizationsOwnedBy(transaction, person.id);
    await lockAccountsToDelete(transaction, [person.id]);
    // Whoever made him an owner meanwhile was waited for; from here on nobody can.
    await lockOrganizationsOwnedBy(transaction, person.id);
    const orphaned = await organizationsOwnedOnlyBy(transaction, person.id);
    if (orphaned.length > 0) throw lastOwner(orphaned);
    const user = { id: person.id, name: person.login };
    const memberships = await listMembershipsOf(transaction, person.id);
    const left = memberships.map(({ id, login }): AuditEvent => {
      const org = { id, name: login };
      const data = { explanation: 'the person was deleted' };
      return { action: 'org.remove_member', operation_type: 'remove', user, org, data };
    });
    await tellPeopleGone(transaction, caller, { user_ids: [person.id], now: deps.clock() });
    await deleteAccounts(transaction, [person.id]);
    await writeAudits(transaction, caller, [{ action: 'user.delete', operation_type: 'remove', user }, ...left]);
  });
}
