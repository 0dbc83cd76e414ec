// PUT /enterprises/{enterprise}/administrators/{username}.

import { writeAudit } from '../../db/audit.ts';
import { insertEnterpriseAdministrator } from '../../db/enterprises.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { withPersonOf } from './within-enterprise.ts';

/** The person administers the enterprise from now on; who does already, goes on, and nothing is recorded. */
export async function addEnterpriseAdministrator(
  deps: Deps,
  caller: Caller,
  names: { readonly enterprise: string; readonly username: string },
): Promise<void> {
  await withPersonOf(deps, names, async ({ transaction, enterprise, other: person }) => {
    if (!(await insertEnterpriseAdministrator(transaction, enterprise.id, person.id))) return;
    await writeAudit(transaction, caller, {
      action: 'business.add_admin',
      operation_type: 'modify',
      business: { id: enterprise.id, name: enterprise.slug },
      user: { id: person.id, name: person.login },
    });
  });
}
