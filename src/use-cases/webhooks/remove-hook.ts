// DELETE /orgs/{org}/hooks/{hook_id}: with its deliveries, and what waits to be delivered.

import { writeAudit } from '../../db/audit.ts';
import { deleteHook } from '../../db/hooks.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';

/** Removes a hook of this organization; 404 where it has none with this id. */
export async function removeHook(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: { readonly id: number; readonly login: string }; readonly id: number },
): Promise<void> {
  const { organization, id } = input;
  await inTransaction(deps.db, async (transaction) => {
    const removed = await deleteHook(transaction, { organization_id: organization.id, id });
    if (removed === undefined) throw new Refusal('not_found');
    await writeAudit(transaction, caller, {
      action: 'hook.destroy',
      operation_type: 'remove',
      org: { id: organization.id, name: organization.login },
      data: { hook_id: id, events: removed.events },
    });
  });
}
