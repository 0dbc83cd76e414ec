// At the start: there is a key to sign with, this node can use it, and it is kept as the settings say. A secret or a file that is
// lost or wrong is told now, not when the first JWT is asked for.

import type { Config } from '../../config.ts';
import { listSigningKeys, replacePrivatePart, type SigningKeyRow } from '../../db/signing-keys.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { keyThatSigns, keyThatWaits } from '../../domain/signing-key.ts';
import { startRefusal } from '../../start-refusal.ts';
import { addSigningKey } from './add-signing-key.ts';
import { keepPrivatePart, openPrivatePart } from './private-part.ts';
import { registerFileKeys } from './register-file-keys.ts';
import type { SignerDeps } from './signer.ts';

/**
 * Answers whether a key stands in the database as it is, which the log should say. Refuses the start: a secret or a file that does
 * not open the key that signs. Any number of nodes may do this at once.
 */
export async function prepareSigningKeys(deps: SignerDeps): Promise<{ readonly is_unprotected: boolean }> {
  const { db, config, clock, log } = deps;
  if (config.signing_key_file !== null) await registerFileKeys(deps, config.signing_key_file);
  else await addSigningKey(deps, SYSTEM_CALLER, 'first');
  const rows = await listSigningKeys(db);
  const now = clock();
  const signing = keyThatSigns(rows, now);
  const next = keyThatWaits(rows, now);
  for (const row of [signing, next]) {
    if (row === null) continue;
    const opened = await openPrivatePart(config, row);
    if (opened !== null) await keepAsSet(deps, row, opened);
    else if (row === next && row.kept_in === 'file') {
      log.warn({ kid: row.kid, signs_from: row.signs_from }, 'SIGNING_KEY_FILE lacks the key that signs next');
    } else throw refused(config, row);
  }
  return { is_unprotected: config.signing_key_secret === null && signing?.kept_in === 'plain' };
}

type Opened = NonNullable<Awaited<ReturnType<typeof openPrivatePart>>>;

/** What stands in the database unencrypted, or under the secret before, is encrypted anew. */
async function keepAsSet({ db, config, log }: SignerDeps, row: SigningKeyRow, opened: Opened): Promise<void> {
  if (opened.as_set || config.signing_key_secret === null) return;
  await replacePrivatePart(db, row, await keepPrivatePart(config, { kid: row.kid, private_jwk: opened.private_jwk }));
  log.info({ kid: row.kid }, 'a signing key was encrypted under SIGNING_KEY_SECRET');
}

function refused(config: Config, { kept_in, kid }: SigningKeyRow): Error {
  const lost = 'If it is lost: docs/oauth.md, "A lost secret".';
  if (kept_in === 'encrypted') {
    return config.signing_key_secret === null
      ? startRefusal(`Set \`SIGNING_KEY_SECRET\`: the signing key ${kid} in the database is encrypted. ${lost}`)
      : startRefusal(`Change \`SIGNING_KEY_SECRET\`: it does not open the signing key ${kid} in the database. ${lost}`);
  }
  return config.signing_key_file === null
    ? startRefusal(`Set \`SIGNING_KEY_FILE\`: the signing key ${kid} is kept in a file. ${lost}`)
    : startRefusal(`Change \`SIGNING_KEY_FILE\`: it lacks the key that signs, ${kid}. ${lost}`);
}
