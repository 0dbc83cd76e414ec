// Memberships of one organization. SQL only.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { MembershipRole } from '../domain/vocabulary.ts';
import type { Database } from './schema.ts';

type Pair = { readonly organization_id: number; readonly user_id: number };

/**
 * Whether the organization is there; who its owners are changes one call at a time until the transaction ends. Rows that
 * refer to the organization (a token's request) do not wait for this lock.
 */
export async function lockOrganization(db: Kysely<Database>, id: number): Promise<boolean> {
  const row = await db
    .selectFrom('organizations')
    .select('id')
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** The person's role in the organization; undefined: he is no member. */
export async function findMembershipRole(db: Kysely<Database>, pair: Pair): Promise<string | undefined> {
  const row = await db
    .selectFrom('memberships')
    .select('role')
    .where('organization_id', '=', pair.organization_id)
    .where('user_id', '=', pair.user_id)
    .executeTakeFirst();
  return row?.role;
}

/** The same, and it stays until the transaction ends. */
export async function holdMembershipRole(db: Kysely<Database>, pair: Pair): Promise<string | undefined> {
  const row = await db
    .selectFrom('memberships')
    .select('role')
    .where('organization_id', '=', pair.organization_id)
    .where('user_id', '=', pair.user_id)
    .forShare()
    .executeTakeFirst();
  return row?.role;
}

/** Whether somebody else owns the organization. */
export async function hasOtherOwner(db: Kysely<Database>, pair: Pair): Promise<boolean> {
  const row = await db
    .selectFrom('memberships')
    .select('user_id')
    .where('organization_id', '=', pair.organization_id)
    .where('role', '=', 'admin')
    .where('user_id', '!=', pair.user_id)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Makes the person a member with this role, or gives him this one. */
export async function putMembership(db: Kysely<Database>, pair: Pair, role: MembershipRole): Promise<void> {
  await db
    .insertInto('memberships')
    .values({ ...pair, role })
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doUpdateSet({ role }))
    .execute();
}

export async function deleteMembership(db: Kysely<Database>, pair: Pair): Promise<void> {
  await db
    .deleteFrom('memberships')
    .where('organization_id', '=', pair.organization_id)
    .where('user_id', '=', pair.user_id)
    .execute();
}

export type MemberRow = { readonly id: number; readonly login: string };

/** The member with this login and his role; undefined: nobody, or no member. */
export function findMember(
  db: Kysely<Database>,
  key: { readonly organization_id: number; readonly login: string },
): Promise<(MemberRow & { readonly role: string }) | undefined> {
  return db
    .selectFrom('accounts as account')
    .innerJoin('memberships as membership', 'membership.user_id', 'account.id')
    .select(['account.id', 'account.login', 'membership.role'])
    .where('account.login_key', '=', foldedName(key.login))
    .where('membership.organization_id', '=', key.organization_id)
    .executeTakeFirst();
}

export type MemberQuery = {
  readonly organization_id: number;
  readonly role: MembershipRole | 'all';
  readonly limit: number;
  readonly offset: number;
};

/**
 * A page of the members, by id, and one row more where there are more. What lies before it is skipped by indexes alone: owners have one
 * of their own, and who is none of them is a member.
 */
export async function listMembers(db: Kysely<Database>, query: MemberQuery): Promise<MemberRow[]> {
  const { organization_id, role, limit, offset } = query;
  const of_role: Readonly<Record<MemberQuery['role'], RawBuilder<unknown>>> = {
    all: sql``,
    admin: sql`and each.role = 'admin'`,
    member: sql`and each.user_id <> all (array(
      select owner.user_id from memberships owner where owner.organization_id = ${organization_id} and owner.role = 'admin'))`,
  };
  const { rows } = await sql<MemberRow>`
    select account.id, account.login from (
      select each.user_id from memberships each where each.organization_id = ${organization_id} ${of_role[role]}
      order by each.user_id limit ${limit + 1} offset ${offset}
    ) page
    join accounts account on account.id = page.user_id
    order by account.id`.execute(db);
  return rows;
}

/** The organizations of a person, by id. */
export function listOrganizationsOf(
  db: Kysely<Database>,
  user_id: number,
): Promise<{ readonly id: number; readonly login: string }[]> {
  return db
    .selectFrom('memberships as membership')
    .innerJoin('accounts as account', 'account.id', 'membership.organization_id')
    .select(['account.id', 'account.login'])
    .where('membership.user_id', '=', user_id)
    .orderBy('account.id')
    .execute();
}
