// What is in force in an enterprise, and who set it (P7).

import {
  type EffectiveEnterprisePolicy,
  effectiveEnterprisePolicy,
  shownEnterprisePolicy,
} from '../../domain/effective-policy.ts';
import type { EnterpriseFacts } from '../../domain/facts.ts';

/** Each member with its source. @rule P7 */
export function showEffectiveEnterprisePolicy({ slug, policy }: EnterpriseFacts): EffectiveEnterprisePolicy {
  return effectiveEnterprisePolicy(slug, shownEnterprisePolicy(policy));
}
