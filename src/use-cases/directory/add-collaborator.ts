// PUT /repos/{owner}/{repo}/collaborators/{username}: at once, without an invitation.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { findCollaboratorRole, putCollaborator } from '../../db/collaborators.ts';
import { lockRepository } from '../../db/repositories.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy, ownerConcerned } from '../../domain/concerned.ts';
import type { RepositoryFacts } from '../../domain/facts.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import type { Role } from '../../domain/vocabulary.ts';

/** Gives the person this role on the repository, in place of the one that he may have there. 422 for its owner. */
export async function addCollaborator(
  deps: Deps,
  caller: Caller,
  input: { readonly repository: RepositoryFacts; readonly login: string; readonly role: Role },
): Promise<void> {
  const { repository, login, role } = input;
  await inTransaction(deps.db, async (transaction) => {
    const person = await holdPerson(transaction, login);
    const found = await lockRepository(transaction, { id: repository.id, owner_id: repository.owner.id });
    if (person === undefined || found === undefined) throw new Refusal('not_found');
    if (person.id === repository.owner.id) {
      throw invalid('Collaborator', 'username', 'unprocessable', 'owns the repository');
    }
    const pair = { repository_id: repository.id, user_id: person.id };
    const before = await findCollaboratorRole(transaction, pair);
    if (before === role) return;
    await putCollaborator(transaction, pair, role);
    await writeAudit(transaction, caller, {
      action: before === undefined ? 'repo.add_member' : 'repo.update_member',
      operation_type: before === undefined ? 'create' : 'modify',
      ...concernedBy(repository),
      user: { id: person.id, name: person.login },
      others: ownerConcerned(repository),
      data: { role, ...(before !== undefined && { old_role: before }) },
    });
  });
}
