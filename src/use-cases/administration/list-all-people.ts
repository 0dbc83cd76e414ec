// GET /admin/users: everything of its kind, for a site administrator.

import { listPeople, type PersonRow } from '../../db/people.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** A page of all people, oldest first. */
export async function listAllPeople(
  deps: Deps,
  page: { readonly limit: number; readonly offset: number },
): Promise<RowPage<PersonRow>> {
  return rowPage(await listPeople(deps.db, page), page.limit);
}
