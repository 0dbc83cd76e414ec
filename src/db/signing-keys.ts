// The keys by which this service signs. SQL only; there are never more than a few.

import type { Kysely } from 'kysely';
import type { KeyPlace, SigningAlgorithm } from '../domain/signing-key.ts';
import { takeLock } from './advisory-locks.ts';
import type { Database } from './schema.ts';

export type SigningKeyRow = {
  readonly id: number;
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly public_jwk: Readonly<Record<string, unknown>>;
  readonly kept_in: KeyPlace;
  /** A private JWK, as it is or encrypted; null: in a file. */
  readonly private_part: string | null;
  readonly created_at: Date;
  readonly signs_from: Date;
  readonly withdrawn_at: Date | null;
};
export type NewSigningKeyRow = Omit<SigningKeyRow, 'id' | 'withdrawn_at'>;

/** All of them, in the order in which they sign. */
export async function listSigningKeys(db: Kysely<Database>): Promise<readonly SigningKeyRow[]> {
  const rows = await db
    .selectFrom('signing_keys')
    .select(['id', 'kid', 'algorithm', 'public_jwk', 'kept_in', 'private_part', 'created_at', 'signs_from'])
    .select('withdrawn_at')
    .orderBy('signs_from')
    .orderBy('id')
    .execute();
  return rows as SigningKeyRow[]; // the checks of the table hold the closed lists
}

/** Until the transaction ends nobody else makes or takes away a key. */
export function lockSigningKeys(transaction: Kysely<Database>): Promise<void> {
  return takeLock(transaction, 'signing_keys');
}

export async function insertSigningKey(db: Kysely<Database>, key: NewSigningKeyRow): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({ ...key, public_jwk: JSON.stringify(key.public_jwk) })
    .execute();
}

/** Keeps the private part otherwise, unless somebody else has done so meanwhile. */
export async function replacePrivatePart(
  db: Kysely<Database>,
  before: Pick<SigningKeyRow, 'id' | 'private_part'>,
  after: Pick<SigningKeyRow, 'kept_in' | 'private_part'>,
): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ kept_in: after.kept_in, private_part: after.private_part })
    .where('id', '=', before.id)
    .where('private_part', '=', before.private_part)
    .execute();
}

export async function setSignsFrom(db: Kysely<Database>, id: number, signs_from: Date): Promise<void> {
  await db.updateTable('signing_keys').set({ signs_from }).where('id', '=', id).execute();
}

/** Takes the keys away; those of a file leave a row behind, so that they do not come back with it. */
export async function deleteSigningKeys(db: Kysely<Database>, ids: readonly number[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await db.deleteFrom('signing_keys').where('id', 'in', ids).where('kept_in', '<>', 'file').execute();
  await db
    .updateTable('signing_keys')
    .set({ withdrawn_at: now })
    .where('id', 'in', ids)
    .where('withdrawn_at', 'is', null)
    .execute();
}

/** Takes all of them away, as if there had never been any; answers their names. */
export async function forgetSigningKeys(db: Kysely<Database>): Promise<readonly string[]> {
  const rows = await db.deleteFrom('signing_keys').returning(['kid']).execute();
  return rows.map(({ kid }) => kid);
}
