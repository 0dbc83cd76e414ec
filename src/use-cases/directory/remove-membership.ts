// DELETE /orgs/{org}/memberships/{username}. Who leaves is out of the organization's teams, and loses what it granted his
// tokens, what they asked of it and what he authorised by single sign-on (A4). Where he was added to a repository himself he
// stays, as an outside collaborator.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit, writeAudits } from '../../db/audit.ts';
import { cancelRequests, endGrants, leaveTeams } from '../../db/import/leaving.ts';
import { deleteMembership, findMembershipRole } from '../../db/memberships.ts';
import { endSingleSignOn } from '../../db/token-authorizations.ts';
import { inPatientTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import { authorizationEvent } from '../../domain/single-sign-on.ts';
import { LEFT, leftAccess } from '../approval/left-access.ts';
import { recordAccess } from '../approval/record-access.ts';
import { authorizedToken } from '../single-sign-on/authorized-token.ts';
import { lockAsOwner, requireOtherOwner } from './lock-as-owner.ts';

/** Ends the membership; 404 for who is no member, 422 for the last owner. @rule A4, M10 */
export async function removeMembership(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: OrganizationFacts; readonly login: string },
): Promise<void> {
  const { organization, login } = input;
  await inPatientTransaction(deps.db, async (transaction) => {
    await lockAsOwner(transaction, caller, organization.id);
    const user = await holdPerson(transaction, login);
    const pair = user && { organization_id: organization.id, user_id: user.id };
    const role = pair && (await findMembershipRole(transaction, pair));
    if (user === undefined || pair === undefined || role === undefined) throw new Refusal('not_found');
    if (role === 'admin') await requireOtherOwner(transaction, pair);
    // The membership goes first: whoever holds it for a team or a token is waited for, and seen by what follows.
    await deleteMembership(transaction, pair);
    const leaving = [{ first: organization.id, second: user.id }];
    await leaveTeams(transaction, leaving);
    const revoked = await endGrants(transaction, leaving);
    const cancelled = await cancelRequests(transaction, leaving);
    const deauthorized = await endSingleSignOn(transaction, leaving);
    await writeAudit(transaction, caller, {
      action: 'org.remove_member',
      operation_type: 'remove',
      user: { id: user.id, name: user.login },
      org: { id: organization.id, name: organization.login },
      data: { role },
    });
    await recordAccess(transaction, { caller, now: deps.clock() }, [
      ...revoked.map((each) => leftAccess('access_revoked', each)),
      ...cancelled.map((each) => leftAccess('request_cancelled', each)),
    ]);
    const taken_back = deauthorized.map((each) => {
      return authorizationEvent('deauthorized', authorizedToken(each), organization, { explanation: LEFT });
    });
    await writeAudits(transaction, caller, taken_back);
  });
}
