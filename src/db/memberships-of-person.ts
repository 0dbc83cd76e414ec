// The organizations of one person, for what ends all his memberships at once. SQL only.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export type MembershipRow = { readonly id: number; readonly login: string; readonly role: string };

/**
 * Locks the organizations that a person owns, in the order of their ids, so that two owners who go at the same time do not
 * both see the other one stay.
 */
export async function lockOrganizationsOwnedBy(db: Kysely<Database>, user_id: number): Promise<void> {
  await db
    .selectFrom('organizations as organization')
    .innerJoin('memberships as membership', 'membership.organization_id', 'organization.id')
    .select('organization.id')
    .where('membership.user_id', '=', user_id)
    .where('membership.role', '=', 'admin')
    .orderBy('organization.id')
    .forNoKeyUpdate('organization')
    .execute();
}

/** The organizations in which a person has a role, by id. */
export function listMembershipsOf(db: Kysely<Database>, user_id: number): Promise<MembershipRow[]> {
  return db
    .selectFrom('memberships as membership')
    .innerJoin('accounts as account', 'account.id', 'membership.organization_id')
    .select(['account.id', 'account.login', 'membership.role'])
    .where('membership.user_id', '=', user_id)
    .orderBy('account.id')
    .execute();
}

/** The logins of organizations that nobody but this person owns. */
export async function organizationsOwnedOnlyBy(db: Kysely<Database>, user_id: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('memberships as membership')
    .innerJoin('accounts as account', 'account.id', 'membership.organization_id')
    .select('account.login')
    .where('membership.user_id', '=', user_id)
    .where('membership.role', '=', 'admin')
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('memberships as other')
            .select('other.user_id')
            .whereRef('other.organization_id', '=', 'membership.organization_id')
            .where('other.role', '=', 'admin')
            .where('other.user_id', '!=', user_id),
        ),
      ),
    )
    .orderBy('account.id')
    .execute();
  return rows.map((row) => row.login);
}
