// The policy that an organization has set; what is in force may be its enterprise's (P5).

import type { Deps } from '../../deps.ts';
import type { OrganizationPolicy } from '../../domain/policy.ts';
import { readOrganizationPolicy } from './organization-policy.ts';

/** The stored policy. Refuses: 404 where the organization is gone. */
export async function showOrganizationPolicy(
  deps: Deps,
  organization: { readonly id: number },
): Promise<OrganizationPolicy> {
  return (await readOrganizationPolicy(deps.db, organization.id)).policy;
}
