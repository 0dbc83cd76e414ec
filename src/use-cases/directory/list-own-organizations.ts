// GET /user/orgs: the holder's organizations, as far as the credential may name them.

import { listOrganizationsOf } from '../../db/memberships.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts, PersonFacts } from '../../domain/facts.ts';
import { judgeListedOrganization } from '../../domain/listing.ts';
import { loadResources } from '../checks/load-resources.ts';
import { principalSubject } from '../checks/principal-subject.ts';

export type OrganizationPage = {
  readonly rows: OrganizationFacts[];
  readonly has_more: boolean;
  /** Organizations that only single sign-on keeps out (O2). */
  readonly sso_missing: readonly number[];
};

/** A page of them, by id. What a policy closes is left out silently. @rule F8 */
export async function listOwnOrganizations(
  deps: Deps,
  caller: Caller,
  input: { readonly person: PersonFacts; readonly now: Date; readonly limit: number; readonly offset: number },
): Promise<OrganizationPage> {
  const { person, now, limit, offset } = input;
  const subject = principalSubject(caller.principal);
  const own = await listOrganizationsOf(deps.db, person.id);
  const keys = own.map(({ login }) => ({ type: 'organization', login }) as const);
  const loaded = await loadResources(deps, caller.principal, keys);
  const organizations = loaded.flatMap((each) => (each.type === 'organization' ? [each.organization] : []));
  const judged = organizations.map((organization) => ({
    organization,
    ...judgeListedOrganization(subject, organization, now),
  }));
  const named = judged.filter(({ listed }) => listed).map(({ organization }) => organization);
  return {
    rows: named.slice(offset, offset + limit),
    has_more: named.length > offset + limit,
    sso_missing: judged.filter((each) => each.sso_missing).map(({ organization }) => organization.id),
  };
}
