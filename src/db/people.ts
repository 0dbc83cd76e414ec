// People: their accounts, passwords and sessions. SQL only.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export type NewPerson = {
  readonly login: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly password_hash: string | null;
  readonly site_admin: boolean;
  readonly created_at: Date;
};

/** Inserts an account and its person; a login or e-mail that is taken violates `accounts_login_taken`, `users_email_taken`. */
export async function insertPerson(db: Kysely<Database>, person: NewPerson): Promise<number> {
  const { id } = await db
    .insertInto('accounts')
    .values({ type: 'User', login: person.login, created_at: person.created_at })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { email, email_verified, password_hash, site_admin } = person;
  await db.insertInto('users').values({ id, email, email_verified, password_hash, site_admin }).execute();
  return id;
}

/** Whether there is any site administrator. */
export async function hasSiteAdministrator(db: Kysely<Database>): Promise<boolean> {
  const row = await db.selectFrom('users').select('id').where('site_admin', '=', true).limit(1).executeTakeFirst();
  return row !== undefined;
}

export type PersonForSignIn = {
  readonly id: number;
  readonly login: string;
  readonly password_hash: string | null;
  readonly suspended_at: Date | null;
  readonly site_admin: boolean;
};

/** The person with this login, compared case-insensitively. */
export function findPersonForSignIn(db: Kysely<Database>, login: string): Promise<PersonForSignIn | undefined> {
  return db
    .selectFrom('accounts as account')
    .innerJoin('users as person', 'person.id', 'account.id')
    .select(['person.id', 'account.login', 'person.password_hash', 'person.suspended_at', 'person.site_admin'])
    .where('account.login_key', '=', login.toLowerCase())
    .executeTakeFirst();
}

export type PersonRow = {
  readonly id: number;
  readonly login: string;
  readonly profile_name: string | null;
  readonly email: string;
  readonly email_verified: boolean;
  readonly site_admin: boolean;
  readonly suspended_at: Date | null;
  readonly created_at: Date;
};

/** Everything about one person that may be shown to himself or to a site administrator. */
export function findPerson(db: Kysely<Database>, id: number): Promise<PersonRow | undefined> {
  return db
    .selectFrom('accounts as account')
    .innerJoin('users as person', 'person.id', 'account.id')
    .select(['account.id', 'account.login', 'account.profile_name', 'account.created_at'])
    .select(['person.email', 'person.email_verified', 'person.site_admin', 'person.suspended_at'])
    .where('account.id', '=', id)
    .executeTakeFirst();
}
