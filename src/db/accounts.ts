// Accounts: what people and organizations have in common, one namespace of logins. SQL only.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export type ProfileRow = {
  readonly id: number;
  readonly login: string;
  readonly type: string;
  readonly profile_name: string | null;
  readonly created_at: Date;
};

/** What everybody may know about the person or organization with this id. */
export function findProfile(db: Kysely<Database>, id: number): Promise<ProfileRow | undefined> {
  return db
    .selectFrom('accounts')
    .select(['id', 'login', 'type', 'profile_name', 'created_at'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The id and login of the person with this login, who cannot be deleted until the transaction ends. */
export function holdPerson(db: Kysely<Database>, login: string): Promise<{ id: number; login: string } | undefined> {
  return db
    .selectFrom('accounts as account')
    .innerJoin('users as person', 'person.id', 'account.id')
    .select(['account.id', 'account.login'])
    .where('account.login_key', '=', login.toLowerCase())
    .forKeyShare('person')
    .executeTakeFirst();
}
