// POST /admin/users: a site administrator makes a person.

import { writeAudit } from '../../db/audit.ts';
import { findPerson, insertPerson, type PersonRow } from '../../db/people.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { hashNewPassword } from '../people/new-password.ts';
import { makePasswordSetup } from '../people/set-stored-password.ts';
import { refuseTakenPerson } from './refuse-taken-person.ts';

export type NewPersonWish = {
  readonly login: string;
  readonly email: string;
  readonly password?: string;
  readonly email_verified?: boolean;
  readonly site_admin?: boolean;
  readonly suspended?: boolean;
};

export type MadePerson = {
  readonly person: PersonRow;
  /** Shown once; null where the person has a password. */
  readonly password_setup_token: string | null;
};

/** Makes a person with a password, or with a right to choose one. */
export async function createPerson(deps: Deps, caller: Caller, wish: NewPersonWish): Promise<MadePerson> {
  const { login, email, email_verified = false, site_admin = false } = wish;
  const password_hash = wish.password === undefined ? null : await hashNewPassword(wish.password);
  return refuseTakenPerson(() =>
    inTransaction(deps.db, async (transaction) => {
      const created_at = deps.clock();
      const suspended_at = wish.suspended === true ? created_at : null;
      const row = { login, email, email_verified, password_hash, site_admin, created_at, suspended_at };
      const id = await insertPerson(transaction, row);
      const password_setup_token = password_hash === null ? await makePasswordSetup(deps, transaction, id) : null;
      const user = { id, name: login };
      const data = { site_admin, suspended: suspended_at !== null };
      await writeAudit(transaction, caller, { action: 'user.create', operation_type: 'create', user, data });
      const person = await findPerson(transaction, id);
      if (person === undefined) throw new Error('a person that was just made is not there');
      return { person, password_setup_token };
    }),
  );
}
