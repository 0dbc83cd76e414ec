// A job: what tokens exercised is kept for thirty days (U1).

import { deleteUsageBefore } from '../../db/token-usage.ts';
import type { Deps } from '../../deps.ts';
import { firstDayOfUsage } from '../../domain/usage.ts';
import { BATCH_SIZE, runInBatches } from './run-in-batches.ts';

/** Takes away the days that are over. */
export async function sweepUsage(deps: Deps, stopping: AbortSignal): Promise<void> {
  const day = firstDayOfUsage(deps.clock());
  await runInBatches(deps, { name: 'sweep usage', stopping }, (transaction) =>
    deleteUsageBefore(transaction, { day, limit: BATCH_SIZE }),
  );
}
