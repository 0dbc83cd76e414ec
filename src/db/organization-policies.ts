// What an organization says about tokens, as its own row. Which values are in force follows in the domain. SQL only.

import type { Kysely } from 'kysely';
import type { OrganizationPolicy } from '../domain/policy.ts';
import type { BelongingColumns, OrganizationPolicyColumns } from './facts-row.ts';
import { BELONGING_COLUMN, ENTERPRISE_POLICY_COLUMNS, ORGANIZATION_POLICY_COLUMNS } from './policy-columns.ts';
import type { Database } from './schema.ts';

/** The organization's policy with its enterprise's; undefined: there is no such organization. */
export async function findOrganizationPolicy(
  db: Kysely<Database>,
  organization_id: number,
): Promise<
  | (OrganizationPolicyColumns &
      Omit<BelongingColumns, 'enterprise_administered'> & { readonly members_set: readonly string[] })
  | undefined
> {
  return db
    .selectFrom('organization_token_policies as policy')
    .innerJoin('organizations as organization', 'organization.id', 'policy.organization_id')
    .leftJoin('enterprises as enterprise', 'enterprise.id', 'organization.enterprise_id')
    .leftJoin('enterprise_token_policies as above', 'above.enterprise_id', 'enterprise.id')
    .select([...ORGANIZATION_POLICY_COLUMNS, BELONGING_COLUMN, 'policy.members_set'])
    .select(ENTERPRISE_POLICY_COLUMNS)
    .where('policy.organization_id', '=', organization_id)
    .executeTakeFirst();
}

/** Locks the organization's row until the end of the transaction; false where it is gone. Two edits come one after the other. */
export async function lockOrganizationPolicy(db: Kysely<Database>, organization_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('organization_token_policies')
    .select('organization_id')
    .where('organization_id', '=', organization_id)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** Writes the whole policy, and which of its members the organization has set by itself. */
export async function updateOrganizationPolicy(
  db: Kysely<Database>,
  organization_id: number,
  { policy, members_set }: { readonly policy: OrganizationPolicy; readonly members_set: readonly string[] },
): Promise<void> {
  const { fine_grained_tokens, classic_tokens, approval, lifetime_applies_to_public_reads } = policy;
  await db
    .updateTable('organization_token_policies')
    .set({
      fine_grained_tokens,
      classic_tokens,
      approval,
      lifetime_applies_to_public_reads,
      members_set: [...members_set],
      max_lifetime_days_fine_grained: policy.max_lifetime_days.fine_grained,
      max_lifetime_days_classic: policy.max_lifetime_days.classic,
    })
    .where('organization_id', '=', organization_id)
    .execute();
}
