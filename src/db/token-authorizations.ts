// Authorisations of tokens at organizations by single sign-on (O1, O2). A revoked one stays, so that it is never made again.
// SQL only.

import { type Kysely, sql } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { Pair } from './import/relations.ts';
import type { Database } from './schema.ts';

type Key = { readonly token_id: number; readonly organization_id: number };

/** Authorises a fine-grained token that is being made; false where the session has no live proof at its organization. @rule O1 */
export async function authorizeBySession(
  db: Kysely<Database>,
  key: Key,
  { session_id, now }: { readonly session_id: number; readonly now: Date },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into token_sso_authorizations (token_id, organization_id, authorized_at)
    select ${key.token_id}::bigint, proof.organization_id, ${now}::timestamptz from sso_sessions proof
    where proof.session_id = ${session_id} and proof.organization_id = ${key.organization_id}
      and proof.expires_at > ${now}`.execute(db);
  return numAffectedRows === 1n;
}

/** How the token stands at the organization, locked until the end of the transaction. */
export async function lockAuthorization(db: Kysely<Database>, key: Key): Promise<'authorized' | 'revoked' | 'none'> {
  const row = await db
    .selectFrom('token_sso_authorizations')
    .select('revoked_at')
    .where('token_id', '=', key.token_id)
    .where('organization_id', '=', key.organization_id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return 'none';
  return row.revoked_at === null ? 'authorized' : 'revoked';
}

export async function insertAuthorization(db: Kysely<Database>, key: Key, authorized_at: Date): Promise<void> {
  await db
    .insertInto('token_sso_authorizations')
    .values({ ...key, authorized_at })
    .execute();
}

/** Takes the holder's authorisation back; it can be made again. */
export async function deleteAuthorization(db: Kysely<Database>, key: Key): Promise<void> {
  await db
    .deleteFrom('token_sso_authorizations')
    .where('token_id', '=', key.token_id)
    .where('organization_id', '=', key.organization_id)
    .execute();
}

export type AuthorizationRow = {
  readonly id: number;
  readonly authorized_at: Date;
  readonly token_id: number;
  readonly kind: string;
  readonly name: string;
  readonly scopes: readonly string[] | null;
  readonly token_last_eight: string;
  readonly last_used_at: Date | null;
  readonly expires_at: Date | null;
  readonly login: string;
};

export type AuthorizationQuery = {
  readonly organization_id: number;
  readonly login: string | null;
  readonly now: Date;
  readonly limit: number;
  readonly offset: number;
};

/**
 * A page of the authorisations that count, of tokens that live, oldest first, and one row more where there are more. Of what lies before
 * it only the tokens are looked at.
 */
export async function listAuthorizations(db: Kysely<Database>, query: AuthorizationQuery): Promise<AuthorizationRow[]> {
  const { organization_id, login, now, limit, offset } = query;
  const holders = login === null ? sql`` : sql`join accounts holder on holder.id = token.user_id`;
  const of_holder = login === null ? sql`` : sql`and holder.login_key = ${foldedName(login)}`;
  const { rows } = await sql<AuthorizationRow>`
    select each.id, each.authorized_at, each.token_id, token.kind, token.name, token.scopes, token.token_last_eight,
      token.last_used_at, token.expires_at, holder.login
    from (
      select each.id, each.token_id from token_sso_authorizations each join tokens token on token.id = each.token_id ${holders}
      where each.organization_id = ${organization_id} and each.revoked_at is null ${of_holder}
        and token.revoked_at is null and (token.expires_at is null or token.expires_at > ${now})
      order by each.id limit ${limit + 1} offset ${offset}
    ) page
    join token_sso_authorizations each on each.token_id = page.token_id and each.organization_id = ${organization_id}
    join tokens token on token.id = each.token_id
    join accounts holder on holder.id = token.user_id
    order by each.id`.execute(db);
  return rows;
}

export type AuthorizedTokenRow = {
  readonly token_id: number;
  readonly kind: string;
  readonly name: string;
  readonly scopes: readonly string[] | null;
  readonly hashed_token: string | null;
  readonly user_id: number;
  readonly login: string;
};

const TOKEN = sql`token.id as token_id, token.kind, token.name, token.scopes, token.user_id, holder.login,
  (select secret.digest from token_secrets secret where secret.token_id = token.id and secret.is_current) as hashed_token`;

/** Revokes the authorisation for good; undefined where it is not the organization's, or does not count any more. @rule O2 */
export async function revokeAuthorization(
  db: Kysely<Database>,
  key: { readonly id: number; readonly organization_id: number },
  revoked_at: Date,
): Promise<AuthorizedTokenRow | undefined> {
  const { rows } = await sql<AuthorizedTokenRow>`
    update token_sso_authorizations each set revoked_at = ${revoked_at}
    from tokens token join accounts holder on holder.id = token.user_id
    where each.id = ${key.id} and each.organization_id = ${key.organization_id} and each.revoked_at is null
      and token.id = each.token_id
    returning ${TOKEN}`.execute(db);
  return rows[0];
}

/**
 * Of these people (second), who leave these organizations (first): ends the proofs of their sessions there and takes back
 * what they authorised with one, which a returner must do anew. That a fine-grained token was made with a proof stays true;
 * its grant has ended. @rule A4
 */
export async function endSingleSignOn(
  db: Kysely<Database>,
  pairs: readonly Pair[],
): Promise<readonly (AuthorizedTokenRow & { readonly organization_id: number })[]> {
  const leaving = sql`
    unnest(${pairs.map((each) => each.first)}::bigint[], ${pairs.map((each) => each.second)}::bigint[])
    as leaving (organization_id, user_id)`;
  await sql`
    delete from sso_sessions proof using sessions session, ${leaving}
    where session.user_id = leaving.user_id and proof.session_id = session.id
      and proof.organization_id = leaving.organization_id`.execute(db);
  const { rows } = await sql<AuthorizedTokenRow & { organization_id: number }>`
    delete from token_sso_authorizations each using tokens token, accounts holder, ${leaving}
    where token.user_id = leaving.user_id and token.kind = 'classic' and each.token_id = token.id
      and each.organization_id = leaving.organization_id and each.revoked_at is null and holder.id = token.user_id
    returning leaving.organization_id, ${TOKEN}`.execute(db);
  return rows;
}
