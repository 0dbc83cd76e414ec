// What is in force and who set it, on the wire (contract 7, P7).

import { Type } from 'typebox';
import { Nullable } from './common.ts';
import { EnterpriseAccess, EnterpriseApproval, EnterpriseCap, EnterpriseSwitch } from './enterprise-policy.ts';
import { AccessValue, ApprovalValue, Cap } from './organization-policy.ts';

const Traced = <Shape extends Parameters<typeof Type.Union>[0][number]>(value: Shape) =>
  Type.Object({
    value,
    source: Type.Enum(['organization', 'enterprise', 'default']),
    owner: Nullable(Type.String({ description: 'The login or slug of who set it' })),
  });

export const EffectiveOrganizationPolicy = Type.Object(
  {
    fine_grained_tokens: Traced(AccessValue),
    classic_tokens: Traced(AccessValue),
    approval: Traced(ApprovalValue),
    max_lifetime_days: Type.Object({ fine_grained: Traced(Cap), classic: Traced(Cap) }),
    lifetime_applies_to_public_reads: Traced(Type.Boolean()),
  },
  { $id: 'EffectiveOrganizationTokenPolicy' },
);

export const EffectiveEnterprisePolicy = Type.Object(
  {
    fine_grained_tokens: Traced(EnterpriseAccess),
    classic_tokens: Traced(EnterpriseAccess),
    approval: Traced(EnterpriseApproval),
    max_lifetime_days: Type.Object({ fine_grained: Traced(EnterpriseCap), classic: Traced(EnterpriseCap) }),
    lifetime_applies_to_public_reads: Traced(EnterpriseSwitch),
    exempt_administrators: Traced(Type.Boolean()),
  },
  { $id: 'EffectiveEnterpriseTokenPolicy' },
);
