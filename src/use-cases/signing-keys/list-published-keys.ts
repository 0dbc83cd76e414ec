// GET /admin/signing-keys.

import { listSigningKeys } from '../../db/signing-keys.ts';
import type { Deps } from '../../deps.ts';
import {
  type KeyPlace,
  type KeyState,
  keyState,
  publishedKeys,
  type SigningAlgorithm,
} from '../../domain/signing-key.ts';

export type PublishedKey = {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly kept_in: KeyPlace;
  readonly state: KeyState;
  readonly created_at: Date;
  readonly signs_from: Date;
};

/** The keys in the JWKS and what each is for now, in the order in which they sign. */
export async function listPublishedKeys(deps: Deps): Promise<readonly PublishedKey[]> {
  const rows = await listSigningKeys(deps.db);
  const now = deps.clock();
  return publishedKeys(rows, now).map((row) => ({ ...row, state: keyState(rows, row, now) }));
}
