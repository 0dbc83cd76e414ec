// GET /repos/{owner}/{repo}/keys.

import { type DeployKeyRow, listDeployKeys as list } from '../../db/deploy-keys.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from './row-page.ts';

/** A page of the repository's deploy keys, oldest first. */
export async function listDeployKeys(
  deps: Deps,
  input: { readonly repository_id: number; readonly limit: number; readonly offset: number },
): Promise<RowPage<DeployKeyRow>> {
  return rowPage(await list(deps.db, input), input.limit);
}
