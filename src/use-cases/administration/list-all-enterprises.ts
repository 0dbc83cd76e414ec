// GET /admin/enterprises: everything of its kind, for a site administrator.

import { type EnterpriseRow, listEnterprises } from '../../db/enterprises.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** A page of all enterprises, oldest first. */
export async function listAllEnterprises(
  deps: Deps,
  page: { readonly limit: number; readonly offset: number },
): Promise<RowPage<EnterpriseRow>> {
  return rowPage(await listEnterprises(deps.db, page), page.limit);
}
