// Editing an organization's policy: the merge of a patch, what an enterprise forbids of it (P5), and what is written about
// it: one entry for each kind of change (L1, contract 10).

import type { AuditAction, OperationType } from './audit.ts';
import { POLICY_MEMBERS, type PolicyMember } from './effective-policy.ts';
import type { EnterpriseFacts } from './facts.ts';
import type { AccessValue, ApprovalValue, EnterprisePolicy, OrganizationPolicy } from './policy.ts';
import { type FieldError, Refusal } from './refusal.ts';
import { TOKEN_KINDS, type TokenKind } from './vocabulary.ts';

export type PolicyPatch = {
  readonly fine_grained_tokens?: AccessValue;
  readonly classic_tokens?: AccessValue;
  readonly approval?: ApprovalValue;
  readonly max_lifetime_days?: { readonly fine_grained?: number | null; readonly classic?: number | null };
  readonly lifetime_applies_to_public_reads?: boolean;
};

/** The policy with the members of the patch in their places, also inside `max_lifetime_days`. */
export function mergePolicy(policy: OrganizationPolicy, patch: PolicyPatch): OrganizationPolicy {
  const max_lifetime_days = { ...policy.max_lifetime_days, ...patch.max_lifetime_days };
  return { ...policy, ...patch, max_lifetime_days };
}

/** The members that the patch carries, each cap by itself. @rule P7 */
export function membersOf(patch: PolicyPatch): readonly PolicyMember[] {
  const { max_lifetime_days = {}, ...others } = patch;
  const carried = new Set([...Object.keys(others), ...Object.keys(max_lifetime_days).map(capMember)]);
  return POLICY_MEMBERS.filter((member) => carried.has(member));
}

function capMember(kind: string): string {
  return `max_lifetime_days.${kind}`;
}

const WORD_MEMBERS = ['fine_grained_tokens', 'classic_tokens', 'approval'] as const;

/** The members that carry another value than the one that binds: caps may only be smaller, the switch only be on. */
function boundMembers(patch: PolicyPatch, binding: EnterprisePolicy): readonly string[] {
  const words = WORD_MEMBERS.filter((member) => {
    const carried = patch[member];
    return carried !== undefined && binding[member] !== 'no_policy' && carried !== binding[member];
  });
  const caps = TOKEN_KINDS.filter((kind) => {
    const carried = patch.max_lifetime_days?.[kind];
    const cap = binding.max_lifetime_days[kind];
    if (carried === undefined || cap === 'no_policy' || cap === null) return false;
    return carried === null || carried > cap;
  });
  const frees = patch.lifetime_applies_to_public_reads === false && binding.lifetime_applies_to_public_reads === true;
  return [...words, ...caps.map(capMember), ...(frees ? ['lifetime_applies_to_public_reads'] : [])];
}

/**
 * Refuses what the enterprise binds otherwise: 422 naming it. An enterprise whose policy is not understood binds everything.
 * @rule P5, F3
 */
export function refuseBoundMembers(patch: PolicyPatch, enterprise: EnterpriseFacts | null): void {
  if (enterprise === null) return;
  const { policy, slug } = enterprise;
  const fields = policy === null ? Object.keys(patch) : boundMembers(patch, policy);
  if (fields.length === 0) return;
  const message = `is bound by the policy of the enterprise \`${slug}\``;
  const errors = fields.map(
    (field): FieldError => ({ resource: 'TokenPolicy', field, code: 'unprocessable', message }),
  );
  throw new Refusal('validation_failed', {
    message: `Validation Failed: the enterprise \`${slug}\` decides this`,
    errors,
  });
}

export type PolicyChange = {
  readonly action: AuditAction;
  readonly operation_type: OperationType;
  readonly data: Readonly<Record<string, unknown>>;
};

function accessChange(kind: TokenKind, before: AccessValue, after: AccessValue): readonly PolicyChange[] {
  if (before === after) return [];
  const way = after === 'restricted' ? 'enabled' : 'disabled';
  const action = `personal_access_token.access_restriction_${way}` as const;
  return [{ action, operation_type: 'modify', data: { token_kind: kind } }];
}

function approvalChange(before: ApprovalValue, after: ApprovalValue): readonly PolicyChange[] {
  if (before === after) return [];
  return [{ action: `personal_access_token.approval_${after}`, operation_type: 'modify', data: {} }];
}

function capChange(kind: TokenKind, before: number | null, after: number | null): readonly PolicyChange[] {
  if (before === after) return [];
  const data = { token_kind: kind, old_token_expiration: before };
  if (after === null) {
    return [{ action: 'personal_access_token.expiration_limit_unset', operation_type: 'modify', data }];
  }
  return [
    {
      action: 'personal_access_token.expiration_limit_set',
      operation_type: 'modify',
      data: { ...data, token_expiration: after },
    },
  ];
}

/** Whether the limit also closes public reads: the limit is set anew, with this said of it. */
function publicReadsChange(before: boolean, after: boolean): readonly PolicyChange[] {
  if (before === after) return [];
  const data = { lifetime_applies_to_public_reads: after };
  return [{ action: 'personal_access_token.expiration_limit_set', operation_type: 'modify', data }];
}

/** What is written about the step from one policy to another, one entry for each member; empty where nothing changed. @rule L1 */
export function policyChanges(before: OrganizationPolicy, after: OrganizationPolicy): readonly PolicyChange[] {
  return [
    ...accessChange('fine_grained', before.fine_grained_tokens, after.fine_grained_tokens),
    ...accessChange('classic', before.classic_tokens, after.classic_tokens),
    ...approvalChange(before.approval, after.approval),
    ...capChange('fine_grained', before.max_lifetime_days.fine_grained, after.max_lifetime_days.fine_grained),
    ...capChange('classic', before.max_lifetime_days.classic, after.max_lifetime_days.classic),
    ...publicReadsChange(before.lifetime_applies_to_public_reads, after.lifetime_applies_to_public_reads),
  ];
}
