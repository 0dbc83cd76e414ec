// Organizations and memberships as the wire has them.

import type { Deps } from '../../deps.ts';
import type { Membership } from '../../use-cases/directory/show-membership.ts';
import type { ShownOrganization } from '../../use-cases/directory/show-organization.ts';
import { presentAccount } from './account.ts';
import { printTime } from './time.ts';

type Named = { readonly id: number; readonly login: string };
type WithUrl = Pick<Deps, 'config'>;

/** As lists and other things name it. */
export function presentOrganization({ config }: WithUrl, { id, login }: Named) {
  const url = `${config.public_url}/orgs/${login}`;
  return { login, id, url, repos_url: `${url}/repos`, members_url: `${url}/members{/member}`, description: null };
}

/** The organization itself. `name` is GitHub's word for `profile_name`. */
export function presentOrganizationProfile(deps: WithUrl, organization: ShownOrganization) {
  const { login, profile_name, default_repository_permission } = organization;
  return {
    ...presentOrganization(deps, organization),
    ...{ type: 'Organization' as const, name: profile_name, profile_name },
    html_url: `${deps.config.public_url}/${login}`,
    created_at: printTime(organization.created_at),
    ...(default_repository_permission !== undefined && { default_repository_permission }),
  };
}

export function presentMembership(deps: WithUrl, organization: Named, { user, role }: Membership) {
  const shown = presentOrganization(deps, organization);
  return {
    url: `${shown.url}/memberships/${user.login}`,
    state: 'active' as const,
    role,
    organization_url: shown.url,
    organization: shown,
    user: presentAccount(deps, { ...user, type: 'User' }),
  };
}
