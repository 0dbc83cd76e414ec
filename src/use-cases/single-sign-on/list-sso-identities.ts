// GET /orgs/{org}/sso/identities: who is linked to which identity.

import { type LinkedIdentityRow, listIdentities } from '../../db/sso-identities.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** A page of the organization's links, by login. @rule O3 */
export async function listSsoIdentities(
  deps: Deps,
  organization: { readonly id: number },
  page: { readonly limit: number; readonly offset: number },
): Promise<RowPage<LinkedIdentityRow>> {
  return rowPage(await listIdentities(deps.db, { organization_id: organization.id, ...page }), page.limit);
}
