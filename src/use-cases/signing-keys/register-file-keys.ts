// Makes the keys of SIGNING_KEY_FILE known to all nodes: the database has their public parts and from when each signs, never more.

import { writeAudit } from '../../db/audit.ts';
import { insertSigningKey, listSigningKeys, lockSigningKeys } from '../../db/signing-keys.ts';
import { inTransaction } from '../../db/transaction.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { keyThatSigns, signsFrom } from '../../domain/signing-key.ts';
import { readSigningKeyFile } from '../../signing-key-file.ts';
import { isSameKey } from '../../signing-keys.ts';
import { startRefusal } from '../../start-refusal.ts';
import { keyAdded } from './add-signing-key.ts';
import type { SignerDeps } from './signer.ts';

/** Those that nobody has registered yet sign after the others, the last one last. Refuses the start: a file of no use. */
export async function registerFileKeys(deps: SignerDeps, file: string): Promise<void> {
  const now = deps.clock();
  const keys = await readSigningKeyFile(file);
  const known = new Map((await listSigningKeys(deps.db)).map((row) => [row.kid, row]));
  for (const { kid, public_jwk } of keys) {
    const row = known.get(kid);
    if (row === undefined || isSameKey(row.public_jwk, public_jwk)) continue;
    throw startRefusal(`Change \`SIGNING_KEY_FILE\`: another key than its ${kid} is known by that name; name it anew.`);
  }
  if (keys.every(({ kid }) => known.has(kid))) return;
  await inTransaction(deps.db, async (transaction) => {
    await lockSigningKeys(transaction);
    for (const { kid, algorithm, public_jwk } of keys) {
      const rows = await listSigningKeys(transaction);
      if (rows.some((row) => row.kid === kid)) continue;
      const signs_from = signsFrom(now, { at_once: keyThatSigns(rows, now) === null });
      const place = { kept_in: 'file', private_part: null } as const;
      const row = { kid, algorithm, public_jwk, ...place, created_at: now, signs_from };
      await insertSigningKey(transaction, row);
      await writeAudit(transaction, SYSTEM_CALLER, keyAdded(row));
    }
  });
}
