// POST /admin/signing-keys: a site administrator asks for the next key, before its time.

import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { addSigningKey } from './add-signing-key.ts';
import type { PublishedKey } from './list-published-keys.ts';

/** The key that signs next. Refuses: 409 `conflict` where one waits already, or where keys come from a file. */
export async function requestRotation(deps: Deps, caller: Caller): Promise<PublishedKey> {
  if (deps.config.signing_key_file !== null) {
    throw new Refusal('conflict', { message: 'The keys stand in `SIGNING_KEY_FILE`: add one at its end' });
  }
  const row = await addSigningKey(deps, caller, 'asked');
  deps.signer.forget();
  if (row === null) throw new Refusal('conflict');
  return { ...row, state: row.signs_from > row.created_at ? 'next' : 'signing' };
}
