// Which identity of which issuer is which person of an organization, and which ID tokens have been used (O3). SQL only.

import { type Kysely, sql } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { Database } from './schema.ts';

export type Identity = {
  readonly organization_id: number;
  readonly issuer: string;
  readonly subject: string;
  readonly user_id: number;
};

/**
 * Uses the ID token up; false where it was before, also at the same moment. Those that are too old to be taken anyway go.
 * The database's clock is never ahead of the one by which they are judged.
 */
export async function useIdToken(db: Kysely<Database>, digest: string, usable_until: Date): Promise<boolean> {
  await sql`
    delete from used_id_tokens where digest in (
      select digest from used_id_tokens where usable_until < clock_timestamp() limit 100 for update skip locked)`.execute(
    db,
  );
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('used_id_tokens')
    .values({ digest, usable_until })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Links the identity to the person unless one of the two is linked; true where this did it. */
export async function linkIdentity(db: Kysely<Database>, identity: Identity, linked_at: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sso_identities')
    .values({ ...identity, linked_at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Whether exactly this identity is linked to exactly this person; a link stays until the end of the transaction. */
export async function holdLink(db: Kysely<Database>, identity: Identity): Promise<boolean> {
  const row = await db
    .selectFrom('sso_identities')
    .select('user_id')
    .where('organization_id', '=', identity.organization_id)
    .where('issuer', '=', identity.issuer)
    .where('subject', '=', identity.subject)
    .where('user_id', '=', identity.user_id)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

export type LinkedIdentityRow = {
  readonly id: number;
  readonly login: string;
  readonly issuer: string;
  readonly subject: string;
  readonly linked_at: Date;
};

/** A page of the organization's links, by login, and one row more where there are more. */
export function listIdentities(
  db: Kysely<Database>,
  query: { readonly organization_id: number; readonly limit: number; readonly offset: number },
): Promise<LinkedIdentityRow[]> {
  return db
    .selectFrom('sso_identities as identity')
    .innerJoin('accounts as account', 'account.id', 'identity.user_id')
    .select(['account.id', 'account.login', 'identity.issuer', 'identity.subject', 'identity.linked_at'])
    .where('identity.organization_id', '=', query.organization_id)
    .orderBy('account.login_key')
    .orderBy('identity.issuer')
    .limit(query.limit + 1)
    .offset(query.offset)
    .execute();
}

/** Unlinks every identity of this person at the organization; the person, undefined where none was linked. */
export async function unlinkIdentities(
  db: Kysely<Database>,
  { organization_id, login }: { readonly organization_id: number; readonly login: string },
): Promise<{ readonly id: number; readonly login: string } | undefined> {
  const { rows } = await sql<{ id: number; login: string }>`
    delete from sso_identities identity using accounts account
    where account.id = identity.user_id and account.login_key = ${foldedName(login)}
      and identity.organization_id = ${organization_id}
    returning account.id, account.login`.execute(db);
  return rows[0];
}
