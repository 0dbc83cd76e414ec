// GET /orgs/{org}/members: empty to who may not see them, because who belongs to an organization is not public here.

import { listMembers as list, type MemberRow } from '../../db/memberships.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { judgeMemberList } from '../../domain/listing.ts';
import type { MembershipRole } from '../../domain/vocabulary.ts';
import { principalSubject } from '../checks/principal-subject.ts';
import { rowPage } from './row-page.ts';

export type MemberPage = {
  readonly rows: MemberRow[];
  readonly has_more: boolean;
  /** The organization, where only single sign-on keeps its members back (O2). */
  readonly sso_missing: readonly number[];
};

/** A page of the members, by id. @rule F8 */
export async function listMembers(
  deps: Deps,
  caller: Caller,
  input: {
    readonly organization: OrganizationFacts;
    readonly now: Date;
    readonly role: MembershipRole | 'all';
    readonly limit: number;
    readonly offset: number;
  },
): Promise<MemberPage> {
  const { organization, now, role, limit, offset } = input;
  const judged = judgeMemberList(principalSubject(caller.principal), organization, now);
  if (!judged.listed) {
    return { rows: [], has_more: false, sso_missing: judged.sso_missing ? [organization.id] : [] };
  }
  const found = await list(deps.db, { organization_id: organization.id, role, limit, offset });
  return { ...rowPage(found, limit), sso_missing: [] };
}
