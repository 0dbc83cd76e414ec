// What a node does while the database cannot be reached (promises P8): by default nothing is answered; by a setting what was read is
// answered for a while as it was last known, and says so. It does not let every question wait for a database that is gone: while it
// is, one at a time asks again.

import { StorageUnavailable } from '../domain/fault.ts';
import type { Freshness } from './freshness.ts';

/** So long after a fault nobody asks again. */
const RETRY_MS = 250;

export type OutageParts = {
  /** The oldest that may be answered then; 0: nothing is. */
  readonly stale_ms_max: number;
  readonly freshness: Pick<Freshness, 'age_ms'>;
  readonly monotonic_ms: () => number;
};

export type Outage = {
  /** The answer of the database, or, where it cannot be reached, what is still known. Faults: StorageUnavailable, where nothing is. */
  readonly ask: <Answer>(ask: () => Promise<Answer>, known: (stale_ms: number) => Answer | null) => Promise<Answer>;
  /** Whether something may be answered though the database cannot be reached. */
  readonly isBridged: () => boolean;
};

export function createOutage({ stale_ms_max, freshness, monotonic_ms }: OutageParts): Outage {
  let is_down = false;
  let is_asked = false;
  let retry_at = 0;

  function lastKnown<Answer>(known: (stale_ms: number) => Answer | null): Answer | null {
    const stale_ms = freshness.age_ms();
    return stale_ms <= stale_ms_max ? known(Math.ceil(stale_ms)) : null;
  }

  async function ask<Answer>(
    question: () => Promise<Answer>,
    known: (stale_ms: number) => Answer | null,
  ): Promise<Answer> {
    if (is_down && (is_asked || monotonic_ms() < retry_at)) {
      const found = lastKnown(known);
      if (found !== null) return found;
    }
    is_asked = true;
    try {
      const answer = await question();
      is_down = false;
      return answer;
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      is_down = true;
      retry_at = monotonic_ms() + RETRY_MS;
      const found = lastKnown(known);
      if (found === null) throw error;
      return found;
    } finally {
      is_asked = false;
    }
  }

  return {
    ask: stale_ms_max === 0 ? (question) => question() : ask,
    isBridged: () => stale_ms_max > 0 && freshness.age_ms() <= stale_ms_max,
  };
}
