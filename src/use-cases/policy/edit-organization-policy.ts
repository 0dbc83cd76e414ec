// Writing an organization's policy (P1 to P6). It is judged at every use, so nothing about existing tokens is touched.

import { writeAudit } from '../../db/audit.ts';
import { lockOrganizationPolicy, updateOrganizationPolicy } from '../../db/organization-policies.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationPolicy } from '../../domain/policy.ts';
import {
  membersOf,
  mergePolicy,
  type PolicyPatch,
  policyChanges,
  refuseBoundMembers,
} from '../../domain/policy-edit.ts';
import { Refusal } from '../../domain/refusal.ts';
import { readOrganizationPolicy } from './organization-policy.ts';

/**
 * Merges the patch into the policy and answers the whole; one entry for each member that changed. Refuses: 404 where the
 * organization is gone, 422 for what its enterprise binds otherwise. @rule P1, P2, P3, P4, P5, P6, L1
 */
export async function editOrganizationPolicy(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: { readonly id: number; readonly login: string }; readonly patch: PolicyPatch },
): Promise<OrganizationPolicy> {
  const { organization, patch } = input;
  return inTransaction(deps.db, async (db) => {
    if (!(await lockOrganizationPolicy(db, organization.id))) throw new Refusal('not_found');
    const { policy: before, members_set, enterprise } = await readOrganizationPolicy(db, organization.id);
    refuseBoundMembers(patch, enterprise);
    const after = mergePolicy(before, patch);
    const changes = policyChanges(before, after);
    const set = new Set([...members_set, ...membersOf(patch)]);
    // A member that is set to the value that it has is the organization's own from now on (P7), and no change of policy.
    const is_stored = changes.length === 0 && set.size === members_set.length;
    if (!is_stored) await updateOrganizationPolicy(db, organization.id, { policy: after, members_set: [...set] });
    const org = { id: organization.id, name: organization.login };
    const business = enterprise === null ? {} : { business: { id: enterprise.id, name: enterprise.slug } };
    for (const change of changes) await writeAudit(db, caller, { ...change, org, ...business });
    return after;
  });
}
