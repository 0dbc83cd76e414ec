// DELETE /orgs/{org}/teams/{team_slug}: its members lose at once what it gave them (M10).

import { writeAudit } from '../../db/audit.ts';
import { deleteTeam as deleteRow } from '../../db/teams.ts';
import { inPatientTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';

/** Deletes the team; 404 where the organization has none of that slug. @rule M10 */
export async function deleteTeam(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: OrganizationFacts; readonly slug: string },
): Promise<void> {
  const { organization, slug } = input;
  await inPatientTransaction(deps.db, async (transaction) => {
    const team = await deleteRow(transaction, { organization_id: organization.id, slug });
    if (team === undefined) throw new Refusal('not_found');
    await writeAudit(transaction, caller, {
      action: 'team.destroy',
      operation_type: 'remove',
      org: { id: organization.id, name: organization.login },
      data: { team: team.slug, team_id: team.id },
    });
  });
}
