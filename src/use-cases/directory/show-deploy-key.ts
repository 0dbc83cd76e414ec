// GET /repos/{owner}/{repo}/keys/{key_id}.

import { type DeployKeyRow, findDeployKey } from '../../db/deploy-keys.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';

export type DeployKey = DeployKeyRow;

/** A key of this repository; the id of another one's key is 404 like one that never was. */
export async function showDeployKey(
  deps: Deps,
  key: { readonly repository_id: number; readonly id: number },
): Promise<DeployKey> {
  const found = await findDeployKey(deps.db, key);
  if (found === undefined) throw new Refusal('not_found');
  return found;
}
