// PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}.

import { writeAudit } from '../../db/audit.ts';
import { lockRepository } from '../../db/repositories.ts';
import { holdTeam, putTeamRepository } from '../../db/teams.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Role } from '../../domain/vocabulary.ts';
import { findTeamRepository, type TeamRepositoryPlace } from './team-repository.ts';

/** Gives the team this role on the repository, in place of the one that it may have. */
export async function addTeamRepository(
  deps: Deps,
  caller: Caller,
  place: TeamRepositoryPlace & { readonly role: Role },
): Promise<void> {
  const { organization, slug, role } = place;
  const repository = await findTeamRepository(deps, caller, place);
  await inTransaction(deps.db, async (transaction) => {
    const team = await holdTeam(transaction, { organization_id: organization.id, slug });
    const found = await lockRepository(transaction, { id: repository.id, owner_id: organization.id });
    if (team === undefined || found === undefined) throw new Refusal('not_found');
    const given = { team_id: team.id, repository_id: repository.id };
    if (!(await putTeamRepository(transaction, given, role))) return;
    await writeAudit(transaction, caller, {
      action: 'team.add_repository',
      operation_type: 'create',
      ...concernedBy(repository),
      data: { team: team.slug, team_id: team.id, role },
    });
  });
}
