// Whose ID tokens an organization believes, and whether it requires them (O1, O3). SQL only.

import { type Kysely, sql } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { Database } from './schema.ts';

export type SsoSettingsRow = {
  readonly organization_id: number;
  readonly login: string;
  readonly required: boolean;
  readonly issuer: string | null;
  readonly audience: string | null;
  readonly jwks_uri: string | null;
  readonly jwks: unknown;
};

function settings(db: Kysely<Database>) {
  return db
    .selectFrom('organization_sso as sso')
    .innerJoin('accounts as account', 'account.id', 'sso.organization_id')
    .select(['sso.organization_id', 'account.login', 'sso.required', 'sso.issuer', 'sso.audience'])
    .select(['sso.jwks_uri', 'sso.jwks']);
}

/** What the organization has set; undefined: nothing. */
export function findSsoSettings(db: Kysely<Database>, organization_id: number): Promise<SsoSettingsRow | undefined> {
  return settings(db).where('sso.organization_id', '=', organization_id).executeTakeFirst();
}

/** The same by the organization's login. */
export function findSsoSettingsByLogin(db: Kysely<Database>, login: string): Promise<SsoSettingsRow | undefined> {
  return settings(db).where('account.login_key', '=', foldedName(login)).executeTakeFirst();
}

/** The settings, unchanged until the end of the transaction; the organization is locked before. */
export async function holdSsoSettings(
  db: Kysely<Database>,
  organization_id: number,
): Promise<SsoSettingsRow | undefined> {
  await sql`select id from organizations where id = ${organization_id} for key share`.execute(db);
  return settings(db).where('sso.organization_id', '=', organization_id).forShare('sso').executeTakeFirst();
}

export type NewSsoSettings = {
  readonly required: boolean;
  readonly issuer: string;
  readonly audience: string;
  readonly jwks_uri: string | null;
  readonly jwks: unknown;
};

/** Writes the whole. */
export async function putSsoSettings(
  db: Kysely<Database>,
  organization_id: number,
  { required, issuer, audience, jwks_uri, jwks }: NewSsoSettings,
): Promise<void> {
  const set = { required, issuer, audience, jwks_uri, jwks: jwks === null ? null : JSON.stringify(jwks) };
  await db
    .insertInto('organization_sso')
    .values({ organization_id, ...set })
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(set))
    .execute();
}

/** Takes the settings away; false where there were none. */
export async function deleteSsoSettings(db: Kysely<Database>, organization_id: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('organization_sso')
    .where('organization_id', '=', organization_id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
