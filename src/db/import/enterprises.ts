// Enterprises as the import makes and changes them: many at once. SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from '../schema.ts';

export type EnterpriseColumns = { readonly slug: string; readonly name: string };

/** Enterprises with the policy that each has from its first moment on (P5); ids by slug in lower case, taken ones left out. */
export async function insertEnterprises(
  db: Kysely<Database>,
  enterprises: readonly EnterpriseColumns[],
  now: Date,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: number; slug_key: string }>`
    insert into enterprises (slug, name, created_at)
    select slug, name, ${now}::timestamptz
    from unnest(${enterprises.map((each) => each.slug)}::text[], ${enterprises.map((each) => each.name)}::text[])
      as made (slug, name)
    on conflict on constraint enterprises_slug_taken do nothing
    returning id, slug_key`.execute(db);
  const ids = rows.map(({ id }) => id);
  await sql`insert into enterprise_token_policies (enterprise_id) select unnest(${ids}::bigint[])`.execute(db);
  return new Map(rows.map(({ id, slug_key }) => [slug_key, id]));
}

export type EnterpriseBefore = EnterpriseColumns & { readonly id: number; readonly slug_taken: boolean };

/** These enterprises as they are, locked, and whether another one has the slug that they are to have. */
export async function lockEnterprises(
  db: Kysely<Database>,
  wishes: readonly { readonly id: number; readonly slug: string }[],
): Promise<Map<number, EnterpriseBefore>> {
  const { rows } = await sql<EnterpriseBefore>`
    select enterprise.id, enterprise.slug, enterprise.name,
      exists (
        select 1 from enterprises other where other.slug_key = lower(wish.slug) and other.id <> wish.id) as slug_taken
    from unnest(${wishes.map((each) => each.id)}::bigint[], ${wishes.map((each) => each.slug)}::text[])
      as wish (id, slug)
    join enterprises enterprise on enterprise.id = wish.id
    order by enterprise.id for no key update of enterprise`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

export async function updateEnterprises(
  db: Kysely<Database>,
  enterprises: readonly (EnterpriseColumns & { readonly id: number })[],
): Promise<void> {
  await sql`
    update enterprises set slug = wish.slug, name = wish.name
    from unnest(
      ${enterprises.map((each) => each.id)}::bigint[], ${enterprises.map((each) => each.slug)}::text[],
      ${enterprises.map((each) => each.name)}::text[]) as wish (id, slug, name)
    where enterprises.id = wish.id`.execute(db);
}

export type Administrator = { readonly enterprise_id: number; readonly user_id: number };

/** Makes people administrators; answers those who were none. */
export async function insertAdministrators(
  db: Kysely<Database>,
  administrators: readonly Administrator[],
): Promise<readonly Administrator[]> {
  const { rows } = await sql<Administrator>`
    insert into enterprise_administrators (enterprise_id, user_id)
    select * from unnest(
      ${administrators.map((each) => each.enterprise_id)}::bigint[], ${administrators.map((each) => each.user_id)}::bigint[])
    on conflict do nothing
    returning enterprise_id, user_id`.execute(db);
  return rows;
}

/** Of these enterprises, takes the role of everybody who is not in the list; answers whose it was. */
export async function deleteOtherAdministrators(
  db: Kysely<Database>,
  enterprise_ids: readonly number[],
  staying: readonly Administrator[],
): Promise<readonly Administrator[]> {
  const { rows } = await sql<Administrator>`
    delete from enterprise_administrators administrator
    where administrator.enterprise_id = any(${[...enterprise_ids]}::bigint[])
      and not exists (
        select 1 from unnest(
          ${staying.map((each) => each.enterprise_id)}::bigint[], ${staying.map((each) => each.user_id)}::bigint[])
          as stays (enterprise_id, user_id)
        where stays.enterprise_id = administrator.enterprise_id and stays.user_id = administrator.user_id)
    returning administrator.enterprise_id, administrator.user_id`.execute(db);
  return rows;
}

/** The organizations of these enterprises, locked. */
export async function lockOrganizationsOf(
  db: Kysely<Database>,
  enterprise_ids: readonly number[],
): Promise<readonly { readonly id: number; readonly enterprise_id: number }[]> {
  const { rows } = await sql<{ id: number; enterprise_id: number }>`
    select id, enterprise_id from organizations
    where enterprise_id = any(${[...enterprise_ids]}::bigint[]) order by id for no key update`.execute(db);
  return rows;
}

export async function deleteEnterprises(db: Kysely<Database>, ids: readonly number[]): Promise<void> {
  await sql`delete from enterprises where id = any(${[...ids]}::bigint[])`.execute(db);
}
