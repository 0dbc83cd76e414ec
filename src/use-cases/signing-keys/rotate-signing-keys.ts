// A job: a key that is old gives way to a new one, keys of the file become known, and what nobody verifies with any more goes away.

import { deleteSigningKeys, listSigningKeys, lockSigningKeys } from '../../db/signing-keys.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { isRotationDue, publishedKeys } from '../../domain/signing-key.ts';
import { addSigningKey } from './add-signing-key.ts';
import { registerFileKeys } from './register-file-keys.ts';

/** Every node runs it; whoever is first does what is due. */
export async function rotateSigningKeys(deps: Deps): Promise<void> {
  const { signing_key_days: days, signing_algorithm: algorithm, signing_key_file } = deps.config;
  const rows = await listSigningKeys(deps.db);
  const now = deps.clock();
  if (signing_key_file !== null) await registerFileKeys(deps, signing_key_file);
  else if (isRotationDue(rows, now, { days, algorithm })) await addSigningKey(deps, SYSTEM_CALLER, 'due');
  const over = (all: typeof rows) =>
    all.filter((row) => row.withdrawn_at === null && !publishedKeys(all, now).includes(row));
  if (over(rows).length === 0) return;
  await inTransaction(deps.db, async (transaction) => {
    await lockSigningKeys(transaction);
    const ids = over(await listSigningKeys(transaction)).map(({ id }) => id);
    await deleteSigningKeys(transaction, ids, now);
  });
}
