// A new key to sign with: the first one, the next by age, or the one that an administrator asks for. Where keys are kept in a file,
// they come from there only (register-file-keys.ts).

import { writeAudit } from '../../db/audit.ts';
import {
  insertSigningKey,
  listSigningKeys,
  lockSigningKeys,
  type NewSigningKeyRow,
  type SigningKeyRow,
} from '../../db/signing-keys.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { AuditEvent } from '../../domain/audit.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { isRotationDue, keyThatSigns, keyThatWaits, signsFrom } from '../../domain/signing-key.ts';
import { makeSigningKey } from '../../signing-keys.ts';
import { keepPrivatePart } from './private-part.ts';
import type { SignerDeps } from './signer.ts';

export type MadeKey = Omit<NewSigningKeyRow, 'created_at' | 'signs_from'>;

/** A key that is not in the database yet. Making and encrypting it takes its time, so that is done before any transaction. */
export async function makeKey({ config }: Pick<SignerDeps, 'config'>): Promise<MadeKey> {
  const { kid, algorithm, public_jwk, private_jwk } = await makeSigningKey(config.signing_algorithm);
  return { kid, algorithm, public_jwk, ...(await keepPrivatePart(config, { kid, private_jwk })) };
}

/** The entry of the record of a new key. @rule L1 */
export function keyAdded({ kid, algorithm, kept_in, signs_from }: NewSigningKeyRow): AuditEvent {
  const data = { kid, algorithm, kept_in, signs_from: signs_from.toISOString() };
  return { action: 'signing_key.create', operation_type: 'create', data };
}

/** Whether the key is still wanted, now that nobody else can add one. Refuses: 409 `conflict`. */
function isWanted(
  deps: SignerDeps,
  rows: readonly SigningKeyRow[],
  why: 'first' | 'due' | 'asked',
  now: Date,
): boolean {
  if (keyThatSigns(rows, now) === null) return true;
  if (why === 'first') return false;
  const { signing_key_days: days, signing_algorithm: algorithm } = deps.config;
  if (why === 'due') return isRotationDue(rows, now, { days, algorithm });
  if (keyThatWaits(rows, now) === null) return true;
  throw new Refusal('conflict', { message: 'A new key is published already and waits to sign' });
}

/** Adds a key, which signs once it has been published for long enough; at once where there is no other. Null: none was wanted. */
export async function addSigningKey(
  deps: SignerDeps,
  caller: Caller,
  why: 'first' | 'due' | 'asked',
): Promise<NewSigningKeyRow | null> {
  const now = deps.clock();
  if (!isWanted(deps, await listSigningKeys(deps.db), why, now)) return null;
  const made = await makeKey(deps);
  return inTransaction(deps.db, async (transaction) => {
    await lockSigningKeys(transaction);
    const rows = await listSigningKeys(transaction);
    if (!isWanted(deps, rows, why, now)) return null;
    const signs_from = signsFrom(now, { at_once: keyThatSigns(rows, now) === null });
    const row = { ...made, created_at: now, signs_from };
    await insertSigningKey(transaction, row);
    await writeAudit(transaction, caller, keyAdded(row));
    return row;
  });
}
