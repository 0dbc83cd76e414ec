// Messages to hooks and their deliveries are kept for a while, in which they can be delivered again (promises P21).

import { deleteMessagesBefore } from '../../db/hook-messages.ts';
import type { Deps } from '../../deps.ts';
import { DELIVERIES_KEPT_DAYS } from '../../domain/hook.ts';
import { daysAfter } from '../../domain/lifetime.ts';

/** At once: what is more waits for the next turn. */
const ROWS_MAX = 1000;

/** Removes what is older than that. */
export async function sweepHookMessages(deps: Deps): Promise<void> {
  await deleteMessagesBefore(deps.db, daysAfter(deps.clock(), -DELIVERIES_KEPT_DAYS), ROWS_MAX);
}
