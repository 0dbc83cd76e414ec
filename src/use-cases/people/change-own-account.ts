// PATCH /user: a person changes his own e-mail, name or password. Sessions only.

import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import { findPerson, findStoredPassword, lockPerson, type PersonRow, updatePerson } from '../../db/people.ts';
import type { Database } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { changedMembers } from '../../domain/administration.ts';
import type { Caller } from '../../domain/caller.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { verifyPassword } from '../../secrets.ts';
import { refuseTakenPerson } from '../administration/refuse-taken-person.ts';
import { holderIdOf } from './holding-session.ts';
import { hashNewPassword } from './new-password.ts';
import { countingFailures } from './password-failures.ts';
import { setStoredPassword } from './set-stored-password.ts';

export type OwnAccountWish = {
  readonly email?: string | undefined;
  readonly profile_name?: string | null | undefined;
  readonly password?: string | undefined;
  readonly current_password?: string | undefined;
};

const wrongPassword = () => invalid('User', 'current_password', 'invalid', 'is not the current password');

/** The stored form of the current password, once it has been given; who holds only the session cannot guess it for long. */
function provePassword(deps: Deps, user_id: number, current_password: string | undefined): Promise<string> {
  if (current_password === undefined) {
    throw invalid('User', 'current_password', 'missing_field', 'is required to change the password');
  }
  return countingFailures(deps, `current password of ${user_id}`, async () => {
    const stored = await findStoredPassword(deps.db, user_id);
    const matches = await verifyPassword(current_password, stored);
    if (!matches || stored === null) throw wrongPassword();
    return stored;
  });
}

type Proven = { readonly proven_hash: string; readonly new_hash: string | null };

async function proven(deps: Deps, user_id: number, wish: OwnAccountWish): Promise<Proven | null> {
  if (wish.password === undefined && wish.current_password === undefined) return null;
  const proven_hash = await provePassword(deps, user_id, wish.current_password);
  return { proven_hash, new_hash: wish.password === undefined ? null : await hashNewPassword(wish.password) };
}

async function change(
  transaction: Kysely<Database>,
  caller: Caller,
  user_id: number,
  input: { readonly wish: OwnAccountWish; readonly password: Proven | null },
): Promise<PersonRow | undefined> {
  const person = await lockPerson(transaction, user_id);
  if (person === undefined || person.suspended_at !== null) throw new Refusal('bad_credential');
  const { wish, password } = input;
  if (password !== null && person.password_hash !== password.proven_hash) throw wrongPassword();
  const changes = changedMembers(person, { email: wish.email, profile_name: wish.profile_name });
  const changed = Object.keys(changes);
  await updatePerson(transaction, user_id, changes);
  if (password !== null && password.new_hash !== null) {
    await setStoredPassword(transaction, caller, { user_id, password_hash: password.new_hash });
    changed.push('password');
  }
  if (changed.length === 0) return person;
  const user = { id: person.id, name: person.login };
  await writeAudit(transaction, caller, {
    action: 'user.update',
    operation_type: 'modify',
    user,
    data: { changed },
  });
  return findPerson(transaction, user_id);
}

/** Changes what is said; a new password needs the current one and ends the other sessions. Nothing changed: no entry. */
export async function changeOwnAccount(deps: Deps, caller: Caller, wish: OwnAccountWish): Promise<PersonRow> {
  const user_id = holderIdOf(caller);
  const password = await proven(deps, user_id, wish);
  const person = await refuseTakenPerson(() =>
    inTransaction(deps.db, (transaction) => change(transaction, caller, user_id, { wish, password })),
  );
  if (person === undefined) throw new Refusal('bad_credential');
  return person;
}
