// DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}.

import { writeAudit } from '../../db/audit.ts';
import { deleteTeamRepository, holdTeam } from '../../db/teams.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import { Refusal } from '../../domain/refusal.ts';
import { findTeamRepository, type TeamRepositoryPlace } from './team-repository.ts';

/** Takes the repository from the team; 404 where the team has no role on it. @rule M10 */
export async function removeTeamRepository(deps: Deps, caller: Caller, place: TeamRepositoryPlace): Promise<void> {
  const { organization, slug } = place;
  const repository = await findTeamRepository(deps, caller, place);
  await inTransaction(deps.db, async (transaction) => {
    const team = await holdTeam(transaction, { organization_id: organization.id, slug });
    const given = team && { team_id: team.id, repository_id: repository.id };
    if (team === undefined || given === undefined || !(await deleteTeamRepository(transaction, given))) {
      throw new Refusal('not_found');
    }
    await writeAudit(transaction, caller, {
      action: 'team.remove_repository',
      operation_type: 'remove',
      ...concernedBy(repository),
      data: { team: team.slug, team_id: team.id },
    });
  });
}
