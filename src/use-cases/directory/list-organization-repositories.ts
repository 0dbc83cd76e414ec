// GET /orgs/{org}/repos: what the caller may read of an organization's repositories, a stranger the public ones.

import type { RepositoryFilter } from '../../db/repository-list.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { type RepositoryPage, repositoryPage } from './repository-page.ts';

/** A page of the organization's repositories. @rule F8 */
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
  // Who is no member is not told how the organization signs its people in.
  return organization.membership === null ? { ...page, sso_missing: [] } : page;
}
