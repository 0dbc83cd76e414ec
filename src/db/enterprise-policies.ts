// What an enterprise says about tokens, as its own row, and the organizations for which it counts. SQL only.

import type { Kysely } from 'kysely';
import type { EnterpriseCap, EnterprisePolicy } from '../domain/policy.ts';
import type { EnterpriseColumns, OrganizationPolicyColumns } from './facts-row.ts';
import { ENTERPRISE_POLICY_COLUMNS, ORGANIZATION_POLICY_COLUMNS } from './policy-columns.ts';
import type { Database } from './schema.ts';

/** The enterprise with its policy. */
export function findEnterprisePolicy(
  db: Kysely<Database>,
  enterprise_id: number,
): Promise<Omit<EnterpriseColumns, 'enterprise_administered'> | undefined> {
  return db
    .selectFrom('enterprises as enterprise')
    .leftJoin('enterprise_token_policies as above', 'above.enterprise_id', 'enterprise.id')
    .select(ENTERPRISE_POLICY_COLUMNS)
    .where('enterprise.id', '=', enterprise_id)
    .executeTakeFirst();
}

/** Locks the enterprise's policy until the end of the transaction; false where it is gone. Two edits come one after the other. */
export async function lockEnterprisePolicy(db: Kysely<Database>, enterprise_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('enterprise_token_policies')
    .select('enterprise_id')
    .where('enterprise_id', '=', enterprise_id)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** In the table null stands for `no_policy` and 0 for an explicit null. */
function capColumn(cap: EnterpriseCap): number | null {
  if (cap === 'no_policy') return null;
  return cap ?? 0;
}

/** Writes the whole policy. */
export async function updateEnterprisePolicy(
  db: Kysely<Database>,
  enterprise_id: number,
  policy: EnterprisePolicy,
): Promise<void> {
  const { fine_grained_tokens, classic_tokens, approval, exempt_administrators } = policy;
  await db
    .updateTable('enterprise_token_policies')
    .set({
      fine_grained_tokens,
      classic_tokens,
      approval,
      exempt_administrators,
      lifetime_applies_to_public_reads: String(policy.lifetime_applies_to_public_reads),
      max_lifetime_days_fine_grained: capColumn(policy.max_lifetime_days.fine_grained),
      max_lifetime_days_classic: capColumn(policy.max_lifetime_days.classic),
    })
    .where('enterprise_id', '=', enterprise_id)
    .execute();
}

export type GovernedOrganizationRow = OrganizationPolicyColumns & {
  readonly id: number;
  readonly login: string;
  readonly profile_name: string | null;
  readonly sso_required: boolean | null;
};

/** Every organization of the enterprise, with its own policy. */
export function findGovernedOrganizations(
  db: Kysely<Database>,
  enterprise_id: number,
): Promise<readonly GovernedOrganizationRow[]> {
  return db
    .selectFrom('organizations as organization')
    .innerJoin('accounts as account', 'account.id', 'organization.id')
    .leftJoin('organization_token_policies as policy', 'policy.organization_id', 'organization.id')
    .leftJoin('organization_sso as sso', 'sso.organization_id', 'organization.id')
    .select(['account.id', 'account.login', 'account.profile_name', 'sso.required as sso_required'])
    .select(ORGANIZATION_POLICY_COLUMNS)
    .where('organization.enterprise_id', '=', enterprise_id)
    .orderBy('account.id')
    .execute();
}
