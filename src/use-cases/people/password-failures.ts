// How often a wrong password may be tried (T5): for each key, a login or a person, ten times in a quarter of an hour. The
// count holds over all nodes, as counts-over-nodes.ts says.

import type { CountedWindows } from '../../counted-windows.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import { overLimit } from '../../over-limit.ts';

export const PASSWORD_FAILURES_MAX = 10;
const FAILURES_WINDOW_MS = 15 * 60 * 1000;

function failuresOf({ counts }: Deps): CountedWindows {
  return counts.windows('password', { count_max: PASSWORD_FAILURES_MAX, window_ms: FAILURES_WINDOW_MS });
}

/** Takes one try before it is made, so that many at once are no more than ten either. */
function takeTry(failures: CountedWindows, key: string, now: Date): void {
  const { is_over, ends_in_ms } = failures.take(key, now);
  if (is_over) throw overLimit('password', ends_in_ms);
}

/** What `prove` answers. Its refusals are counted under the key, after ten of them it is not asked; a success forgets them. @rule T5 */
export async function countingFailures<Proof>(deps: Deps, key: string, prove: () => Promise<Proof>): Promise<Proof> {
  const failures = failuresOf(deps);
  takeTry(failures, key, deps.clock());
  try {
    const proof = await prove();
    failures.forget(key);
    return proof;
  } catch (error) {
    // A fault of the storage is no wrong password.
    if (!(error instanceof Refusal)) failures.giveBack(key);
    throw error;
  }
}
