// POST /orgs/{org}/teams.

import { writeAudit } from '../db/audit.ts';
import { holdOwner } from '../db/owners.ts';
import { insertTeam, TEAM_SLUG_TAKEN, type TeamProfileRow } from '../db/teams.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Deps } from '../deps.ts';
import type { Caller } from '../domain/caller.ts';
import type { OrganizationFacts } from '../domain/facts.ts';
import { invalid, Refusal } from '../domain/refusal.ts';
import { teamSlug } from '../domain/team-slug.ts';
import { refuseTaken } from './refuse-taken.ts';

/** Makes a team without members; 422 where its slug is taken, or its name gives none. */
export async function createTeam(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: OrganizationFacts; readonly name: string },
): Promise<TeamProfileRow> {
  const { organization, name } = input;
  const slug = teamSlug(name);
  if (slug === null) throw invalid('Team', 'name', 'invalid', 'needs a letter or a digit');
  const taken = invalid('Team', 'name', 'already_exists', 'a team with this slug exists in the organization');
  const created_at = deps.clock();
  const id = await refuseTaken(TEAM_SLUG_TAKEN, taken, () =>
    inTransaction(deps.db, async (transaction) => {
      const owner = await holdOwner(transaction, organization.id);
      if (owner === undefined) throw new Refusal('not_found');
      const made = await insertTeam(transaction, { organization_id: owner.id, name, slug, created_at });
      await writeAudit(transaction, caller, {
        action: 'team.create',
        operation_type: 'create',
        org: { id: owner.id, name: owner.login },
        data: { team: slug, team_id: made },
      });
      return made;
    }),
  );
  return { id, name, slug, created_at, members_count: 0, repos_count: 0 };
}
