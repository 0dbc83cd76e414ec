// How often a wrong password may be tried (T5): for each key, a login or a person, ten times in a quarter of an hour. The
// count is of this process.

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';

const FAILURES_MAX = 10;
const FAILURES_WINDOW_SECONDS = 15 * 60;

const FAILURES = new WeakMap<Deps, RateLimiterMemory>();

function failuresOf(deps: Deps): RateLimiterMemory {
  const known = FAILURES.get(deps);
  if (known !== undefined) return known;
  const made = new RateLimiterMemory({ points: FAILURES_MAX, duration: FAILURES_WINDOW_SECONDS });
  FAILURES.set(deps, made);
  return made;
}

/** Takes one try before it is made, so that many at once are no more than ten either. */
async function takeTry(failures: RateLimiterMemory, key: string): Promise<void> {
  try {
    await failures.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
    throw new Refusal('rate_limited', { headers: { 'retry-after': String(seconds) } });
  }
}

/** What `prove` answers. Its refusals are counted under the key, after ten of them it is not asked; a success forgets them. @rule T5 */
export async function countingFailures<Proof>(deps: Deps, key: string, prove: () => Promise<Proof>): Promise<Proof> {
  const failures = failuresOf(deps);
  await takeTry(failures, key);
  try {
    const proof = await prove();
    await failures.delete(key);
    return proof;
  } catch (error) {
    // A fault of the storage is no wrong password.
    if (!(error instanceof Refusal)) await failures.reward(key);
    throw error;
  }
}
