// POST /enterprises/{enterprise}/settings/personal-access-tokens/preview: what a policy would block, in every organization of
// the enterprise and of what it owns itself, before it is set.

import { findGovernedOrganizations, type GovernedOrganizationRow } from '../../db/enterprise-policies.ts';
import type { Deps } from '../../deps.ts';
import { shownEnterprisePolicy } from '../../domain/effective-policy.ts';
import { type EnterprisePolicyPatch, mergeEnterprisePolicy } from '../../domain/enterprise-policy-edit.ts';
import type { EnterpriseFacts, OrganizationFacts } from '../../domain/facts.ts';
import type { EnterprisePolicy } from '../../domain/policy.ts';
import { decodeOrganizationPolicy } from '../../facts/decode.ts';
import { previewTokens, type Slice, type TokensPreview } from './preview-tokens.ts';

function organizationOf(row: GovernedOrganizationRow, enterprise: EnterpriseFacts): OrganizationFacts {
  const { id, login, profile_name, sso_required } = row;
  // How a holder stands to it comes with each token.
  const nobodys = { membership: null, reviews: false } as const;
  const sso = { required: sso_required !== null && sso_required !== false, authorized: false };
  return {
    type: 'Organization',
    id,
    login,
    profile_name,
    ...nobodys,
    policy: decodeOrganizationPolicy(row),
    enterprise,
    sso,
  };
}

/** The policy as the same PATCH would leave it, and the tokens that would be blocked anywhere. @rule P1, P2, P4, P5 */
export async function previewEnterprisePolicy(
  deps: Deps,
  input: {
    readonly enterprise: EnterpriseFacts;
    readonly patch: EnterprisePolicyPatch;
    readonly now: Date;
    readonly slice: Slice;
  },
): Promise<TokensPreview & { readonly policy: EnterprisePolicy }> {
  const { enterprise: before, patch, now, slice } = input;
  const policy = mergeEnterprisePolicy(shownEnterprisePolicy(before.policy), patch);
  const after = { ...before, policy };
  const rows = await findGovernedOrganizations(deps.db, before.id);
  const organizations = rows.map((row) => ({ before: organizationOf(row, before), after: organizationOf(row, after) }));
  return {
    policy,
    ...(await previewTokens(deps, { organizations, enterprise: { before, after } }, { now, slice })),
  };
}
