// PUT /enterprises/{enterprise}/administrators/{username}.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { holdEnterprise, insertEnterpriseAdministrator } from '../../db/enterprises.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';

/** The person administers the enterprise from now on; who does already, goes on, and nothing is recorded. */
export async function addEnterpriseAdministrator(
  deps: Deps,
  caller: Caller,
  names: { readonly enterprise: string; readonly username: string },
): Promise<void> {
  await inTransaction(deps.db, async (transaction) => {
    const enterprise = await holdEnterprise(transaction, names.enterprise);
    const person = await holdPerson(transaction, names.username);
    if (enterprise === undefined || person === undefined) throw new Refusal('not_found');
    if (!(await insertEnterpriseAdministrator(transaction, enterprise.id, person.id))) return;
    await writeAudit(transaction, caller, {
      action: 'business.add_admin',
      operation_type: 'modify',
      business: { id: enterprise.id, name: enterprise.slug },
      user: { id: person.id, name: person.login },
    });
  });
}
