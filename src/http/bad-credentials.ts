// How many bad credentials an address may present in a minute (T4). With more of them every credential from there is refused,
// good or bad, before anything is looked up, until the minute is over. Backend services that authenticate themselves are
// not concerned, whatever their address has done. The count holds over all nodes, as counts-over-nodes.ts says.

import { countedSource, NOWHERE } from '../address-ranges.ts';
import type { CountedWindows } from '../counted-windows.ts';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';
import { countRefusedCredential } from '../metrics.ts';
import { overLimit } from '../over-limit.ts';

const MINUTE_MS = 60_000;

function countedOf({ counts, config }: Deps): CountedWindows {
  return counts.windows('bad_credential', { count_max: config.bad_credentials_per_minute_max, window_ms: MINUTE_MS });
}

/** Each is counted, none is an entry of the record. @rule L1 */
function tally(deps: Deps, address: string | null): void {
  deps.bad_credentials.record(address ?? NOWHERE, deps.clock());
  countRefusedCredential();
}

/** Whether every credential from this address is refused now. Counts nothing. @rule T4 */
export function isFlooded(deps: Deps, address: string | null): boolean {
  return countedOf(deps).fullFor(countedSource(address), deps.clock()) !== null;
}

/** Refuses whatever credential comes from an address that has presented too many bad ones. @rule T4 */
export function refuseFlood(deps: Deps, address: string | null): void {
  const ends_in_ms = countedOf(deps).fullFor(countedSource(address), deps.clock());
  if (ends_in_ms === null) return;
  tally(deps, address);
  throw overLimit('bad_credential', ends_in_ms);
}

/** Counts one bad credential of this address; throws when it is one too many. @rule T4 */
export function countBadCredential(deps: Deps, address: string | null): void {
  tally(deps, address);
  const { is_over, ends_in_ms } = countedOf(deps).take(countedSource(address), deps.clock());
  if (is_over) throw overLimit('bad_credential', ends_in_ms);
}

/** Counts what is refused as a bad credential, whoever found it out. */
export function countIfBad(deps: Deps, address: string | null, error: unknown): void {
  if (error instanceof Refusal && error.code === 'bad_credential') countBadCredential(deps, address);
}

/** What `prove` answers. Not asked from an address that has presented too many bad credentials; one more counts for it. @rule T4 */
export async function provenFrom<Proof>(
  deps: Deps,
  address: string | null,
  prove: () => Promise<Proof>,
): Promise<Proof> {
  refuseFlood(deps, address);
  try {
    return await prove();
  } catch (error) {
    countIfBad(deps, address, error);
    throw error;
  }
}
