// The notices before a token expires (L3): how long before, and which of them a token has.

import { DAY_MS } from './moment.ts';

/** Days before the end. At 0 the token has expired. */
export const NOTICE_DAYS = [30, 7, 1, 0] as const;
export type NoticeDays = (typeof NOTICE_DAYS)[number];

export type NoticedLife = { readonly secret_issued_at: Date; readonly expires_at: Date };

/** Whether the holder is told at this point: not where it lies before the issue of the secret, or is the issue itself. @rule L3 */
export function hasNotice({ secret_issued_at, expires_at }: NoticedLife, days: NoticeDays): boolean {
  return days === 0 || expires_at.getTime() - days * DAY_MS > secret_issued_at.getTime();
}

/** A number of days of the closed list; null for any other. */
export function toNoticeDays(days: number | null): NoticeDays | null {
  return NOTICE_DAYS.find((each) => each === days) ?? null;
}
