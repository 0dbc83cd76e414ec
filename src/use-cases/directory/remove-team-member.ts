// DELETE /orgs/{org}/teams/{team_slug}/memberships/{username}.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { deleteTeamMember, holdTeam } from '../../db/teams.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { TeamPlace } from './add-team-member.ts';

/** Takes the person out of the team; 404 where he is not in it. @rule M10 */
export async function removeTeamMember(deps: Deps, caller: Caller, place: TeamPlace): Promise<void> {
  const { organization, slug, login } = place;
  await inTransaction(deps.db, async (transaction) => {
    const user = await holdPerson(transaction, login);
    const team = await holdTeam(transaction, { organization_id: organization.id, slug });
    if (user === undefined || team === undefined) throw new Refusal('not_found');
    const was_there = await deleteTeamMember(transaction, { team_id: team.id, user_id: user.id });
    if (!was_there) throw new Refusal('not_found');
    await writeAudit(transaction, caller, {
      action: 'team.remove_member',
      operation_type: 'remove',
      user: { id: user.id, name: user.login },
      org: { id: organization.id, name: organization.login },
      data: { team: team.slug, team_id: team.id },
    });
  });
}
