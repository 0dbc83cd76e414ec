// The repositories that a request asks for by name, or a grant gives. Reviewers see them all, whether or not they have a role
// there: a review means what the reviewer saw (M7).

import {
  type AccessRepositoriesQuery,
  listGrantedRepositories as listGranted,
  listRequestedRepositories as listRequested,
} from '../../db/accessing-tokens.ts';
import type { RepositoryRow } from '../../db/repositories.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

export type ReviewedRepository = RepositoryRow;

function pageOf(rows: RepositoryRow[] | undefined, limit: number): RowPage<ReviewedRepository> {
  if (rows === undefined) throw new Refusal('not_found');
  return rowPage(rows, limit);
}

/** Of one of the organization's requests. Refuses: 404. @rule A1 */
export async function listRequestedRepositories(deps: Deps, query: AccessRepositoriesQuery) {
  return pageOf(await listRequested(deps.db, query), query.limit);
}

/** Of one of the organization's grants. Refuses: 404. @rule A3 */
export async function listGrantedRepositories(deps: Deps, query: AccessRepositoriesQuery) {
  return pageOf(await listGranted(deps.db, query), query.limit);
}
