// DELETE /user/sso-sessions/{org}: ends the proof of the session that calls. What it authorised stays authorised.

import { deleteSsoSession } from '../../db/sso-sessions.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';

/** Refuses: 404 where there is none that lives. @rule O3 */
export async function closeSsoSession(
  deps: Deps,
  caller: Caller,
  input: { readonly org: string; readonly now: Date },
): Promise<void> {
  if (caller.principal.type !== 'session') throw new Refusal('session_required');
  const { session_id } = caller.principal;
  if (!(await deleteSsoSession(deps.db, { session_id, ...input }))) throw new Refusal('not_found');
}
