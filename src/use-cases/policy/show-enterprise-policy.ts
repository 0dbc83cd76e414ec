// The policy that an enterprise has set, from what authorisation has loaded of it.

import { shownEnterprisePolicy } from '../../domain/effective-policy.ts';
import type { EnterpriseFacts } from '../../domain/facts.ts';
import type { EnterprisePolicy } from '../../domain/policy.ts';

/** The whole policy. @rule P5 */
export function showEnterprisePolicy(enterprise: EnterpriseFacts): EnterprisePolicy {
  return shownEnterprisePolicy(enterprise.policy);
}
