// DELETE /admin/clients/{client_id}.

import { writeAudit } from '../../db/audit.ts';
import { deleteClient, lockClient } from '../../db/clients.ts';
import { inPatientTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';

/** The client is unknown from now on, by every secret that it had. */
export async function removeClient(deps: Deps, caller: Caller, client_id: string): Promise<void> {
  await inPatientTransaction(deps.db, async (transaction) => {
    const client = await lockClient(transaction, client_id);
    if (client === undefined) throw new Refusal('not_found');
    await deleteClient(transaction, client.id);
    const data = { client_id, name: client.name };
    await writeAudit(transaction, caller, { action: 'client.delete', operation_type: 'remove', data });
  });
}
