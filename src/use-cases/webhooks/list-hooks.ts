// GET /orgs/{org}/hooks.

import { type HookRow, listHooks as listHookRows } from '../../db/hooks.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** A page of the organization's hooks, oldest first. */
export async function listHooks(
  deps: Deps,
  query: { readonly organization_id: number; readonly limit: number; readonly offset: number },
): Promise<RowPage<HookRow>> {
  return rowPage(await listHookRows(deps.db, query), query.limit);
}
