// GET /repos/{owner}/{repo}/collaborators: everybody with a role (C5), as GitHub lists them.

import { type CollaboratorRow, listCollaborators as list } from '../../db/collaborators.ts';
import type { Deps } from '../../deps.ts';
import type { Role } from '../../domain/vocabulary.ts';
import { type RowPage, rowPage } from './row-page.ts';

/** A page of the people who have a role on the repository, by login. @rule C5 */
export async function listCollaborators(
  deps: Deps,
  input: {
    readonly repository_id: number;
    readonly affiliation: 'all' | 'direct' | 'outside';
    readonly role_min: Role;
    readonly limit: number;
    readonly offset: number;
  },
): Promise<RowPage<CollaboratorRow>> {
  return rowPage(await list(deps.db, input), input.limit);
}
