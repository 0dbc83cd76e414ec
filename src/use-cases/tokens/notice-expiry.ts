// A job: holders and resource owners hear 30, 7, 1 and 0 days before that a token expires, and that it has expired (L3).

import { findDueTokens, markNoticed } from '../../db/expiring-tokens.ts';
import { lockFreeHolders } from '../../db/holders.ts';
import type { Deps } from '../../deps.ts';
import { hasNotice } from '../../domain/notice.ts';
import { BATCH_SIZE, runInBatches } from '../service/run-in-batches.ts';
import { recordNotices } from './record-ends.ts';

/** Tells of each token once a period. Run again, it finds nothing to do. Deploy keys stay. @rule L3, M9 */
export async function noticeExpiry(deps: Deps, stopping: AbortSignal): Promise<void> {
  const now = deps.clock();
  await runInBatches(deps, { name: 'notice expiry', stopping }, async (transaction) => {
    const due = await findDueTokens(transaction, { now, limit: BATCH_SIZE });
    const free = new Set(
      await lockFreeHolders(
        transaction,
        due.map((each) => each.user_id),
      ),
    );
    const ids = due.filter((each) => free.has(each.user_id)).map((each) => each.id);
    const noticed = await markNoticed(transaction, ids, now);
    await recordNotices(
      transaction,
      noticed.filter((each) => hasNotice(each, each.days)),
      now,
    );
    return noticed.length;
  });
}
