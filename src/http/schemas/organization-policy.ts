// The policy of an organization on the wire (contract 7).

import { Type } from 'typebox';
import { ACCESS_VALUES, APPROVAL_VALUES, LIFETIME_CAP_DAYS_MAX } from '../../domain/policy.ts';
import { Nullable, Strict } from './common.ts';
import { PREVIEW } from './policy-preview.ts';

export const AccessValue = Type.Enum([...ACCESS_VALUES]);
export const ApprovalValue = Type.Enum([...APPROVAL_VALUES]);
export const Cap = Nullable(Type.Integer({ minimum: 1, maximum: LIFETIME_CAP_DAYS_MAX }));

export const OrganizationPolicy = Type.Object(
  {
    fine_grained_tokens: AccessValue,
    classic_tokens: AccessValue,
    approval: ApprovalValue,
    max_lifetime_days: Type.Object({ fine_grained: Cap, classic: Cap }),
    lifetime_applies_to_public_reads: Type.Boolean(),
  },
  { $id: 'OrganizationTokenPolicy' },
);

export const OrganizationPolicyPatch = Strict(
  {
    fine_grained_tokens: Type.Optional(AccessValue),
    classic_tokens: Type.Optional(AccessValue),
    approval: Type.Optional(ApprovalValue),
    max_lifetime_days: Type.Optional(Strict({ fine_grained: Type.Optional(Cap), classic: Type.Optional(Cap) })),
    lifetime_applies_to_public_reads: Type.Optional(Type.Boolean()),
  },
  { title: 'OrganizationTokenPolicyPatch' },
);

export const OrganizationPolicyPreview = Type.Object(
  {
    policy: Type.Ref('OrganizationTokenPolicy', { description: 'The whole, as the same PATCH would answer it' }),
    ...PREVIEW,
  },
  { $id: 'OrganizationTokenPolicyPreview' },
);
