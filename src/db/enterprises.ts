// Enterprises: making and listing them, their organizations' bond and their administrators. SQL only.

import { type Kysely, sql } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { Database } from './schema.ts';

export type NewEnterprise = { readonly slug: string; readonly name: string; readonly created_at: Date };

/**
 * Inserts an enterprise and the policy that every enterprise has from its first moment on (P5: it says nothing yet). A slug
 * that is taken violates `enterprises_slug_taken`.
 */
export async function insertEnterprise(db: Kysely<Database>, enterprise: NewEnterprise): Promise<number> {
  const { id } = await db.insertInto('enterprises').values(enterprise).returning('id').executeTakeFirstOrThrow();
  await db.insertInto('enterprise_token_policies').values({ enterprise_id: id }).execute();
  return id;
}

export type EnterpriseRow = {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly created_at: Date;
  /** Logins, by id. */
  readonly administrators: readonly string[];
};

const ADMINISTRATORS = sql<string[]>`array(
  select account.login from enterprise_administrators administrator
  join accounts account on account.id = administrator.user_id
  where administrator.enterprise_id = enterprise.id order by account.id)`;

/** A page of all enterprises, oldest first, and one row more where there are more. */
export function listEnterprises(
  db: Kysely<Database>,
  page: { readonly limit: number; readonly offset: number },
): Promise<EnterpriseRow[]> {
  return db
    .selectFrom('enterprises as enterprise')
    .select(['enterprise.id', 'enterprise.slug', 'enterprise.name', 'enterprise.created_at'])
    .select(ADMINISTRATORS.as('administrators'))
    .orderBy('enterprise.id')
    .limit(page.limit + 1)
    .offset(page.offset)
    .execute();
}

/** The enterprise with this slug, which cannot be deleted until the transaction ends. */
export function holdEnterprise(
  db: Kysely<Database>,
  slug: string,
): Promise<{ readonly id: number; readonly slug: string } | undefined> {
  return db
    .selectFrom('enterprises')
    .select(['id', 'slug'])
    .where('slug_key', '=', foldedName(slug))
    .forKeyShare()
    .executeTakeFirst();
}

/** False: the person administers it already. */
export async function insertEnterpriseAdministrator(
  db: Kysely<Database>,
  enterprise_id: number,
  user_id: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('enterprise_administrators')
    .values({ enterprise_id, user_id })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** False: the person did not administer it. */
export async function deleteEnterpriseAdministrator(
  db: Kysely<Database>,
  enterprise_id: number,
  user_id: number,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('enterprise_administrators')
    .where('enterprise_id', '=', enterprise_id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
