// Whether this node can answer checks. Decides nothing and needs no caller.

import { ping } from '../../db/ping.ts';
import type { Deps } from '../../deps.ts';

/** Ends if checks can be answered now; throws the storage's fault if not, which is 503 (contract 10). */
export async function checkReadiness({ db, outage }: Pick<Deps, 'db' | 'outage'>): Promise<void> {
  try {
    await ping(db);
  } catch (error) {
    if (!outage.isBridged()) throw error;
  }
}
