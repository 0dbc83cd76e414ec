// The refusal of who did something too often.

import { Refusal } from './domain/refusal.ts';
import { countLimitHit, type Limit } from './metrics.ts';

/** 429 with `Retry-After`: there is room again in so many milliseconds. Counts the hit of this limit. */
export function overLimit(limit: Limit, ends_in_ms: number): Refusal {
  countLimitHit(limit);
  const seconds = Math.max(1, Math.ceil(ends_in_ms / 1000));
  return new Refusal('rate_limited', { headers: { 'retry-after': String(seconds) } });
}
