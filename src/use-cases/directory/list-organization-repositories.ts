// GET /orgs/{org}/repos: what the caller may read of an organization's repositories, a stranger the public ones.

import { listOwnersInReach } from '../../db/owners.ts';
import type { RepositoryFilter } from '../../db/repository-list.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { personIdOf } from '../checks/principal-subject.ts';
import { type RepositoryPage, repositoryPage } from './repository-page.ts';

/** Whether the caller can have a role on something there: as a member, as a collaborator, or inside of one enterprise. @rule C5 */
async function isInReach(deps: Deps, caller: Caller, { id, membership }: OrganizationFacts): Promise<boolean> {
  const person_id = personIdOf(caller.principal);
  if (membership !== null || person_id === null) return membership !== null;
  return (await listOwnersInReach(deps.db, person_id)).some((owner) => owner.id === id);
}

/** A page of the organization's repositories. @rule F8, O2 */
export async function listOrganizationRepositories(
  deps: Deps,
  caller: Caller,
  input: {
    readonly organization: OrganizationFacts;
    readonly filter: Omit<RepositoryFilter, 'affiliations'> & { readonly only_forks: boolean };
    readonly now: Date;
  },
): Promise<RepositoryPage> {
  const { organization, now } = input;
  const { only_forks, ...asked } = input.filter;
  if (only_forks) return { rows: [], has_more: false, sso_missing: [] };
  const filter = { ...asked, affiliations: [] };
  const page = await repositoryPage(deps, caller, { owners: [organization], filter, now });
  // Who has nothing there that could be kept back is not told how the organization signs its people in.
  const is_told = page.sso_missing.length === 0 || (await isInReach(deps, caller, organization));
  return is_told ? page : { ...page, sso_missing: [] };
}
