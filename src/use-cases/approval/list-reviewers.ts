// GET /orgs/{org}/token-reviewers.

import { listReviewers as list } from '../../db/token-reviewers.ts';
import type { Deps } from '../../deps.ts';
import { rowPage } from '../directory/row-page.ts';

/** A page of the members who may review beside the owners, by id. */
export async function listReviewers(
  deps: Deps,
  input: { readonly organization_id: number; readonly limit: number; readonly offset: number },
) {
  return rowPage(await list(deps.db, input), input.limit);
}
