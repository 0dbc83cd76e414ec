// GET /user: whose credential this is.

import { findPerson, type PersonRow } from '../../db/people.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { readsOwnEmail } from '../../domain/own-email.ts';
import { Refusal } from '../../domain/refusal.ts';
import { principalSubject } from '../checks/principal-subject.ts';

export type OwnAccount = { readonly person: PersonRow; readonly shows_email: boolean };

/** The person who calls, and whether his credential is shown his e-mail. `now`: that of the facts. */
export async function showOwnAccount(deps: Deps, caller: Caller, now: Date): Promise<OwnAccount> {
  const subject = principalSubject(caller.principal);
  if (subject.type === 'anonymous') throw new Refusal('authentication_required');
  const person = await findPerson(deps.db, subject.person.id);
  if (person === undefined) throw new Refusal('bad_credential');
  return { person, shows_email: readsOwnEmail(subject, now) };
}
