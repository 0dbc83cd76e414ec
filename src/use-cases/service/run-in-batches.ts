// The work of a job: in transactions of a bounded number of rows, each by one node of the cluster.

import type { Kysely } from 'kysely';
import { takeJob } from '../../db/job-lock.ts';
import type { Database } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';

/** Rows of one transaction: few enough that nobody who waits for one of them waits long. */
export const BATCH_SIZE = 200;
/** What is left after so many batches waits for the next turn. */
const BATCHES_MAX = 1000;

/**
 * Repeats the batch while it finds enough to do; it answers how much it did. Where another node is at this job, nothing is
 * done here: it is done there.
 */
export async function runInBatches(
  deps: Deps,
  { name, stopping }: { readonly name: string; readonly stopping: AbortSignal },
  batch: (transaction: Kysely<Database>) => Promise<number>,
): Promise<void> {
  for (let count = 0; count < BATCHES_MAX && !stopping.aborted; count += 1) {
    const done = await inTransaction(deps.db, async (transaction) =>
      (await takeJob(transaction, name)) ? batch(transaction) : 0,
    );
    if (done < BATCH_SIZE) return;
  }
}
