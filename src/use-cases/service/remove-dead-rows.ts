// A job: what means nothing any more goes away.

import { deleteDeadRows, MORTAL_TABLES } from '../../db/dead-rows.ts';
import type { Deps } from '../../deps.ts';
import { BATCH_SIZE, runInBatches } from './run-in-batches.ts';

/** Takes away sessions, older and exchanged texts, rights and notifications that are over. */
export async function removeDeadRows(deps: Deps, stopping: AbortSignal): Promise<void> {
  const now = deps.clock();
  for (const table of MORTAL_TABLES) {
    await runInBatches(deps, { name: `remove dead rows of ${table}`, stopping }, (transaction) =>
      deleteDeadRows(transaction, table, { now, limit: BATCH_SIZE }),
    );
  }
}
