// DELETE /enterprises/{enterprise}/organizations/{org}.

import { writeAudit } from '../../db/audit.ts';
import { makeInternalRepositoriesPrivate, setEnterprise } from '../../db/organizations.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { withOrganizationOf } from './within-enterprise.ts';

/** The organization leaves the enterprise, and its internal repositories become private; 404 where it is not of it. @rule C5, M10 */
export async function removeEnterpriseOrganization(
  deps: Deps,
  caller: Caller,
  names: { readonly enterprise: string; readonly org: string },
): Promise<void> {
  await withOrganizationOf(deps, names, async ({ transaction, enterprise, other: organization }) => {
    if (organization.enterprise_id !== enterprise.id) throw new Refusal('not_found');
    await setEnterprise(transaction, organization.id, null);
    const made_private = await makeInternalRepositoriesPrivate(transaction, organization.id);
    await writeAudit(transaction, caller, {
      action: 'business.remove_organization',
      operation_type: 'modify',
      business: { id: enterprise.id, name: enterprise.slug },
      org: { id: organization.id, name: organization.login },
      data: { repositories_made_private: made_private },
    });
  });
}
