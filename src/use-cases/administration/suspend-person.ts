// PUT /users/{username}/suspended: a person may act no longer, by whatever credential (M10).

import { writeAudit } from '../../db/audit.ts';
import { updatePerson } from '../../db/people.ts';
import { deleteSessionsOf } from '../../db/sessions.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { lockAmongAdministrators } from './lock-among-administrators.ts';

/** Suspends him: his sessions end for good, his tokens are 401 until it is lifted. Already suspended: nothing happens. @rule M10 */
export async function suspendPerson(
  deps: Deps,
  caller: Caller,
  { username, reason }: { readonly username: string; readonly reason: string | undefined },
): Promise<void> {
  await inTransaction(deps.db, async (transaction) => {
    const person = await lockAmongAdministrators(transaction, username, 'username');
    if (person.suspended_at !== null) return;
    await updatePerson(transaction, person.id, { suspended_at: deps.clock() });
    await deleteSessionsOf(transaction, person.id, null);
    const user = { id: person.id, name: person.login };
    const data = reason === undefined ? {} : { explanation: reason };
    await writeAudit(transaction, caller, { action: 'user.suspend', operation_type: 'modify', user, data });
  });
}
