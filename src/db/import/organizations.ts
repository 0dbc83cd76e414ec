// Organizations as the import makes and changes them: many at once. SQL only; their logins are accounts (people.ts).

import { type Kysely, sql } from 'kysely';
import type { Database } from '../schema.ts';

export type OrganizationColumns = {
  readonly id: number;
  readonly enterprise_id: number | null;
  readonly default_repository_permission: string;
  /** The user who owns it from now on. */
  readonly admin_id: number | null;
};

/** Organizations for these accounts, each with the policy that it has from its first moment on (P1 to P4), and their owners. */
export async function insertOrganizations(
  db: Kysely<Database>,
  organizations: readonly OrganizationColumns[],
): Promise<void> {
  const ids = organizations.map((each) => each.id);
  await sql`
    insert into organizations (id, enterprise_id, default_repository_permission)
    select * from unnest(
      ${ids}::bigint[], ${organizations.map((each) => each.enterprise_id)}::bigint[],
      ${organizations.map((each) => each.default_repository_permission)}::text[])`.execute(db);
  await sql`
    insert into organization_token_policies (organization_id) select unnest(${ids}::bigint[])`.execute(db);
  const owned = organizations.filter((each) => each.admin_id !== null);
  if (owned.length === 0) return;
  await sql`
    insert into memberships (organization_id, user_id, role)
    select id, admin_id, 'admin' from unnest(
      ${owned.map((each) => each.id)}::bigint[], ${owned.map((each) => each.admin_id)}::bigint[])
      as made (id, admin_id)`.execute(db);
}

export type OrganizationBefore = {
  readonly id: number;
  readonly login: string;
  readonly profile_name: string | null;
  readonly enterprise_id: number | null;
  readonly default_repository_permission: string;
  readonly login_taken: boolean;
};

/** These organizations as they are, locked, and whether another account has the login that they are to have. */
export async function lockOrganizations(
  db: Kysely<Database>,
  wishes: readonly { readonly id: number; readonly login: string }[],
): Promise<Map<number, OrganizationBefore>> {
  const { rows } = await sql<OrganizationBefore>`
    select account.id, account.login, account.profile_name, organization.enterprise_id,
      organization.default_repository_permission,
      exists (
        select 1 from accounts other where other.login_key = lower(wish.login) and other.id <> wish.id) as login_taken
    from unnest(${wishes.map((each) => each.id)}::bigint[], ${wishes.map((each) => each.login)}::text[])
      as wish (id, login)
    join organizations organization on organization.id = wish.id
    join accounts account on account.id = wish.id
    order by organization.id for no key update of organization, account`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

export async function updateOrganizations(
  db: Kysely<Database>,
  organizations: readonly Omit<OrganizationColumns, 'admin_id'>[],
): Promise<void> {
  await sql`
    update organizations set enterprise_id = wish.enterprise_id,
      default_repository_permission = wish.default_repository_permission
    from unnest(
      ${organizations.map((each) => each.id)}::bigint[], ${organizations.map((each) => each.enterprise_id)}::bigint[],
      ${organizations.map((each) => each.default_repository_permission)}::text[])
      as wish (id, enterprise_id, default_repository_permission)
    where organizations.id = wish.id`.execute(db);
}

/** What was internal in these organizations is private from now on. @rule C5 */
export async function makeInternalPrivate(db: Kysely<Database>, organization_ids: readonly number[]): Promise<void> {
  await sql`
    update repositories set visibility = 'private' where id in (
      select id from repositories
      where owner_id = any(${[...organization_ids]}::bigint[]) and visibility = 'internal'
      order by id for no key update)`.execute(db);
}
