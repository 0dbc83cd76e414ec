// PUT /enterprises/{enterprise}/organizations/{org}.

import { writeAudit } from '../../db/audit.ts';
import { setEnterprise } from '../../db/organizations.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { withOrganizationOf } from './within-enterprise.ts';

/** The organization belongs to the enterprise from now on. It belongs to one only: 409 where that is another. @rule P5 */
export async function addEnterpriseOrganization(
  deps: Deps,
  caller: Caller,
  names: { readonly enterprise: string; readonly org: string },
): Promise<void> {
  await withOrganizationOf(deps, names, async ({ transaction, enterprise, other: organization }) => {
    if (organization.enterprise_id === enterprise.id) return;
    if (organization.enterprise_id !== null) {
      throw new Refusal('conflict', { message: `\`${organization.login}\` belongs to another enterprise` });
    }
    await setEnterprise(transaction, organization.id, enterprise.id);
    await writeAudit(transaction, caller, {
      action: 'business.add_organization',
      operation_type: 'modify',
      business: { id: enterprise.id, name: enterprise.slug },
      org: { id: organization.id, name: organization.login },
    });
  });
}
