// DELETE /repos/{owner}/{repo}: with everything that hangs on it. A new one of the same name inherits nothing (F4).

import { writeAudit } from '../../db/audit.ts';
import { deleteRepository as deleteRow, lockRepository } from '../../db/repositories.ts';
import { inPatientTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import type { RepositoryFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';

export async function deleteRepository(deps: Deps, caller: Caller, repository: RepositoryFacts): Promise<void> {
  await inPatientTransaction(deps.db, async (transaction) => {
    const found = await lockRepository(transaction, { id: repository.id, owner_id: repository.owner.id });
    if (found === undefined) throw new Refusal('not_found');
    await deleteRow(transaction, repository.id);
    await writeAudit(transaction, caller, {
      action: 'repo.destroy',
      operation_type: 'remove',
      ...concernedBy(repository),
      data: { visibility: found.visibility },
    });
  });
}
