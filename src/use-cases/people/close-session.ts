// Signing out.

import { deleteSession } from '../../db/sessions.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';

/** Ends the session by which the caller calls. */
export async function closeSession(deps: Deps, caller: Caller): Promise<void> {
  if (caller.principal.type === 'session') await deleteSession(deps.db, caller.principal.session_id);
}
