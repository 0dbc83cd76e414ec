// The repository that a team is given or loses. The operation is about the organization; which repositories the credential
// may administer is judged here, so that a token of few repositories does not open the others to a team.

import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { decide } from '../../domain/decide.ts';
import type { OrganizationFacts, RepositoryFacts, Resource } from '../../domain/facts.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { loadResources } from '../checks/load-resources.ts';
import { principalSubject } from '../checks/principal-subject.ts';
import { requireAllowed } from '../checks/refusal-of.ts';

export type TeamRepositoryPlace = {
  readonly organization: OrganizationFacts;
  readonly slug: string;
  readonly owner: string;
  readonly name: string;
  readonly now: Date;
};

const READ = { ask: { type: 'operation', operation: ownOperation('GET /repos/{owner}/{repo}') } } as const;
const ADMINISTER = { ask: { type: 'permission', permission: 'administration', level: 'write' } } as const;

/** Whether the caller sees the repository. */
export function seesRepository(caller: Caller, resource: Resource, now: Date): resource is RepositoryFacts {
  const subject = principalSubject(caller.principal);
  return resource.type === 'repository' && decide({ subject, resource }, READ, now).effect === 'allow';
}

/** 403 where the caller may not administer the repository. @rule K3 */
export function requireAdministered(deps: Deps, caller: Caller, repository: RepositoryFacts, now: Date): void {
  const subject = principalSubject(caller.principal);
  requireAllowed(deps, decide({ subject, resource: repository }, ADMINISTER, now));
}

/** The repository; 404 where the caller does not see it, 422 where it is another owner's, 403 where he may not. @rule K3 */
export async function findTeamRepository(
  deps: Deps,
  caller: Caller,
  place: TeamRepositoryPlace,
): Promise<RepositoryFacts> {
  const { organization, owner, name, now } = place;
  const [resource] = await loadResources(deps, caller.principal, [{ type: 'repository', owner, name }]);
  if (resource === undefined || !seesRepository(caller, resource, now)) throw new Refusal('not_found');
  if (resource.owner.id !== organization.id) {
    throw invalid('TeamRepository', 'repo', 'unprocessable', 'does not belong to the organization');
  }
  requireAdministered(deps, caller, resource, now);
  return resource;
}
