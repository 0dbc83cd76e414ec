// POST /sessions/setup: a person whom an administrator made without a password chooses one, once, and is signed in.

import { writeAudit } from '../../db/audit.ts';
import { deletePasswordSetup, findPasswordSetup } from '../../db/password-setups.ts';
import { lockPerson } from '../../db/people.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { digestOf } from '../../secrets.ts';
import { kindOfText } from '../../text-form.ts';
import { hashNewPassword } from './new-password.ts';
import { type OpenedSession, startSession } from './open-session.ts';
import { setStoredPassword } from './set-stored-password.ts';

/** Opens a session by the new password. A text that is unknown, over, used or of a suspended person: 401. @rule T5 */
export async function setUpPassword(
  deps: Deps,
  caller: Caller,
  input: { readonly token: string; readonly password: string },
): Promise<OpenedSession> {
  if (kindOfText(input.token, deps.config.token_prefix) !== 'setup') throw new Refusal('bad_credential');
  const digest = digestOf(input.token);
  if ((await findPasswordSetup(deps.db, digest, deps.clock())) === undefined) throw new Refusal('bad_credential');
  const password_hash = await hashNewPassword(input.password);
  return inTransaction(deps.db, async (transaction) => {
    const found = await findPasswordSetup(transaction, digest, deps.clock());
    // The person first, as whoever sets a password locks. Of two at once the second waits here for the first, and finds nothing left.
    const person = found && (await lockPerson(transaction, found.id));
    const may_act = person !== undefined && person.suspended_at === null;
    if (!may_act || !(await deletePasswordSetup(transaction, digest))) throw new Refusal('bad_credential');
    const { id, login } = person;
    await setStoredPassword(transaction, caller, { user_id: id, password_hash });
    const data = { changed: ['password'] };
    const user = { id, name: login };
    await writeAudit(transaction, caller, { action: 'user.update', operation_type: 'modify', user, data });
    return startSession({ ...deps, db: transaction }, { id, login });
  });
}
