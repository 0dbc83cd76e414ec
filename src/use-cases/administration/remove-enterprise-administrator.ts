// DELETE /enterprises/{enterprise}/administrators/{username}.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { deleteEnterpriseAdministrator, holdEnterprise } from '../../db/enterprises.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';

/**
 * The person administers the enterprise no longer; 404 where he did not. The last one may go: a site administrator can name
 * another at any time.
 */
export async function removeEnterpriseAdministrator(
  deps: Deps,
  caller: Caller,
  names: { readonly enterprise: string; readonly username: string },
): Promise<void> {
  await inTransaction(deps.db, async (transaction) => {
    const enterprise = await holdEnterprise(transaction, names.enterprise);
    const person = await holdPerson(transaction, names.username);
    if (enterprise === undefined || person === undefined) throw new Refusal('not_found');
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
