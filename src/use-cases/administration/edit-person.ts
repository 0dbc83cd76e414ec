// PATCH /admin/users/{username}: a site administrator corrects a person.

import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import { findPerson, lockPersonByLogin, type PersonRow, updatePerson } from '../../db/people.ts';
import type { Database } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { changedMembers, type PersonWish } from '../../domain/administration.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { hashNewPassword } from '../people/new-password.ts';
import { makePasswordSetup, setStoredPassword } from '../people/set-stored-password.ts';
import type { MadePerson } from './create-person.ts';
import { lockAmongAdministrators } from './lock-among-administrators.ts';
import { refuseTakenPerson } from './refuse-taken-person.ts';

/** `password` null: the person is without one until he chooses it by a new text. */
export type PersonEdit = PersonWish & { readonly password?: string | null | undefined };

/** The person, locked; with those who administer the service where he might cease to. */
async function lockEdited(transaction: Kysely<Database>, username: string, edit: PersonEdit): Promise<PersonRow> {
  if (edit.site_admin === false) return lockAmongAdministrators(transaction, username, 'site_admin');
  const person = await lockPersonByLogin(transaction, username);
  if (person === undefined) throw new Refusal('not_found');
  return person;
}

/** Changes what is said. A new password ends the person's sessions, but the caller's own; nothing changed: no entry. */
export async function editPerson(
  deps: Deps,
  caller: Caller,
  { username, edit }: { readonly username: string; readonly edit: PersonEdit },
): Promise<MadePerson> {
  const { password, ...wish } = edit;
  const password_hash = typeof password === 'string' ? await hashNewPassword(password) : null;
  return refuseTakenPerson(() =>
    inTransaction(deps.db, async (transaction) => {
      const person = await lockEdited(transaction, username, edit);
      const changes = changedMembers(person, wish);
      const changed = Object.keys(changes);
      await updatePerson(transaction, person.id, changes);
      let password_setup_token: string | null = null;
      if (password !== undefined) {
        await setStoredPassword(transaction, caller, { user_id: person.id, password_hash });
        if (password === null) password_setup_token = await makePasswordSetup(deps, transaction, person.id);
        changed.push('password');
      }
      if (changed.length === 0) return { person, password_setup_token };
      const user = { id: person.id, name: changes.login ?? person.login };
      const data = { changed, ...(changes.login !== undefined && { old_login: person.login }) };
      await writeAudit(transaction, caller, { action: 'user.update', operation_type: 'modify', user, data });
      return { person: (await findPerson(transaction, person.id)) ?? person, password_setup_token };
    }),
  );
}
