// PUT /orgs/{org}/teams/{team_slug}/memberships/{username}: for members of the organization; nobody is invited.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { holdMembershipRole } from '../../db/memberships.ts';
import { holdTeam, putTeamMember } from '../../db/teams.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';

export type TeamPlace = { readonly organization: OrganizationFacts; readonly slug: string; readonly login: string };
export type TeamMembership = {
  readonly team: { readonly slug: string };
  readonly user: { readonly login: string };
  /** Owners of the organization maintain every team. */
  readonly role: 'member' | 'maintainer';
};

/** Puts the person in the team; 404 for nobody or no team, 422 for who is no member of the organization. */
export async function addTeamMember(deps: Deps, caller: Caller, place: TeamPlace): Promise<TeamMembership> {
  const { organization, slug, login } = place;
  return inTransaction(deps.db, async (transaction) => {
    const user = await holdPerson(transaction, login);
    // Held, so that who leaves at the same moment leaves this team too.
    const role =
      user && (await holdMembershipRole(transaction, { organization_id: organization.id, user_id: user.id }));
    const team = await holdTeam(transaction, { organization_id: organization.id, slug });
    if (user === undefined || team === undefined) throw new Refusal('not_found');
    if (role === undefined) {
      throw invalid('TeamMember', 'username', 'unprocessable', 'is no member of the organization');
    }
    const shown = { team, user, role: role === 'admin' ? 'maintainer' : 'member' } as const;
    if (!(await putTeamMember(transaction, { team_id: team.id, user_id: user.id }))) return shown;
    await writeAudit(transaction, caller, {
      action: 'team.add_member',
      operation_type: 'create',
      user: { id: user.id, name: user.login },
      org: { id: organization.id, name: organization.login },
      data: { team: team.slug, team_id: team.id },
    });
    return shown;
  });
}
