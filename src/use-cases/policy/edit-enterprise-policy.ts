// Writing an enterprise's policy (P5). It is judged at every use, so nothing about existing tokens or organizations is touched.

import { writeAudit } from '../../db/audit.ts';
import { findEnterprisePolicy, lockEnterprisePolicy, updateEnterprisePolicy } from '../../db/enterprise-policies.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { shownEnterprisePolicy } from '../../domain/effective-policy.ts';
import {
  type EnterprisePolicyPatch,
  enterprisePolicyChanges,
  mergeEnterprisePolicy,
} from '../../domain/enterprise-policy-edit.ts';
import type { EnterprisePolicy } from '../../domain/policy.ts';
import { Refusal } from '../../domain/refusal.ts';
import { decodeEnterprise } from '../../facts/decode.ts';

/**
 * Merges the patch into the policy and answers the whole; one entry for each member that changed. Refuses: 404 where the
 * enterprise is gone. @rule P5, L1
 */
export async function editEnterprisePolicy(
  deps: Deps,
  caller: Caller,
  input: { readonly enterprise: { readonly id: number; readonly slug: string }; readonly patch: EnterprisePolicyPatch },
): Promise<EnterprisePolicy> {
  const { enterprise, patch } = input;
  return inTransaction(deps.db, async (db) => {
    if (!(await lockEnterprisePolicy(db, enterprise.id))) throw new Refusal('not_found');
    const row = await findEnterprisePolicy(db, enterprise.id);
    if (row === undefined) throw new Refusal('not_found');
    const stored = decodeEnterprise({ ...row, enterprise_administered: true });
    const before = shownEnterprisePolicy(stored?.policy ?? null);
    const after = mergeEnterprisePolicy(before, patch);
    const changes = enterprisePolicyChanges(before, after);
    if (changes.length > 0) await updateEnterprisePolicy(db, enterprise.id, after);
    const business = { id: enterprise.id, name: enterprise.slug };
    for (const change of changes) await writeAudit(db, caller, { ...change, business });
    return after;
  });
}
