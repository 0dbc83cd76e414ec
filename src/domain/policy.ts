// Policies of organizations and enterprises (P1 to P6): the stored values, and which of them is in force.

import { DAY_MS } from './moment.ts';
import type { TokenKind } from './vocabulary.ts';

export const ACCESS_VALUES = ['allowed', 'restricted'] as const;
export type AccessValue = (typeof ACCESS_VALUES)[number];
export const APPROVAL_VALUES = ['required', 'not_required'] as const;
export type ApprovalValue = (typeof APPROVAL_VALUES)[number];
export const LIFETIME_CAP_DAYS_MAX = 366;

/** Days for each kind of token; null: no cap. */
export type LifetimeCaps = { readonly fine_grained: number | null; readonly classic: number | null };

export type OrganizationPolicy = {
  readonly fine_grained_tokens: AccessValue;
  readonly classic_tokens: AccessValue;
  readonly approval: ApprovalValue;
  readonly max_lifetime_days: LifetimeCaps;
  readonly lifetime_applies_to_public_reads: boolean;
};

/** An enterprise's caps: null binds nothing, as `no_policy` does. @rule P5 */
export type EnterpriseCap = number | null | 'no_policy';

export type EnterprisePolicy = {
  readonly fine_grained_tokens: AccessValue | 'no_policy';
  readonly classic_tokens: AccessValue | 'no_policy';
  readonly approval: ApprovalValue | 'no_policy';
  readonly max_lifetime_days: { readonly fine_grained: EnterpriseCap; readonly classic: EnterpriseCap };
  readonly lifetime_applies_to_public_reads: boolean | 'no_policy';
  readonly exempt_administrators: boolean;
};

/** Where an organization's policy starts. @rule P1, P2, P3, P4 */
export const INITIAL_ORGANIZATION_POLICY: OrganizationPolicy = {
  fine_grained_tokens: 'restricted',
  classic_tokens: 'allowed',
  approval: 'required',
  max_lifetime_days: { fine_grained: 366, classic: null },
  lifetime_applies_to_public_reads: false,
};

export type PolicySource = 'organization' | 'enterprise';
export type Sourced<Value> = { readonly value: Value; readonly source: PolicySource };

/** What binds an organization: its own policy, and its enterprise's if it belongs to one. */
export type PolicyPair = {
  readonly organization: OrganizationPolicy;
  readonly enterprise: EnterprisePolicy | null;
};

/** Whether tokens of this kind are allowed. Whatever is not the word `allowed` restricts. @rule P1, P2, P5, F3 */
export function effectiveAccess(pair: PolicyPair, kind: TokenKind): Sourced<AccessValue> {
  const member = kind === 'classic' ? 'classic_tokens' : 'fine_grained_tokens';
  const above = pair.enterprise === null ? 'no_policy' : pair.enterprise[member];
  if (above !== 'no_policy') return { value: above === 'allowed' ? 'allowed' : 'restricted', source: 'enterprise' };
  return { value: pair.organization[member] === 'allowed' ? 'allowed' : 'restricted', source: 'organization' };
}

/** Whether a member's fine-grained token needs approval. Whatever is not the word `not_required` requires it. @rule P3, P5, F3 */
export function effectiveApproval(pair: PolicyPair): Sourced<ApprovalValue> {
  const above = pair.enterprise?.approval ?? 'no_policy';
  if (above !== 'no_policy') {
    return { value: above === 'not_required' ? 'not_required' : 'required', source: 'enterprise' };
  }
  const own = pair.organization.approval;
  return { value: own === 'not_required' ? 'not_required' : 'required', source: 'organization' };
}

/** The enterprise's cap in days as far as it binds this holder; null: it binds nothing. @rule P5 */
export function enterpriseCap(policy: EnterprisePolicy | null, kind: TokenKind, administers: boolean): number | null {
  if (policy === null || (policy.exempt_administrators === true && administers === true)) return null;
  const cap = policy.max_lifetime_days[kind];
  return cap === 'no_policy' ? null : cap;
}

/** The smaller of the two caps in days and whose it is; null: none. The enterprise's counts where both are the same. @rule P4, P5 */
export function effectiveCap(pair: PolicyPair, kind: TokenKind, administers: boolean): Sourced<number> | null {
  const above = enterpriseCap(pair.enterprise, kind, administers);
  const own = pair.organization.max_lifetime_days[kind];
  if (above !== null && (own === null || above <= own)) return { value: above, source: 'enterprise' };
  if (own === null) return null;
  // Where the two cannot be compared one of them is no number: that cap is exceeded by every life.
  const is_smaller = above === null || own < above;
  return { value: is_smaller ? own : Number.NaN, source: 'organization' };
}

/** Whether the cap closes public reads too: true at either wins; so does whatever is not understood. @rule P4, P5, F3 */
export function appliesToPublicReads(pair: PolicyPair): boolean {
  const above = pair.enterprise?.lifetime_applies_to_public_reads ?? 'no_policy';
  const above_free = above === false || above === 'no_policy';
  return !above_free || pair.organization.lifetime_applies_to_public_reads !== false;
}

/** Whether a life from the issue of the secret to its expiry is longer than the cap. @rule M3, P4 */
export function exceedsCap(issued_at: Date, expires_at: Date | null, cap_days: number): boolean {
  if (expires_at === null) return true;
  const life_ms = expires_at.getTime() - issued_at.getTime();
  // Negated, so that a broken date (NaN) exceeds.
  return !(life_ms <= cap_days * DAY_MS);
}
