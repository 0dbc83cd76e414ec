// The policy of an enterprise on the wire (contract 7): an organization's, where each member may be `no_policy` (P5).

import { Type } from 'typebox';
import { ACCESS_VALUES, APPROVAL_VALUES, LIFETIME_CAP_DAYS_MAX } from '../../domain/policy.ts';
import { Strict } from './common.ts';
import { PREVIEW } from './policy-preview.ts';

const NoPolicy = Type.Literal('no_policy');
export const EnterpriseAccess = Type.Enum([...ACCESS_VALUES, 'no_policy']);
export const EnterpriseApproval = Type.Enum([...APPROVAL_VALUES, 'no_policy']);
export const EnterpriseCap = Type.Union(
  [Type.Integer({ minimum: 1, maximum: LIFETIME_CAP_DAYS_MAX }), Type.Null(), NoPolicy],
  { description: 'Days; null and `no_policy` bind nothing' },
);
export const EnterpriseSwitch = Type.Union([Type.Boolean(), NoPolicy]);

export const EnterprisePolicy = Type.Object(
  {
    fine_grained_tokens: EnterpriseAccess,
    classic_tokens: EnterpriseAccess,
    approval: EnterpriseApproval,
    max_lifetime_days: Type.Object({ fine_grained: EnterpriseCap, classic: EnterpriseCap }),
    lifetime_applies_to_public_reads: EnterpriseSwitch,
    exempt_administrators: Type.Boolean({ description: "The enterprise's administrators are free from its caps" }),
  },
  { $id: 'EnterpriseTokenPolicy' },
);

export const EnterprisePolicyPatch = Strict(
  {
    fine_grained_tokens: Type.Optional(EnterpriseAccess),
    classic_tokens: Type.Optional(EnterpriseAccess),
    approval: Type.Optional(EnterpriseApproval),
    max_lifetime_days: Type.Optional(
      Strict({ fine_grained: Type.Optional(EnterpriseCap), classic: Type.Optional(EnterpriseCap) }),
    ),
    lifetime_applies_to_public_reads: Type.Optional(EnterpriseSwitch),
    exempt_administrators: Type.Optional(Type.Boolean()),
  },
  { title: 'EnterpriseTokenPolicyPatch' },
);

export const EnterprisePolicyPreview = Type.Object(
  {
    policy: Type.Ref('EnterpriseTokenPolicy', { description: 'The whole, as the same PATCH would answer it' }),
    ...PREVIEW,
  },
  { $id: 'EnterpriseTokenPolicyPreview' },
);
