// GET /repos/{owner}/{repo}, and what the answers to its edits show.

import { findRepository, type RepositoryRow } from '../../db/repositories.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { RepositoryFacts } from '../../domain/facts.ts';
import { readsAsHolder } from '../../domain/listing.ts';
import { Refusal } from '../../domain/refusal.ts';
import { principalSubject } from '../checks/principal-subject.ts';
import type { ShownRepository } from './repository-page.ts';

export type JudgedRepository = { readonly repository: RepositoryFacts; readonly now: Date };

/** The row with the holder's role, where the caller reads in his right; a stranger's view else. @rule F2 */
export function shownTo(caller: Caller, row: RepositoryRow, { repository, now }: JudgedRepository): ShownRepository {
  const as_holder = readsAsHolder(principalSubject(caller.principal), repository, now);
  return as_holder ? { ...row, role: repository.role } : row;
}

/** The repository that was judged; 404 where it went meanwhile. */
export async function showRepository(deps: Deps, caller: Caller, judged: JudgedRepository): Promise<ShownRepository> {
  const row = await findRepository(deps.db, judged.repository.id);
  if (row === undefined) throw new Refusal('not_found');
  return shownTo(caller, row, judged);
}
