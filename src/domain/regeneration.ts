// A new secret of the same token (M8): how long it lives, and how long the old one still does.

import { nearestNameable } from './moment.ts';
import type { Expiry } from './requested-expiry.ts';
import { livesLonger } from './requested-expiry.ts';
import { invalidToken } from './token-refusal.ts';

/** The end of a new secret that lives as long as the old one was to live; null: never. @rule M8 */
export function sameLife(
  old: { readonly secret_issued_at: Date; readonly expires_at: Date | null },
  now: Date,
): Date | null {
  if (old.expires_at === null) return null;
  return nearestNameable(now.getTime() + old.expires_at.getTime() - old.secret_issued_at.getTime());
}

/** Until when the old text works beside the new one, no longer than its own life; null: not at all. @rule M8 */
export function overlapEnd(now: Date, overlap_seconds: number, own_end: Date | null): Date | null {
  if (overlap_seconds === 0) return null;
  const asked_ms = now.getTime() + overlap_seconds * 1000;
  return new Date(own_end === null ? asked_ms : Math.min(asked_ms, own_end.getTime()));
}

/** Refuses a life longer than the approved one; both in seconds, null is without end. @rule M8 */
export function refuseBeyondApproved({ field }: Expiry, seconds: number | null, approved_seconds: number | null): void {
  if (!livesLonger(seconds, approved_seconds)) return;
  throw invalidToken(field, 'unprocessable', 'must not be longer than the life that was approved: ask for a new token');
}
