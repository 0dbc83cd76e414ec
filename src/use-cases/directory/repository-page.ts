// One page of repositories for one caller: what decide() lets him read of each owner, the rows of it, and of each row what he
// is told of his own role.

import type { RepositoryRow } from '../../db/repositories.ts';
import { listRepositories, type RepositoryFilter } from '../../db/repository-list.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OwnerFacts, Resource } from '../../domain/facts.ts';
import { readableClasses, readsAsHolder } from '../../domain/listing.ts';
import type { Role } from '../../domain/vocabulary.ts';
import { loadResources } from '../checks/load-resources.ts';
import { personIdOf, principalSubject } from '../checks/principal-subject.ts';

/** A repository as an answer shows it. `role`: the holder's, undefined where the answer is a stranger's (F2). */
export type ShownRepository = RepositoryRow & { readonly role?: Role | null };

export type RepositoryPage = {
  readonly rows: ShownRepository[];
  readonly has_more: boolean;
  /** Organizations of which single sign-on keeps something back (O2). */
  readonly sso_missing: readonly number[];
};

/** The role to show with the row, if the facts still are about it. */
function withRole(caller: Caller, row: RepositoryRow, resource: Resource | undefined, now: Date): ShownRepository {
  if (resource?.type !== 'repository' || resource.id !== row.id) return row;
  return readsAsHolder(principalSubject(caller.principal), resource, now) ? { ...row, role: resource.role } : row;
}

async function withRoles(deps: Deps, caller: Caller, rows: RepositoryRow[], now: Date): Promise<ShownRepository[]> {
  if (personIdOf(caller.principal) === null) return rows;
  const keys = rows.map((row) => ({ type: 'repository', owner: row.owner_login, name: row.name }) as const);
  const resources = await loadResources(deps, caller.principal, keys);
  return rows.map((row, index) => withRole(caller, row, resources[index], now));
}

/** The page of these owners' repositories that the caller may read. @rule F8 */
export async function repositoryPage(
  deps: Deps,
  caller: Caller,
  input: { readonly owners: readonly OwnerFacts[]; readonly filter: RepositoryFilter; readonly now: Date },
): Promise<RepositoryPage> {
  const { owners, filter, now } = input;
  const { principal } = caller;
  const subject = principalSubject(principal);
  const judged = owners.map((owner) => ({ owner, ...readableClasses(subject, owner, now) }));
  const token = principal.type === 'token' ? principal.token : null;
  const exchanged = token?.exchanged ?? null;
  const found = await listRepositories(deps.db, {
    ...filter,
    limit: filter.limit + 1,
    person_id: personIdOf(principal),
    grant_id: token?.kind === 'fine_grained' ? (token.grant?.id ?? null) : null,
    narrowed_by_id: exchanged?.narrows_repositories === true ? exchanged.id : null,
    readable: judged.map(({ owner, classes }) => ({ owner_id: owner.id, classes })),
  });
  return {
    rows: await withRoles(deps, caller, found.slice(0, filter.limit), now),
    has_more: found.length > filter.limit,
    sso_missing: judged.filter((each) => each.sso_missing).map(({ owner }) => owner.id),
  };
}
