// Editing an enterprise's policy: the merge of a patch, and what is written about it: one entry for each kind of change (L1,
// contract 10). What it then means for its organizations is judged at every use (P5).

import type { EnterpriseCap, EnterprisePolicy } from './policy.ts';
import type { PolicyChange } from './policy-edit.ts';
import { TOKEN_KINDS, type TokenKind } from './vocabulary.ts';

export type EnterprisePolicyPatch = Partial<Omit<EnterprisePolicy, 'max_lifetime_days'>> & {
  readonly max_lifetime_days?: Partial<EnterprisePolicy['max_lifetime_days']>;
};

/** The policy with the members of the patch in their places, also inside `max_lifetime_days`. */
export function mergeEnterprisePolicy(policy: EnterprisePolicy, patch: EnterprisePolicyPatch): EnterprisePolicy {
  const max_lifetime_days = { ...policy.max_lifetime_days, ...patch.max_lifetime_days };
  return { ...policy, ...patch, max_lifetime_days };
}

const ACCESS_MEMBER = { fine_grained: 'fine_grained_tokens', classic: 'classic_tokens' } as const;

/** A restriction is switched on, or it is not there any more, whichever of the other two words follows. */
function accessChange(kind: TokenKind, before: EnterprisePolicy, after: EnterprisePolicy): readonly PolicyChange[] {
  const [old_value, value] = [before[ACCESS_MEMBER[kind]], after[ACCESS_MEMBER[kind]]];
  if (old_value === value) return [];
  const way = value === 'restricted' ? 'enabled' : 'disabled';
  const action = `personal_access_token.access_restriction_${way}` as const;
  return [{ action, operation_type: 'modify', data: { token_kind: kind, value, old_value } }];
}

function approvalChange(before: EnterprisePolicy, after: EnterprisePolicy): readonly PolicyChange[] {
  const [old_value, value] = [before.approval, after.approval];
  if (old_value === value) return [];
  const action =
    value === 'required' ? 'personal_access_token.approval_required' : 'personal_access_token.approval_not_required';
  return [{ action, operation_type: 'modify', data: { value, old_value } }];
}

function capChange(kind: TokenKind, before: EnterprisePolicy, after: EnterprisePolicy): readonly PolicyChange[] {
  const [old_cap, cap]: readonly EnterpriseCap[] = [before.max_lifetime_days[kind], after.max_lifetime_days[kind]];
  if (old_cap === cap) return [];
  const way = typeof cap === 'number' ? 'set' : 'unset';
  const data = { token_kind: kind, token_expiration: cap, old_token_expiration: old_cap };
  return [{ action: `personal_access_token.expiration_limit_${way}`, operation_type: 'modify', data }];
}

/** What is said beside the limits: whom they free and what else they close. The limit is set anew, with this said of it. */
function limitChange(
  member: 'lifetime_applies_to_public_reads' | 'exempt_administrators',
  before: EnterprisePolicy,
  after: EnterprisePolicy,
): readonly PolicyChange[] {
  if (before[member] === after[member]) return [];
  const data = { [member]: after[member] };
  return [{ action: 'personal_access_token.expiration_limit_set', operation_type: 'modify', data }];
}

/** What is written about the step from one policy to another, one entry for each member; empty where nothing changed. @rule L1 */
export function enterprisePolicyChanges(before: EnterprisePolicy, after: EnterprisePolicy): readonly PolicyChange[] {
  return [
    ...TOKEN_KINDS.flatMap((kind) => accessChange(kind, before, after)),
    ...approvalChange(before, after),
    ...TOKEN_KINDS.flatMap((kind) => capChange(kind, before, after)),
    ...limitChange('lifetime_applies_to_public_reads', before, after),
    ...limitChange('exempt_administrators', before, after),
  ];
}
