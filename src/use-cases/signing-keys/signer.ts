// Signing, by the key that the database says (domain/signing-key.ts). What it says is kept while no commit has touched it, so that
// every node signs with the same key, and one that was withdrawn signs nothing any more. A fault is 503, never another key.

import type { CryptoKey } from 'jose';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Config } from '../../config.ts';
import type { Database } from '../../db/schema.ts';
import { listSigningKeys, type SigningKeyRow } from '../../db/signing-keys.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { keyThatSigns, publishedKeys } from '../../domain/signing-key.ts';
import { type KeptParts, keepValue } from '../../facts/kept.ts';
import { importKey, signJwt } from '../../signing-keys.ts';
import { addSigningKey } from './add-signing-key.ts';
import { openPrivatePart } from './private-part.ts';
import { registerFileKeys } from './register-file-keys.ts';

export type SignerDeps = {
  readonly db: Kysely<Database>;
  readonly config: Config;
  readonly clock: () => Date;
  readonly log: Logger;
};

export type Signer = {
  /** A JWT with these claims, of this kind. Refuses: 503 `unavailable`, where this node cannot use the key that signs. */
  readonly sign: (claims: Readonly<Record<string, unknown>>, options: { readonly typ: string }) => Promise<string>;
  /** The public keys, as who verifies wants them (RFC 7517). */
  readonly jwks: () => Promise<{ readonly keys: readonly SigningKeyRow['public_jwk'][] }>;
  /** What was changed here counts here at once. */
  readonly forget: () => void;
};

export function createSigner(
  deps: SignerDeps & Omit<KeptParts<readonly SigningKeyRow[]>, 'kind' | 'load' | 'outage'>,
): Signer {
  const rows = keepValue({ ...deps, kind: 'signing_key', load: loadRows, outage: null });
  const opened = new Map<string, Promise<CryptoKey>>();

  /** The first key is made where there is none yet. */
  async function loadRows(): Promise<readonly SigningKeyRow[]> {
    const rows = await listSigningKeys(deps.db);
    if (keyThatSigns(rows, deps.clock()) !== null) return rows;
    const { signing_key_file } = deps.config;
    if (signing_key_file === null) await addSigningKey(deps, SYSTEM_CALLER, 'first');
    else await registerFileKeys(deps, signing_key_file);
    return listSigningKeys(deps.db);
  }

  /** Time alone lets another key sign, and only where there is none that does is one made. */
  async function usableRows(): Promise<readonly SigningKeyRow[]> {
    const current = await rows.current();
    if (keyThatSigns(current, deps.clock()) !== null) return current;
    rows.forget();
    return rows.current();
  }

  function open(row: SigningKeyRow): Promise<CryptoKey> {
    const found = opened.get(row.kid);
    if (found !== undefined) return found;
    const opening = openKey(deps, row);
    opened.set(row.kid, opening);
    opening.catch(() => opened.delete(row.kid));
    return opening;
  }

  return {
    forget: rows.forget,
    sign: async (claims, { typ }) => {
      const row = keyThatSigns(await usableRows(), deps.clock());
      if (row === null) throw new Refusal('unavailable');
      const { kid, algorithm } = row;
      return signJwt(claims, { key: await open(row), kid, algorithm, typ });
    },
    jwks: async () => {
      const published = publishedKeys(await rows.current(), deps.clock());
      return { keys: published.map(({ public_jwk }) => public_jwk) };
    },
  };
}

async function openKey({ config, log }: SignerDeps, row: SigningKeyRow): Promise<CryptoKey> {
  const { kid, kept_in } = row;
  try {
    const opened = await openPrivatePart(config, row);
    if (opened !== null) return await importKey(opened.private_jwk, row.algorithm);
    log.error({ kid, kept_in }, 'this node cannot use the key that signs: its settings do not open it');
  } catch (error) {
    log.error({ kid, kept_in, err: error }, 'this node cannot use the key that signs');
  }
  throw new Refusal('unavailable');
}
