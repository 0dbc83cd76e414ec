// DELETE /repos/{owner}/{repo}/collaborators/{username}. What the person has by other ways stays (C5).

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { deleteCollaborator } from '../../db/collaborators.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy, ownerConcerned } from '../../domain/concerned.ts';
import type { RepositoryFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';

/** Ends the collaboration; 404 where there is none. @rule M10 */
export async function removeCollaborator(
  deps: Deps,
  caller: Caller,
  input: { readonly repository: RepositoryFacts; readonly login: string },
): Promise<void> {
  const { repository, login } = input;
  await inTransaction(deps.db, async (transaction) => {
    const person = await holdPerson(transaction, login);
    if (person === undefined) throw new Refusal('not_found');
    const pair = { repository_id: repository.id, user_id: person.id };
    if (!(await deleteCollaborator(transaction, pair))) throw new Refusal('not_found');
    await writeAudit(transaction, caller, {
      action: 'repo.remove_member',
      operation_type: 'remove',
      ...concernedBy(repository),
      user: { id: person.id, name: person.login },
      others: ownerConcerned(repository),
    });
  });
}
