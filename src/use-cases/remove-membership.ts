// DELETE /orgs/{org}/memberships/{username}. Who leaves is out of the organization's teams, and loses what it granted his
// tokens and what they asked of it (A4). Where he was added to a repository himself he stays, as an outside collaborator.

import { holdPerson } from '../db/accounts.ts';
import { writeAudits } from '../db/audit.ts';
import { cancelRequests, type EndedToken, endGrants, leaveTeams } from '../db/import/leaving.ts';
import { deleteMembership, findMembershipRole } from '../db/memberships.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Deps } from '../deps.ts';
import type { AuditEvent } from '../domain/audit.ts';
import type { Caller } from '../domain/caller.ts';
import type { OrganizationFacts } from '../domain/facts.ts';
import { Refusal } from '../domain/refusal.ts';
import { lockAsOwner, requireOtherOwner } from './lock-as-owner.ts';

const EXPLANATION = 'the holder left the organization';

function ended(
  action: 'personal_access_token.access_revoked' | 'personal_access_token.request_cancelled',
  token: EndedToken & { readonly request_id?: number },
  concerned: Pick<AuditEvent, 'user' | 'org'>,
): AuditEvent {
  const { token_id, hashed_token, name, request_id } = token;
  return {
    action,
    operation_type: 'remove',
    ...concerned,
    ...(hashed_token !== null && { managed_token: { id: token_id, hashed_token } }),
    data: {
      user_programmatic_access_name: name,
      ...(request_id !== undefined && { user_programmatic_access_request_id: request_id }),
      explanation: EXPLANATION,
    },
  };
}

/** Ends the membership; 404 for who is no member, 422 for the last owner. @rule A4, M10 */
export async function removeMembership(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: OrganizationFacts; readonly login: string },
): Promise<void> {
  const { organization, login } = input;
  await inTransaction(deps.db, async (transaction) => {
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
    const concerned = {
      user: { id: user.id, name: user.login },
      org: { id: organization.id, name: organization.login },
    };
    await writeAudits(transaction, caller, [
      { action: 'org.remove_member', operation_type: 'remove', ...concerned, data: { role } },
      ...revoked.map((each) => ended('personal_access_token.access_revoked', each, concerned)),
      ...cancelled.map((each) => ended('personal_access_token.request_cancelled', each, concerned)),
    ]);
  });
}
