// Messages to hooks and their deliveries are kept for a while, in which they can be delivered again (promises P21).

import { deleteMessagesOlderThan } from '../../db/hook-messages.ts';
import type { Deps } from '../../deps.ts';
import { DELIVERIES_KEPT_DAYS } from '../../domain/hook.ts';

/** At once: what is more waits for the next turn. */
const ROWS_MAX = 1000;

/** Removes what is older than that. */
export async function sweepHookMessages(deps: Deps): Promise<void> {
  await deleteMessagesOlderThan(deps.db, DELIVERIES_KEPT_DAYS, ROWS_MAX);
}
