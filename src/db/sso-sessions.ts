// Proofs of single sign-on: of one session of a person at one organization (O3). SQL only.

import { type Kysely, sql } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { Database } from './schema.ts';

type Key = { readonly session_id: number; readonly organization_id: number };

/** When the person's session ends, which it does not before the transaction does; undefined: it has. */
export async function holdSession(db: Kysely<Database>, id: number): Promise<Date | undefined> {
  const row = await db
    .selectFrom('sessions')
    .select('expires_at')
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst();
  return row?.expires_at;
}

/** Writes the proof, or the end of a newer one. */
export async function putSsoSession(db: Kysely<Database>, key: Key, expires_at: Date): Promise<void> {
  await db
    .insertInto('sso_sessions')
    .values({ ...key, expires_at })
    .onConflict((conflict) => conflict.columns(['session_id', 'organization_id']).doUpdateSet({ expires_at }))
    .execute();
}

/** Whether the session has a live proof at the organization. */
export async function hasLiveSsoSession(db: Kysely<Database>, key: Key, now: Date): Promise<boolean> {
  const row = await db
    .selectFrom('sso_sessions')
    .select('expires_at')
    .where('session_id', '=', key.session_id)
    .where('organization_id', '=', key.organization_id)
    .where('expires_at', '>', now)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

export type SsoSessionRow = { readonly org: string; readonly expires_at: Date };

/** A page of the session's live proofs, by organization, and one row more where there are more. */
export function listSsoSessions(
  db: Kysely<Database>,
  query: { readonly session_id: number; readonly now: Date; readonly limit: number; readonly offset: number },
): Promise<SsoSessionRow[]> {
  return db
    .selectFrom('sso_sessions as proof')
    .innerJoin('accounts as account', 'account.id', 'proof.organization_id')
    .select(['account.login as org', 'proof.expires_at'])
    .where('proof.session_id', '=', query.session_id)
    .where('proof.expires_at', '>', query.now)
    .orderBy('account.login_key')
    .limit(query.limit + 1)
    .offset(query.offset)
    .execute();
}

/** Ends a live proof; false where there is none. */
export async function deleteSsoSession(
  db: Kysely<Database>,
  key: { readonly session_id: number; readonly org: string; readonly now: Date },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from sso_sessions proof using accounts account
    where account.id = proof.organization_id and account.login_key = ${foldedName(key.org)}
      and proof.session_id = ${key.session_id} and proof.expires_at > ${key.now}`.execute(db);
  return numAffectedRows === 1n;
}

/** Ends all proofs at the organization, or those of one person. */
export async function deleteSsoSessionsAt(
  db: Kysely<Database>,
  { organization_id, user_id }: { readonly organization_id: number; readonly user_id?: number },
): Promise<void> {
  const whose = user_id === undefined ? sql`true` : sql`session.user_id = ${user_id}`;
  await sql`
    delete from sso_sessions proof using sessions session
    where session.id = proof.session_id and proof.organization_id = ${organization_id} and ${whose}`.execute(db);
}
