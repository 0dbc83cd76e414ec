// GET /user/sso-sessions: where the session that calls has signed on.

import { listSsoSessions as list, type SsoSessionRow } from '../../db/sso-sessions.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** A page of the live ones, by organization. @rule O3 */
export async function listSsoSessions(
  deps: Deps,
  caller: Caller,
  input: { readonly now: Date; readonly page: { readonly limit: number; readonly offset: number } },
): Promise<RowPage<SsoSessionRow>> {
  if (caller.principal.type !== 'session') throw new Refusal('session_required');
  const { session_id } = caller.principal;
  const { now, page } = input;
  return rowPage(await list(deps.db, { session_id, now, ...page }), page.limit);
}
