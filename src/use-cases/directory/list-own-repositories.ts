// GET /user/repos: the repositories on which the holder has a role, as far as the credential reads them.

import { listOwnersInReach } from '../../db/owners.ts';
import type { RepositoryFilter } from '../../db/repository-list.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OwnerFacts, PersonFacts } from '../../domain/facts.ts';
import { loadResources } from '../checks/load-resources.ts';
import { type RepositoryPage, repositoryPage } from './repository-page.ts';

async function ownersInReach(deps: Deps, caller: Caller, person: PersonFacts): Promise<readonly OwnerFacts[]> {
  const accounts = await listOwnersInReach(deps.db, person.id);
  const people = accounts.filter((each) => each.type === 'User');
  const organizations = accounts.filter((each) => each.type === 'Organization');
  const keys = organizations.map(({ login }) => ({ type: 'organization', login }) as const);
  const loaded = await loadResources(deps, caller.principal, keys);
  return [
    ...people.map(({ id, login }): OwnerFacts => ({ type: 'User', id, login })),
    ...loaded.flatMap((each) => (each.type === 'organization' ? [each.organization] : [])),
  ];
}

/** A page of the holder's repositories. What a policy closes is left out silently. @rule F8 */
export async function listOwnRepositories(
  deps: Deps,
  caller: Caller,
  input: {
    readonly person: PersonFacts;
    readonly filter: Omit<RepositoryFilter, 'only_with_role'>;
    readonly now: Date;
  },
): Promise<RepositoryPage> {
  const owners = await ownersInReach(deps, caller, input.person);
  return repositoryPage(deps, caller, { owners, filter: { ...input.filter, only_with_role: true }, now: input.now });
}
