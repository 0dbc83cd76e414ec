// POST /orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}/attempts: once more, with the same id.

import { findDelivery } from '../../db/hook-deliveries.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import { deliverSoon } from './tell-hooks.ts';

/** Has the message of this attempt delivered again, one attempt; 404 where the hook has no such one. */
export async function redeliver(
  deps: Deps,
  key: { readonly organization_id: number; readonly hook_id: number; readonly id: number },
): Promise<void> {
  await inTransaction(deps.db, async (transaction) => {
    const found = await findDelivery(transaction, key);
    if (found === undefined) throw new Refusal('not_found');
    await deliverSoon(transaction, [{ id: found.message_id, hook_id: key.hook_id }], { redelivery: true });
  });
}
