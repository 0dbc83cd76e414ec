// What is in force in an organization, and who set it (P7).

import type { Deps } from '../../deps.ts';
import { type EffectiveOrganizationPolicy, effectiveOrganizationPolicy } from '../../domain/effective-policy.ts';
import { readOrganizationPolicy } from './organization-policy.ts';

/** Each member with its source. Refuses: 404 where the organization is gone. @rule P7 */
export async function showEffectivePolicy(
  deps: Deps,
  { id, login }: { readonly id: number; readonly login: string },
): Promise<EffectiveOrganizationPolicy> {
  return effectiveOrganizationPolicy({ login, ...(await readOrganizationPolicy(deps.db, id)) });
}
