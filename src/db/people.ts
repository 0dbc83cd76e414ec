// People: their accounts and passwords. SQL only.

import type { Kysely } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { Database } from './schema.ts';

export type NewPerson = {
  readonly login: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly password_hash: string | null;
  readonly site_admin: boolean;
  readonly created_at: Date;
  readonly suspended_at?: Date | null;
};

/** Inserts an account and its person; a login or e-mail that is taken violates `accounts_login_taken`, `users_email_taken`. */
export async function insertPerson(db: Kysely<Database>, person: NewPerson): Promise<number> {
  const { id } = await db
    .insertInto('accounts')
    .values({ type: 'User', login: person.login, created_at: person.created_at })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { email, email_verified, password_hash, site_admin, suspended_at = null } = person;
  await db.insertInto('users').values({ id, email, email_verified, password_hash, site_admin, suspended_at }).execute();
  return id;
}

/** Whether there is any site administrator. */
export async function hasSiteAdministrator(db: Kysely<Database>): Promise<boolean> {
  const row = await db.selectFrom('users').select('id').where('site_admin', '=', true).limit(1).executeTakeFirst();
  return row !== undefined;
}

/**
 * The ids of all site administrators who can sign in, locked in the order of their ids; none of them if the person with
 * this login is no site administrator, because then none of them is at stake.
 */
export async function lockSiteAdministratorsWith(db: Kysely<Database>, login: string): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('users as person')
    .select('person.id')
    .where('person.site_admin', '=', true)
    .where('person.suspended_at', 'is', null)
    .where((where) =>
      where.exists(
        where
          .selectFrom('accounts as account')
          .innerJoin('users as named', 'named.id', 'account.id')
          .select('named.id')
          .where('account.login_key', '=', foldedName(login))
          .where('named.site_admin', '=', true),
      ),
    )
    .orderBy('person.id')
    .forNoKeyUpdate('person')
    .execute();
  return rows.map((row) => row.id);
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
    .where('account.login_key', '=', foldedName(login))
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

function people(db: Kysely<Database>) {
  return db
    .selectFrom('accounts as account')
    .innerJoin('users as person', 'person.id', 'account.id')
    .select(['account.id', 'account.login', 'account.profile_name', 'account.created_at'])
    .select(['person.email', 'person.email_verified', 'person.site_admin', 'person.suspended_at']);
}

/** Everything about one person that may be shown to himself or to a site administrator. */
export function findPerson(db: Kysely<Database>, id: number): Promise<PersonRow | undefined> {
  return people(db).where('account.id', '=', id).executeTakeFirst();
}

/**
 * The person with this login, his row locked against every other change of him until the transaction ends. Rows that refer to him (a
 * membership, which an owner makes who has locked his organization) do not wait for this lock.
 */
export function lockPersonByLogin(db: Kysely<Database>, login: string): Promise<PersonRow | undefined> {
  return people(db).where('account.login_key', '=', foldedName(login)).forNoKeyUpdate('person').executeTakeFirst();
}

/** The same by id, with the stored password. */
export function lockPerson(
  db: Kysely<Database>,
  id: number,
): Promise<(PersonRow & { readonly password_hash: string | null }) | undefined> {
  return people(db)
    .select('person.password_hash')
    .where('account.id', '=', id)
    .forNoKeyUpdate('person')
    .executeTakeFirst();
}

/** The stored password of a person; null where he has none, or is not there. */
export async function findStoredPassword(db: Kysely<Database>, id: number): Promise<string | null> {
  const row = await db.selectFrom('users').select('password_hash').where('id', '=', id).executeTakeFirst();
  return row?.password_hash ?? null;
}

/** A page of all people, oldest first, and one row more where there are more. Only these are read. */
export function listPeople(
  db: Kysely<Database>,
  page: { readonly limit: number; readonly offset: number },
): Promise<PersonRow[]> {
  const ids = db
    .selectFrom('users')
    .select('id')
    .orderBy('id')
    .limit(page.limit + 1)
    .offset(page.offset);
  return people(db).innerJoin(ids.as('page'), 'page.id', 'account.id').orderBy('account.id').execute();
}

/** What can be changed about a person. A member that is absent stays as it is. */
export type PersonChanges = {
  readonly login?: string;
  readonly profile_name?: string | null;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly password_hash?: string | null;
  readonly site_admin?: boolean;
  readonly suspended_at?: Date | null;
};

/** Changes one person. A login or e-mail that is taken violates `accounts_login_taken`, `users_email_taken`. */
export async function updatePerson(db: Kysely<Database>, id: number, changes: PersonChanges): Promise<void> {
  const { login, profile_name, ...person } = changes;
  const account = { ...(login !== undefined && { login }), ...(profile_name !== undefined && { profile_name }) };
  if (Object.keys(account).length > 0) {
    await db.updateTable('accounts').set(account).where('id', '=', id).execute();
  }
  if (Object.keys(person).length > 0) {
    await db.updateTable('users').set(person).where('id', '=', id).execute();
  }
}
