// GET /orgs/{org}: what everybody may know; its settings besides, to who may read its administration.

import { findOrganizationProfile, type OrganizationProfileRow } from '../../db/organization-profile.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { decide } from '../../domain/decide.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import { principalSubject } from '../checks/principal-subject.ts';

export type ShownOrganization = Omit<OrganizationProfileRow, 'default_repository_permission'> & {
  /** Undefined to who may not read the administration. */
  readonly default_repository_permission?: string;
};

const READ_ADMINISTRATION = {
  ask: { type: 'permission', permission: 'organization_administration', level: 'read' },
} as const;

/** The organization that was judged; 404 where it went meanwhile. @rule F2 */
export async function showOrganization(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: OrganizationFacts; readonly now: Date },
): Promise<ShownOrganization> {
  const { organization, now } = input;
  const row = await findOrganizationProfile(deps.db, organization.id);
  if (row === undefined) throw new Refusal('not_found');
  const resource = { type: 'organization', organization } as const;
  const decision = decide({ subject: principalSubject(caller.principal), resource }, READ_ADMINISTRATION, now);
  const { default_repository_permission, ...open } = row;
  return decision.effect === 'allow' ? { ...open, default_repository_permission } : open;
}
