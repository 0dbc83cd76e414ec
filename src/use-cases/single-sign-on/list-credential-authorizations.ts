// GET /orgs/{org}/credential-authorizations: the tokens of both kinds that single sign-on lets in.

import { type AuthorizationRow, listAuthorizations } from '../../db/token-authorizations.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** A page of them, oldest first. `login`: of one holder only. @rule O2 */
export async function listCredentialAuthorizations(
  deps: Deps,
  input: {
    readonly organization: { readonly id: number };
    readonly login: string | null;
    readonly now: Date;
    readonly page: { readonly limit: number; readonly offset: number };
  },
): Promise<RowPage<AuthorizationRow>> {
  const { organization, login, now, page } = input;
  const found = await listAuthorizations(deps.db, { organization_id: organization.id, login, now, ...page });
  return rowPage(found, page.limit);
}
