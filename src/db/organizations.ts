// Organizations as a whole: making them, listing them, and which enterprise they belong to. SQL only.

import type { Kysely } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { Database } from './schema.ts';

export type NewOrganization = {
  readonly login: string;
  readonly profile_name: string | null;
  readonly created_at: Date;
};

/**
 * Inserts an account, its organization and the policy that every organization has from its first moment on (P1 to P4; the
 * starting values are the columns' defaults). A login that is taken violates `accounts_login_taken`.
 */
export async function insertOrganization(db: Kysely<Database>, organization: NewOrganization): Promise<number> {
  const { id } = await db
    .insertInto('accounts')
    .values({ type: 'Organization', ...organization })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.insertInto('organizations').values({ id }).execute();
  await db.insertInto('organization_token_policies').values({ organization_id: id }).execute();
  return id;
}

/** Makes a person an owner of an organization in which he has no role yet. */
export async function insertOwner(db: Kysely<Database>, organization_id: number, user_id: number): Promise<void> {
  await db.insertInto('memberships').values({ organization_id, user_id, role: 'admin' }).execute();
}

export type OrganizationRow = {
  readonly id: number;
  readonly login: string;
  readonly profile_name: string | null;
  readonly created_at: Date;
  /** The slug of the enterprise. */
  readonly enterprise: string | null;
};

/** A page of all organizations, oldest first, and one row more where there are more. Only these are read. */
export function listOrganizations(
  db: Kysely<Database>,
  page: { readonly limit: number; readonly offset: number },
): Promise<OrganizationRow[]> {
  const ids = db
    .selectFrom('organizations')
    .select('id')
    .orderBy('id')
    .limit(page.limit + 1)
    .offset(page.offset);
  return db
    .selectFrom('organizations as organization')
    .innerJoin(ids.as('page'), 'page.id', 'organization.id')
    .innerJoin('accounts as account', 'account.id', 'organization.id')
    .leftJoin('enterprises as enterprise', 'enterprise.id', 'organization.enterprise_id')
    .select(['account.id', 'account.login', 'account.profile_name', 'account.created_at'])
    .select('enterprise.slug as enterprise')
    .orderBy('account.id')
    .execute();
}

export type LockedOrganization = {
  readonly id: number;
  readonly login: string;
  readonly enterprise_id: number | null;
};

/** The organization with this login, its row locked: who is its owner and where it belongs cannot change meanwhile. */
export function lockOrganizationByLogin(db: Kysely<Database>, login: string): Promise<LockedOrganization | undefined> {
  return db
    .selectFrom('accounts as account')
    .innerJoin('organizations as organization', 'organization.id', 'account.id')
    .select(['account.id', 'account.login', 'organization.enterprise_id'])
    .where('account.login_key', '=', foldedName(login))
    .forUpdate('organization')
    .executeTakeFirst();
}

/** Moves an organization into an enterprise, or (null) out of the one that it belongs to. */
export async function setEnterprise(
  db: Kysely<Database>,
  organization_id: number,
  enterprise_id: number | null,
): Promise<void> {
  await db.updateTable('organizations').set({ enterprise_id }).where('id', '=', organization_id).execute();
}

/** What was internal is private from now on; answers how many repositories it were. @rule C5 */
export async function makeInternalRepositoriesPrivate(db: Kysely<Database>, organization_id: number): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('repositories')
    .set({ visibility: 'private' })
    .where('owner_id', '=', organization_id)
    .where('visibility', '=', 'internal')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
