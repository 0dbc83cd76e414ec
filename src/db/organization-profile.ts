// What an organization shows and what its owners set. SQL only.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export type OrganizationProfileRow = {
  readonly id: number;
  readonly login: string;
  readonly profile_name: string | null;
  readonly created_at: Date;
  readonly default_repository_permission: string;
};

export type OrganizationChange = {
  readonly login?: string;
  readonly profile_name?: string | null;
  readonly default_repository_permission?: string;
};

export function findOrganizationProfile(db: Kysely<Database>, id: number): Promise<OrganizationProfileRow | undefined> {
  return db
    .selectFrom('organizations as organization')
    .innerJoin('accounts as account', 'account.id', 'organization.id')
    .select(['account.id', 'account.login', 'account.profile_name', 'account.created_at'])
    .select('organization.default_repository_permission')
    .where('organization.id', '=', id)
    .executeTakeFirst();
}

/** A login that is taken violates `accounts_login_taken`. */
export async function updateOrganization(db: Kysely<Database>, id: number, change: OrganizationChange): Promise<void> {
  const { default_repository_permission, ...account } = change;
  if (Object.keys(account).length > 0) await db.updateTable('accounts').set(account).where('id', '=', id).execute();
  if (default_repository_permission === undefined) return;
  await db.updateTable('organizations').set({ default_repository_permission }).where('id', '=', id).execute();
}
