// The resource owner of a fine-grained token: whose things it reaches (K3). Who may be one for whom (M4), whether he has to
// be asked (M5, P3), and how long a token of his may live (P4, P5).

import type { EnterpriseFacts } from './facts.ts';
import {
  effectiveAccess,
  effectiveApproval,
  effectiveCap,
  type OrganizationPolicy,
  type PolicyPair,
  type PolicySource,
} from './policy.ts';
import type { MembershipRole } from './vocabulary.ts';

/** Single sign-on of the holder's session at an organization: not asked for, missing, or there. */
export type SsoStanding = 'none' | 'required' | 'live';

export type OrganizationAsOwner = {
  readonly type: 'Organization';
  readonly id: number;
  readonly login: string;
  /** Of the holder. */
  readonly membership: MembershipRole;
  /** Null: missing or not understood, which refuses (F3). */
  readonly policy: OrganizationPolicy | null;
  readonly enterprise: EnterpriseFacts | null;
  readonly sso: SsoStanding;
};
export type HolderAsOwner = { readonly type: 'User'; readonly id: number; readonly login: string };
/** An account that the holder may name: himself, or an organization of which he is a member. */
export type ResourceOwner = HolderAsOwner | OrganizationAsOwner;

export type LifetimeCap = { readonly days: number; readonly source: PolicySource; readonly owner: string };

/** Why an organization cannot be asked; null where it can. */
export type Ineligibility = 'fine_grained_restricted' | 'sso_required' | null;

function policiesOf(owner: OrganizationAsOwner): PolicyPair | null {
  if (owner.policy === null) return null;
  if (owner.enterprise !== null && owner.enterprise.policy === null) return null;
  return { organization: owner.policy, enterprise: owner.enterprise?.policy ?? null };
}

/** Why this holder cannot make a token of this owner, or null. A doubt about policy counts as a restriction. @rule M4, P2, P5, O1, F3 */
export function ineligibility(owner: ResourceOwner): Ineligibility {
  if (owner.type === 'User') return null;
  const policies = policiesOf(owner);
  if (policies === null || effectiveAccess(policies, 'fine_grained').value !== 'allowed') {
    return 'fine_grained_restricted';
  }
  return owner.sso === 'required' ? 'sso_required' : null;
}

/** Whether what this holder asks waits for a reviewer. An owner's own, and one's own account, do not. @rule M5, P3, P5 */
export function needsApproval(owner: ResourceOwner): boolean {
  if (owner.type === 'User' || owner.membership === 'admin') return false;
  const policies = policiesOf(owner);
  return policies === null || effectiveApproval(policies).value !== 'not_required';
}

/** The longest life of a fine-grained token of this owner; null: no cap. @rule P4, P5 */
export function lifetimeCap(owner: ResourceOwner): LifetimeCap | null {
  if (owner.type === 'User') return null;
  const policies = policiesOf(owner);
  if (policies === null) return null;
  const cap = effectiveCap(policies, 'fine_grained', owner.enterprise?.holder_administers ?? false);
  if (cap === null) return null;
  const name = cap.source === 'enterprise' ? (owner.enterprise?.slug ?? owner.login) : owner.login;
  return { days: cap.value, source: cap.source, owner: name };
}
