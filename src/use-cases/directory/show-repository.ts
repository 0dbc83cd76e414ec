// GET /repos/{owner}/{repo}, and what the answers to its edits show.

import type { RepositoryRow, RepositoryText } from '../../db/repositories.ts';
import type { Deps } from '../../deps.ts';
import type { Caller, Principal } from '../../domain/caller.ts';
import type { RepositoryFacts } from '../../domain/facts.ts';
import { readsAsHolder } from '../../domain/listing.ts';
import { Refusal } from '../../domain/refusal.ts';
import { principalSubject } from '../checks/principal-subject.ts';
import type { ShownRepository } from './repository-page.ts';

export type JudgedRepository = { readonly repository: RepositoryFacts; readonly now: Date };

/** The row with the holder's role, where the caller reads in his right; a stranger's view else. @rule F2 */
export function shownTo(
  principal: Principal,
  row: RepositoryRow,
  { repository, now }: JudgedRepository,
): ShownRepository {
  const as_holder = readsAsHolder(principalSubject(principal), repository, now);
  return as_holder ? { ...row, role: repository.role } : row;
}

/** What is shown of the repository that was judged, as far as no rule reads it. */
function shown(
  principal: Principal,
  { description, created_at }: RepositoryText,
  judged: JudgedRepository,
): ShownRepository {
  const { id, name, visibility, archived, owner } = judged.repository;
  const of_owner = { owner_id: owner.id, owner_login: owner.login, owner_type: owner.type };
  const row = { id, name, visibility: visibility ?? '', archived, description, created_at, ...of_owner };
  return shownTo(principal, row, judged);
}

/** The repository that was judged; 404 where it went meanwhile. */
export async function showRepository(deps: Deps, caller: Caller, judged: JudgedRepository): Promise<ShownRepository> {
  const text = await deps.shown_repositories.load(judged.repository.id);
  if (text === null) throw new Refusal('not_found');
  return shown(caller.principal, text, judged);
}

/** The same where it is known without asking; null: it has to be asked for. */
export function showRepositoryKnown(
  deps: Deps,
  principal: Principal,
  judged: JudgedRepository,
): ShownRepository | null {
  const text = deps.shown_repositories.known(judged.repository.id);
  return text === null ? null : shown(principal, text, judged);
}
