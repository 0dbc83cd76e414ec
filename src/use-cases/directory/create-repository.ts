// POST /user/repos and POST /orgs/{org}/repos. Who may was decided before (K2: also for what it is to be).

import { writeAudit } from '../../db/audit.ts';
import { isFull } from '../../db/count-caps.ts';
import { holdOwner } from '../../db/owners.ts';
import { findRepository, insertRepository } from '../../db/repositories.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { REPOSITORIES_MAX } from '../../domain/count-caps.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import type { VisibilityWish } from '../../domain/repository-wish.ts';
import { namingRepository } from './naming-repository.ts';
import { requireHome, requireVisibility } from './repository-form.ts';
import type { ShownRepository } from './repository-page.ts';

export type NewRepositoryWish = VisibilityWish & { readonly name: string; readonly description?: string | null };

/** Makes a repository, private unless it is said; 422 for a taken name. */
export async function createRepository(
  deps: Deps,
  caller: Caller,
  input: { readonly owner_id: number; readonly wish: NewRepositoryWish },
): Promise<ShownRepository> {
  const { name, description = null } = input.wish;
  const visibility = requireVisibility(input.wish) ?? 'private';
  const made = await namingRepository(deps, 'name', async (transaction) => {
    const owner = await holdOwner(transaction, input.owner_id);
    if (owner === undefined) throw new Refusal('not_found');
    requireHome(owner, visibility);
    if (await isFull(transaction, 'repositories', owner.id, REPOSITORIES_MAX)) {
      throw invalid('Repository', 'name', 'unprocessable', `an owner has at most ${REPOSITORIES_MAX} repositories`);
    }
    const created_at = deps.clock();
    const id = await insertRepository(transaction, { owner_id: owner.id, name, visibility, description, created_at });
    const concerned = { id: owner.id, name: owner.login };
    await writeAudit(transaction, caller, {
      action: 'repo.create',
      operation_type: 'create',
      repo: { id, name: `${owner.login}/${name}` },
      ...(owner.type === 'Organization' ? { org: concerned } : { user: concerned }),
      data: { visibility },
    });
    return findRepository(transaction, id);
  });
  return { ...made, role: 'admin' };
}
