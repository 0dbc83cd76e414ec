// Accounts: what people and organizations have in common, one namespace of logins. SQL only.

import type { Kysely } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
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
    .where('account.login_key', '=', foldedName(login))
    .forKeyShare('person')
    .executeTakeFirst();
}

/** The organizations with these logins (in lower case), which cannot be deleted until the transaction ends; by id. */
export async function holdOrganizations(
  db: Kysely<Database>,
  login_keys: readonly string[],
): Promise<{ id: number; login: string; login_key: string }[]> {
  if (login_keys.length === 0) return [];
  return db
    .selectFrom('accounts as account')
    .innerJoin('organizations as organization', 'organization.id', 'account.id')
    .select(['account.id', 'account.login', 'account.login_key'])
    .where('account.login_key', 'in', login_keys)
    .orderBy('account.id')
    .forKeyShare('organization')
    .execute();
}
