// Teams as the wire has them. All are of GitHub's kind `closed`, none is below another.

import type { Deps } from '../../deps.ts';
import type { TeamMembership } from '../../use-cases/directory/add-team-member.ts';
import type { Team } from '../../use-cases/directory/list-teams.ts';
import type { TeamProfile } from '../../use-cases/directory/show-team.ts';
import { presentOrganization } from './organization.ts';
import { printTime } from './time.ts';

type Named = { readonly id: number; readonly login: string };
type WithUrl = Pick<Deps, 'config'>;

function urlOf({ config }: WithUrl, organization: { readonly login: string }, slug: string): string {
  return `${config.public_url}/orgs/${organization.login}/teams/${slug}`;
}

export function presentTeam(deps: WithUrl, organization: Named, { id, name, slug }: Team) {
  const url = urlOf(deps, organization, slug);
  return {
    ...{ id, name, slug, url, html_url: url },
    ...{ description: null, privacy: 'closed' as const, permission: 'pull' as const, parent: null },
  };
}

export function presentTeamProfile(deps: WithUrl, organization: Named, team: TeamProfile) {
  const { members_count, repos_count, created_at } = team;
  return {
    ...presentTeam(deps, organization, team),
    ...{ members_count, repos_count, created_at: printTime(created_at) },
    organization: presentOrganization(deps, organization),
  };
}

export function presentTeamMembership(deps: WithUrl, organization: Named, { team, user, role }: TeamMembership) {
  const url = `${urlOf(deps, organization, team.slug)}/memberships/${user.login}`;
  return { url, role, state: 'active' as const };
}
