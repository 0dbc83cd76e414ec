// GET /admin/clients: everything of its kind, for a site administrator.

import { type ClientRow, listClients } from '../../db/clients.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** A page of all clients, oldest first. */
export async function listAllClients(
  deps: Deps,
  page: { readonly limit: number; readonly offset: number },
): Promise<RowPage<ClientRow>> {
  return rowPage(await listClients(deps.db, page), page.limit);
}
