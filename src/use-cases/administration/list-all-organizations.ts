// GET /admin/organizations: everything of its kind, for a site administrator.

import { listOrganizations, type OrganizationRow } from '../../db/organizations.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** A page of all organizations, oldest first. */
export async function listAllOrganizations(
  deps: Deps,
  page: { readonly limit: number; readonly offset: number },
): Promise<RowPage<OrganizationRow>> {
  return rowPage(await listOrganizations(deps.db, page), page.limit);
}
