// The policy of an organization with its enterprise's, from its rows.

import type { Kysely } from 'kysely';
import { findOrganizationPolicy } from '../../db/organization-policies.ts';
import type { Database } from '../../db/schema.ts';
import type { EnterpriseFacts } from '../../domain/facts.ts';
import { INITIAL_ORGANIZATION_POLICY, type OrganizationPolicy } from '../../domain/policy.ts';
import { Refusal } from '../../domain/refusal.ts';
import { decodeEnterpriseOf, decodeOrganizationPolicy } from '../../facts/decode.ts';

export type ReadPolicy = {
  readonly policy: OrganizationPolicy;
  readonly members_set: readonly string[];
  readonly enterprise: EnterpriseFacts | null;
};

/**
 * What is stored for the organization. One that is not understood denies everything (F3) and shows as the strictest word in
 * each place, so that an owner can write it anew. Refuses: 404 where the organization is gone.
 */
export async function readOrganizationPolicy(db: Kysely<Database>, organization_id: number): Promise<ReadPolicy> {
  const row = await findOrganizationPolicy(db, organization_id);
  if (row === undefined) throw new Refusal('not_found');
  const enterprise = decodeEnterpriseOf({ ...row, enterprise_administered: false });
  const policy = decodeOrganizationPolicy(row) ?? { ...INITIAL_ORGANIZATION_POLICY, classic_tokens: 'restricted' };
  return { policy, members_set: row.members_set, enterprise };
}
