// DELETE /admin/signing-keys/{kid}: a key that others may have is taken out at once. What it signed does not verify any more, which
// is meant: this is not how keys grow old.

import { writeAudit } from '../../db/audit.ts';
import {
  deleteSigningKeys,
  insertSigningKey,
  listSigningKeys,
  lockSigningKeys,
  type SigningKeyRow,
  setSignsFrom,
} from '../../db/signing-keys.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { keyState, keyThatSigns, keyThatWaits, publishedKeys } from '../../domain/signing-key.ts';
import { makeKey } from './add-signing-key.ts';

/** Withdraws a published key. Where it is the one that signs, the next one signs at once. Refuses: 404, 409 `conflict`. */
export async function withdrawSigningKey(deps: Deps, caller: Caller, kid: string): Promise<void> {
  const now = deps.clock();
  const made = deps.config.signing_key_file === null ? await makeKey(deps) : null;
  await inTransaction(deps.db, async (transaction) => {
    await lockSigningKeys(transaction);
    const rows = await listSigningKeys(transaction);
    const row = publishedKeys(rows, now).find((each) => each.kid === kid);
    if (row === undefined) throw new Refusal('not_found');
    const state = keyState(rows, row, now);
    const replacement = state === 'signing' ? successorOf(rows, row, now) : null;
    if (replacement !== null) await setSignsFrom(transaction, replacement.id, now);
    else if (state === 'signing' && made !== null) {
      await insertSigningKey(transaction, { ...made, created_at: now, signs_from: now });
    } else if (state === 'signing') {
      throw new Refusal('conflict', { message: 'Add another key to `SIGNING_KEY_FILE` first: no other could sign' });
    }
    await deleteSigningKeys(transaction, [row.id], now);
    const replaced_by = state === 'signing' ? (replacement?.kid ?? made?.kid) : undefined;
    const data = { kid, state, ...(replaced_by !== undefined && { replaced_by }) };
    await writeAudit(transaction, caller, { action: 'signing_key.delete', operation_type: 'remove', data });
  });
  deps.signer.forget();
}

function successorOf(rows: readonly SigningKeyRow[], row: SigningKeyRow, now: Date): SigningKeyRow | null {
  const waiting = keyThatWaits(rows, now);
  return waiting !== null && waiting.id !== row.id && keyThatSigns(rows, now)?.id === row.id ? waiting : null;
}
