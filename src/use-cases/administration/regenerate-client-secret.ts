// POST /admin/clients/{client_id}/secret: a new secret for the same client.

import { writeAudit } from '../../db/audit.ts';
import { insertClientSecret, lockClient, retireClientSecrets } from '../../db/clients.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { digestOf, newText } from '../../secrets.ts';

export type RegeneratedSecret = {
  readonly client_id: string;
  /** Shown once. */
  readonly client_secret: string;
  readonly previous_secret_expires_at: Date | null;
};

/** The secret before dies at once, or after the overlap; one that was in overlap already dies at once. */
export async function regenerateClientSecret(
  deps: Deps,
  caller: Caller,
  { client_id, overlap_seconds }: { readonly client_id: string; readonly overlap_seconds: number },
): Promise<RegeneratedSecret> {
  const client_secret = newText('client', deps.config.token_prefix);
  return inTransaction(deps.db, async (transaction) => {
    const client = await lockClient(transaction, client_id);
    if (client === undefined) throw new Refusal('not_found');
    const created_at = deps.clock();
    const until = overlap_seconds === 0 ? null : new Date(created_at.getTime() + overlap_seconds * 1000);
    await retireClientSecrets(transaction, client.id, until);
    await insertClientSecret(transaction, { client_id: client.id, digest: digestOf(client_secret), created_at });
    await writeAudit(transaction, caller, {
      action: 'client.secret_regenerated',
      operation_type: 'modify',
      data: { client_id, name: client.name, overlap_seconds },
    });
    return { client_id, client_secret, previous_secret_expires_at: until };
  });
}
