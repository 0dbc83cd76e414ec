// DELETE /repos/{owner}/{repo}/keys/{key_id}.

import { writeAudit } from '../../db/audit.ts';
import { deleteDeployKey } from '../../db/deploy-keys.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import type { RepositoryFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';

/** Removes a key of this repository; 404 where it has none with this id. */
export async function removeDeployKey(
  deps: Deps,
  caller: Caller,
  input: { readonly repository: RepositoryFacts; readonly id: number },
): Promise<void> {
  const { repository, id } = input;
  await inTransaction(deps.db, async (transaction) => {
    const removed = await deleteDeployKey(transaction, { repository_id: repository.id, id });
    if (removed === undefined) throw new Refusal('not_found');
    await writeAudit(transaction, caller, {
      action: 'public_key.delete',
      operation_type: 'remove',
      ...concernedBy(repository),
      data: { deploy_key_id: id, title: removed.title },
    });
  });
}
