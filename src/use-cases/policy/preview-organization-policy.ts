// POST /orgs/{org}/settings/personal-access-tokens/preview: what a policy would block before it is set.

import type { Deps } from '../../deps.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import type { OrganizationPolicy } from '../../domain/policy.ts';
import { mergePolicy, type PolicyPatch, refuseBoundMembers } from '../../domain/policy-edit.ts';
import { readOrganizationPolicy } from './organization-policy.ts';
import { previewTokens, type Slice, type TokensPreview } from './preview-tokens.ts';

/**
 * The policy as the same PATCH would leave it, and the tokens that would be blocked. Refuses what that PATCH would refuse:
 * 404, and 422 for what the enterprise binds otherwise. @rule P1, P2, P4, P5
 */
export async function previewOrganizationPolicy(
  deps: Deps,
  input: {
    readonly organization: OrganizationFacts;
    readonly patch: PolicyPatch;
    readonly now: Date;
    readonly slice: Slice;
  },
): Promise<TokensPreview & { readonly policy: OrganizationPolicy }> {
  const { organization, patch, now, slice } = input;
  const { policy: stored, enterprise } = await readOrganizationPolicy(deps.db, organization.id);
  refuseBoundMembers(patch, enterprise);
  const policy = mergePolicy(stored, patch);
  const proposed = { before: organization, after: { ...organization, policy } };
  return { policy, ...(await previewTokens(deps, { organizations: [proposed], enterprise: null }, { now, slice })) };
}
