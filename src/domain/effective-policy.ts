// What is in force, member by member, and who set it: the organization, its enterprise, or nobody (P7). The values are those
// by which policy.ts judges; this file only says where each one is from.

import type { EnterpriseFacts } from './facts.ts';
import {
  type AccessValue,
  type ApprovalValue,
  appliesToPublicReads,
  type EnterpriseCap,
  type EnterprisePolicy,
  effectiveAccess,
  effectiveApproval,
  effectiveCap,
  INITIAL_ORGANIZATION_POLICY,
  type OrganizationPolicy,
  type PolicyPair,
  type Sourced,
} from './policy.ts';
import type { TokenKind } from './vocabulary.ts';

/** The members of an organization's policy, each cap by itself. */
export const POLICY_MEMBERS = [
  'fine_grained_tokens',
  'classic_tokens',
  'approval',
  'max_lifetime_days.fine_grained',
  'max_lifetime_days.classic',
  'lifetime_applies_to_public_reads',
] as const;
export type PolicyMember = (typeof POLICY_MEMBERS)[number];

export type EffectiveValue<Value> = {
  readonly value: Value;
  readonly source: 'organization' | 'enterprise' | 'default';
  /** The login or slug of who set it; null for the default. */
  readonly owner: string | null;
};

type EffectiveMembers<Access, Approval, Cap, Switch> = {
  readonly fine_grained_tokens: EffectiveValue<Access>;
  readonly classic_tokens: EffectiveValue<Access>;
  readonly approval: EffectiveValue<Approval>;
  readonly max_lifetime_days: { readonly fine_grained: EffectiveValue<Cap>; readonly classic: EffectiveValue<Cap> };
  readonly lifetime_applies_to_public_reads: EffectiveValue<Switch>;
};
export type EffectiveOrganizationPolicy = EffectiveMembers<AccessValue, ApprovalValue, number | null, boolean>;
export type EffectiveEnterprisePolicy = EffectiveMembers<
  EnterprisePolicy['fine_grained_tokens'],
  EnterprisePolicy['approval'],
  EnterpriseCap,
  EnterprisePolicy['lifetime_applies_to_public_reads']
> & { readonly exempt_administrators: EffectiveValue<boolean> };

export type GovernedOrganization = {
  readonly login: string;
  readonly policy: OrganizationPolicy;
  /** What it has set by itself, also to the value with which it started. */
  readonly members_set: readonly string[];
  readonly enterprise: EnterpriseFacts | null;
};

/** An enterprise whose policy is not understood restricts, and asks for approval. @rule F3 */
const NOT_UNDERSTOOD: EnterprisePolicy = {
  fine_grained_tokens: 'restricted',
  classic_tokens: 'restricted',
  approval: 'required',
  max_lifetime_days: { fine_grained: 'no_policy', classic: 'no_policy' },
  lifetime_applies_to_public_reads: 'no_policy',
  exempt_administrators: false,
};

function pairOf({ policy, enterprise }: GovernedOrganization): PolicyPair {
  return { organization: policy, enterprise: enterprise === null ? null : (enterprise.policy ?? NOT_UNDERSTOOD) };
}

function initialOf(member: PolicyMember): unknown {
  const { max_lifetime_days, ...others } = INITIAL_ORGANIZATION_POLICY;
  if (member === 'max_lifetime_days.fine_grained') return max_lifetime_days.fine_grained;
  if (member === 'max_lifetime_days.classic') return max_lifetime_days.classic;
  return others[member];
}

/** The value with who set it; what the organization has, it has set where it says so or where it is not what it started with. */
function traced<Value>(
  organization: GovernedOrganization,
  member: PolicyMember,
  { value, source }: Sourced<Value>,
): EffectiveValue<Value> {
  const { enterprise, login, members_set } = organization;
  if (source === 'enterprise' && enterprise !== null) return { value, source, owner: enterprise.slug };
  const is_set = members_set.includes(member) || value !== initialOf(member);
  return is_set ? { value, source: 'organization', owner: login } : { value, source: 'default', owner: null };
}

/** What a member's token is measured by; of the enterprise's administrators it may be freer (`exempt_administrators`). */
function capInForce(pair: PolicyPair, kind: TokenKind): Sourced<number | null> {
  return effectiveCap(pair, kind, false) ?? { value: null, source: 'organization' };
}

/** True at either wins, the enterprise first; its false is the value that is in force where the organization has none of its own. */
function publicReadsInForce(pair: PolicyPair): Sourced<boolean> {
  const value = appliesToPublicReads(pair);
  const above = pair.enterprise?.lifetime_applies_to_public_reads ?? 'no_policy';
  const is_from_above = value ? above !== false && above !== 'no_policy' : above === false;
  return { value, source: is_from_above ? 'enterprise' : 'organization' };
}

/** Each member of an organization's policy as it is in force, and who set it. @rule P5, P7 */
export function effectiveOrganizationPolicy(organization: GovernedOrganization): EffectiveOrganizationPolicy {
  const pair = pairOf(organization);
  return {
    fine_grained_tokens: traced(organization, 'fine_grained_tokens', effectiveAccess(pair, 'fine_grained')),
    classic_tokens: traced(organization, 'classic_tokens', effectiveAccess(pair, 'classic')),
    approval: traced(organization, 'approval', effectiveApproval(pair)),
    max_lifetime_days: {
      fine_grained: traced(organization, 'max_lifetime_days.fine_grained', capInForce(pair, 'fine_grained')),
      classic: traced(organization, 'max_lifetime_days.classic', capInForce(pair, 'classic')),
    },
    lifetime_applies_to_public_reads: traced(
      organization,
      'lifetime_applies_to_public_reads',
      publicReadsInForce(pair),
    ),
  };
}

/** Each member of an enterprise's policy; what it has not set is `no_policy`, by default. @rule P5, P7 */
export function effectiveEnterprisePolicy(slug: string, policy: EnterprisePolicy): EffectiveEnterprisePolicy {
  const from = <Value>(value: Value, initial: Value): EffectiveValue<Value> =>
    value === initial ? { value, source: 'default', owner: null } : { value, source: 'enterprise', owner: slug };
  return {
    fine_grained_tokens: from(policy.fine_grained_tokens, 'no_policy'),
    classic_tokens: from(policy.classic_tokens, 'no_policy'),
    approval: from(policy.approval, 'no_policy'),
    max_lifetime_days: {
      fine_grained: from(policy.max_lifetime_days.fine_grained, 'no_policy'),
      classic: from(policy.max_lifetime_days.classic, 'no_policy'),
    },
    lifetime_applies_to_public_reads: from(policy.lifetime_applies_to_public_reads, 'no_policy'),
    exempt_administrators: from(policy.exempt_administrators, false),
  };
}

/** The policy of an enterprise as it shows where its row is not understood, so that an administrator can write it anew. @rule F3 */
export function shownEnterprisePolicy(policy: EnterprisePolicy | null): EnterprisePolicy {
  return policy ?? NOT_UNDERSTOOD;
}
