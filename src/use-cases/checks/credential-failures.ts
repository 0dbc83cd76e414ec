// How often one credential that has a name may be tried wrongly, wherever the tries come from, counted over all nodes (promises P17): the
// secret of a client a hundred times in an hour, the password of a person a hundred times in a day without a right one between. With more
// of them nothing more is tried, but for who has presented the right one from the same address within the last day: those who guess shut
// out nobody who is at work. Names that nobody has are counted like all others, so that nothing is learnt from it. What an address may
// try of everything: http/bad-credentials.ts; what a login may be tried in a quarter of an hour: people/password-failures.ts.

import type { SharedCounts } from '../../counts-over-nodes.ts';
import { overLimit } from '../../over-limit.ts';

export const CREDENTIAL_FAILURES_MAX = 100;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * `whose`: by what never changes. `address`: where it came from; null: it is not known. `digest`: of what is tried; the same at the same
 * time is one try. Without it each is one of its own.
 */
export type Attempt = {
  readonly of: 'client' | 'person';
  readonly whose: string;
  readonly address: string | null;
  readonly digest?: string;
};

/** The same tries at the same time. `counted`: they stand in the window, once. */
type Same = { running: number; counted: boolean; has_failed: boolean };

export type CredentialFailures = {
  /** Whether one more is refused now. Counts nothing. */
  readonly isRefused: (attempt: Attempt) => boolean;
  /** Counts a try before it is made, so that many at once are no more either. Refuses one too many. */
  readonly begin: (attempt: Attempt) => void;
  /** It was right: it does not count, and its source is known from now on. */
  readonly succeed: (attempt: Attempt) => void;
  /** It was wrong. */
  readonly fail: (attempt: Attempt) => void;
  /** Nobody found out whether it was right. */
  readonly giveBack: (attempt: Attempt) => void;
};

export function countCredentialFailures(counts: SharedCounts, clock: () => Date): CredentialFailures {
  const failures = {
    client: counts.windows('client', { count_max: CREDENTIAL_FAILURES_MAX, window_ms: HOUR_MS }),
    person: counts.windows('person', { count_max: CREDENTIAL_FAILURES_MAX, window_ms: DAY_MS }),
  };
  // Of two days, one of which is whole.
  const sources = counts.windows('credential_source', { count_max: 1, window_ms: 2 * DAY_MS });

  function sourceKey({ of, whose, address }: Attempt, now: Date, days_ago: 0 | 1): string {
    return `${Math.floor(now.getTime() / DAY_MS) - days_ago} ${of} ${whose} ${address}`;
  }

  function isKnown(attempt: Attempt, now: Date): boolean {
    const isFull = (days_ago: 0 | 1): boolean => sources.fullFor(sourceKey(attempt, now, days_ago), now) !== null;
    return attempt.address !== null && (isFull(0) || isFull(1));
  }

  function isRefused(attempt: Attempt): boolean {
    const now = clock();
    return failures[attempt.of].fullFor(attempt.whose, now) !== null && !isKnown(attempt, now);
  }

  // A service that starts may ask hundreds of questions before the first of them is answered.
  const under_way = new Map<string, Same>();
  const keyOf = ({ whose, digest }: Attempt): string => `${whose} ${digest}`;

  /** One of them is over; null: it was of its own. */
  function leave(attempt: Attempt): Same | null {
    const same = under_way.get(keyOf(attempt));
    if (attempt.digest === undefined || same === undefined) return null;
    same.running -= 1;
    if (same.running === 0) under_way.delete(keyOf(attempt));
    return same;
  }

  function giveBack(attempt: Attempt): void {
    const same = leave(attempt);
    if (same === null || (same.counted && !same.has_failed)) failures[attempt.of].giveBack(attempt.whose);
    if (same !== null && !same.has_failed) same.counted = false;
  }

  return {
    isRefused,
    begin: (attempt) => {
      const same = attempt.digest === undefined ? undefined : under_way.get(keyOf(attempt));
      if (same !== undefined && !isRefused(attempt)) {
        same.running += 1;
        return;
      }
      const now = clock();
      const { is_over, ends_in_ms } = failures[attempt.of].take(attempt.whose, now);
      if (is_over && !isKnown(attempt, now)) throw overLimit('credential', ends_in_ms);
      if (attempt.digest === undefined) return;
      under_way.set(keyOf(attempt), { running: 1, counted: true, has_failed: false });
    },
    fail: (attempt) => {
      const same = leave(attempt);
      if (same === null) return;
      if (!same.counted) failures[attempt.of].take(attempt.whose, clock());
      same.counted = true;
      same.has_failed = true;
    },
    succeed: (attempt) => {
      // A backend service goes on being right while others guess; a person who was right is told apart from them.
      if (attempt.of === 'client') giveBack(attempt);
      else failures.person.forget(attempt.whose);
      const now = clock();
      const key = sourceKey(attempt, now, 0);
      if (attempt.address !== null && sources.fullFor(key, now) === null) sources.take(key, now);
    },
    giveBack,
  };
}
