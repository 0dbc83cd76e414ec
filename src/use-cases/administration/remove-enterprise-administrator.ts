// DELETE /enterprises/{enterprise}/administrators/{username}.

import { writeAudit } from '../../db/audit.ts';
import { deleteEnterpriseAdministrator } from '../../db/enterprises.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { withPersonOf } from './within-enterprise.ts';

/**
 * The person administers the enterprise no longer; 404 where he did not. The last one may go: a site administrator can name
 * another at any time.
 */
export async function removeEnterpriseAdministrator(
  deps: Deps,
  caller: Caller,
  names: { readonly enterprise: string; readonly username: string },
): Promise<void> {
  await withPersonOf(deps, names, async ({ transaction, enterprise, other: person }) => {
    const administered = await deleteEnterpriseAdministrator(transaction, enterprise.id, person.id);
    if (!administered) throw new Refusal('not_found');
    await writeAudit(transaction, caller, {
      action: 'business.remove_admin',
      operation_type: 'modify',
      business: { id: enterprise.id, name: enterprise.slug },
      user: { id: person.id, name: person.login },
    });
  });
}
