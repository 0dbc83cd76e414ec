// People as the import makes and changes them: many at once. SQL only.

import { type Kysely, sql } from 'kysely';
import { deleteAccounts } from '../deletions.ts';
import type { Database } from '../schema.ts';

export type PersonColumns = {
  readonly login: string;
  readonly profile_name: string | null;
  readonly email: string;
  readonly email_verified: boolean;
  readonly suspended: boolean;
};

/** Accounts for these logins; the id of each, by its login in lower case. A taken login is left out. */
export async function insertAccounts(
  db: Kysely<Database>,
  type: 'User' | 'Organization',
  accounts: readonly { readonly login: string; readonly profile_name: string | null }[],
  now: Date,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: number; login_key: string }>`
    insert into accounts (type, login, profile_name, created_at)
    select ${type}, login, profile_name, ${now}::timestamptz
    from unnest(${accounts.map((each) => each.login)}::text[], ${accounts.map((each) => each.profile_name)}::text[])
      as made (login, profile_name)
    on conflict on constraint accounts_login_taken do nothing
    returning id, login_key`.execute(db);
  return new Map(rows.map(({ id, login_key }) => [login_key, id]));
}

/** People for these accounts; the ids of those whose e-mail was free. The accounts of the others are taken away again. */
export async function insertPeople(
  db: Kysely<Database>,
  people: readonly (PersonColumns & { readonly id: number })[],
  now: Date,
): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`
    insert into users (id, email, email_verified, suspended_at)
    select id, email, email_verified, case when suspended then ${now}::timestamptz end
    from unnest(
      ${people.map((each) => each.id)}::bigint[], ${people.map((each) => each.email)}::text[],
      ${people.map((each) => each.email_verified)}::boolean[], ${people.map((each) => each.suspended)}::boolean[])
      as made (id, email, email_verified, suspended)
    on conflict on constraint users_email_taken do nothing
    returning id`.execute(db);
  const made = new Set(rows.map(({ id }) => id));
  if (made.size < people.length) {
    await deleteAccounts(
      db,
      people.map((each) => each.id).filter((id) => !made.has(id)),
    );
  }
  return made;
}

export type PersonBefore = PersonColumns & {
  readonly id: number;
  readonly site_admin: boolean;
  readonly login_taken: boolean;
  readonly email_taken: boolean;
};

/** These people as they are, locked, and whether somebody else has what they are to be called by. */
export async function lockPeople(
  db: Kysely<Database>,
  wishes: readonly { readonly id: number; readonly login: string; readonly email: string }[],
): Promise<Map<number, PersonBefore>> {
  const { rows } = await sql<PersonBefore>`
    select account.id, account.login, account.profile_name, person.email, person.email_verified,
      person.suspended_at is not null as suspended, person.site_admin,
      exists (
        select 1 from accounts other where other.login_key = lower(wish.login) and other.id <> wish.id) as login_taken,
      exists (
        select 1 from users other where other.email_key = lower(wish.email) and other.id <> wish.id) as email_taken
    from unnest(
      ${wishes.map((each) => each.id)}::bigint[], ${wishes.map((each) => each.login)}::text[],
      ${wishes.map((each) => each.email)}::text[]) as wish (id, login, email)
    join users person on person.id = wish.id
    join accounts account on account.id = wish.id
    order by person.id for no key update of person, account`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Names of accounts of either type. */
export async function updateAccounts(
  db: Kysely<Database>,
  accounts: readonly { readonly id: number; readonly login: string; readonly profile_name: string | null }[],
): Promise<void> {
  await sql`
    update accounts set login = wish.login, profile_name = wish.profile_name
    from unnest(
      ${accounts.map((each) => each.id)}::bigint[], ${accounts.map((each) => each.login)}::text[],
      ${accounts.map((each) => each.profile_name)}::text[]) as wish (id, login, profile_name)
    where accounts.id = wish.id`.execute(db);
}

/** E-mail and suspension; a person who is suspended by it loses his sessions (T5, contract 10). */
export async function updatePeople(
  db: Kysely<Database>,
  people: readonly (PersonColumns & { readonly id: number })[],
  now: Date,
): Promise<void> {
  await sql`
    update users set email = wish.email, email_verified = wish.email_verified,
      suspended_at = case when wish.suspended then coalesce(users.suspended_at, ${now}::timestamptz) end
    from unnest(
      ${people.map((each) => each.id)}::bigint[], ${people.map((each) => each.email)}::text[],
      ${people.map((each) => each.email_verified)}::boolean[], ${people.map((each) => each.suspended)}::boolean[])
      as wish (id, email, email_verified, suspended)
    where users.id = wish.id`.execute(db);
  const suspended = people.filter((each) => each.suspended).map((each) => each.id);
  if (suspended.length === 0) return;
  await sql`delete from sessions where user_id = any(${suspended}::bigint[])`.execute(db);
}

/** The memberships of these people, for the record of what ends with them. */
export async function membershipsOf(
  db: Kysely<Database>,
  user_ids: readonly number[],
): Promise<readonly { readonly organization_id: number; readonly user_id: number }[]> {
  const { rows } = await sql<{ organization_id: number; user_id: number }>`
    select organization_id, user_id from memberships
    where user_id = any(${[...user_ids]}::bigint[]) order by user_id, organization_id`.execute(db);
  return rows;
}
