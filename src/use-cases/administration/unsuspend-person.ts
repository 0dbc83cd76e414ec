// DELETE /users/{username}/suspended: a person may act again.

import { writeAudit } from '../../db/audit.ts';
import { lockPersonByLogin, updatePerson } from '../../db/people.ts';
import { deleteSessionsOf } from '../../db/sessions.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';

/** Lifts a suspension: his tokens work again, his sessions do not. Not suspended: nothing happens. @rule M10 */
export async function unsuspendPerson(
  deps: Deps,
  caller: Caller,
  { username, reason }: { readonly username: string; readonly reason: string | undefined },
): Promise<void> {
  await inTransaction(deps.db, async (transaction) => {
    const person = await lockPersonByLogin(transaction, username);
    if (person === undefined) throw new Refusal('not_found');
    if (person.suspended_at === null) return;
    await updatePerson(transaction, person.id, { suspended_at: null });
    // None is left, unless something made one while he was suspended; it must not come to life now.
    await deleteSessionsOf(transaction, person.id, null);
    const user = { id: person.id, name: person.login };
    const data = reason === undefined ? {} : { explanation: reason };
    await writeAudit(transaction, caller, { action: 'user.unsuspend', operation_type: 'modify', user, data });
  });
}
