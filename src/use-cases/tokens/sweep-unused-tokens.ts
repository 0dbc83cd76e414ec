// A job: tokens that nobody has used for a year end (M9).

import { endTokens, findUnusedTokens } from '../../db/ended-tokens.ts';
import { lockFreeHolders } from '../../db/holders.ts';
import type { Deps } from '../../deps.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { unusedSince } from '../../domain/token-end.ts';
import { BATCH_SIZE, runInBatches } from '../service/run-in-batches.ts';
import { recordRevocations } from './record-ends.ts';

/** Revokes them, with the deploy keys that they made. Uses that this process knows of are written first. @rule M9, L1 */
export async function sweepUnusedTokens(deps: Deps, stopping: AbortSignal): Promise<void> {
  await deps.last_use.flush();
  const now = deps.clock();
  const unused_since = unusedSince(now);
  await runInBatches(deps, { name: 'sweep unused tokens', stopping }, async (transaction) => {
    const unused = await findUnusedTokens(transaction, unused_since, { now, limit: BATCH_SIZE });
    const free = new Set(
      await lockFreeHolders(
        transaction,
        unused.map((each) => each.user_id),
      ),
    );
    const token_ids = unused.filter((each) => free.has(each.user_id)).map((each) => each.id);
    const ended = await endTokens(transaction, { token_ids, unused_since }, { at: now, reason: 'unused' });
    await recordRevocations(transaction, SYSTEM_CALLER, { ended, reason: 'unused', at: now });
    return ended.length;
  });
}
