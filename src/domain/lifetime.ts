// How long a token lives (M3): the three ways to say it, and when it is over.

import { DAY_MS } from './moment.ts';

export const DEFAULT_LIFETIME_DAYS = 30;
/** A life is bounded only so that its end has four digits of year; whether it has is judged when the moment is known (M3). */
export const EXPIRES_IN_DAYS_MAX = 3_000_000;
export const OVERLAP_SECONDS_MAX = 86_400;

/** When a token's text was issued, and what ends it. */
export type TokenTimes = {
  readonly secret_issued_at: Date;
  /** Null: never. */
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  /** When the presented text ends, if not with its token: an older one in overlap, an exchanged one; null for the current one. */
  readonly secret_expires_at: Date | null;
};

/** What a caller said about life: exactly one of the three, or nothing. */
export type LifetimeWish = {
  readonly expires_in_days?: number | undefined;
  readonly expires_at?: Date | undefined;
  readonly never_expires?: true | undefined;
};

/** The expiry that was wished, null for never, undefined where nothing was said. Whole days are of 24 hours. @rule M3 */
export function wishedExpiry(wish: LifetimeWish, issued_at: Date): Date | null | undefined {
  if (wish.never_expires === true) return null;
  if (wish.expires_at !== undefined) return wish.expires_at;
  if (wish.expires_in_days !== undefined) return daysAfter(issued_at, wish.expires_in_days);
  return undefined;
}

/** The expiry where nothing was said: 30 days, or the cap if that is smaller. @rule M3 */
export function defaultExpiry(issued_at: Date, cap_days: number | null): Date {
  return daysAfter(issued_at, Math.min(DEFAULT_LIFETIME_DAYS, cap_days ?? DEFAULT_LIFETIME_DAYS));
}

export function daysAfter(moment: Date, days: number): Date {
  return new Date(moment.getTime() + days * DAY_MS);
}

/** When the presented text ends, null for never: an older one in overlap, or an exchanged one, ends before its token. @rule M8 */
export function endOfText(token: Pick<TokenTimes, 'expires_at' | 'secret_expires_at'>): Date | null {
  const { expires_at, secret_expires_at } = token;
  if (expires_at === null || secret_expires_at === null) return expires_at ?? secret_expires_at;
  return secret_expires_at.getTime() < expires_at.getTime() ? secret_expires_at : expires_at;
}

/** Whether a moment has come; a broken date has. */
export function isPast(moment: Date, now: Date): boolean {
  return !(now.getTime() < moment.getTime());
}

type Presented = TokenTimes & { readonly exchanged: { readonly ended_at: Date | null } | null };

/** Whether the token and the text by which it was presented are alive. What has ended never comes back. @rule M8, M9, T3 */
export function isLive(token: Presented, now: Date): boolean {
  if (token.revoked_at !== null || (token.exchanged !== null && token.exchanged.ended_at !== null)) return false;
  if (Number.isNaN(now.getTime()) || Number.isNaN(token.secret_issued_at.getTime())) return false;
  if (token.expires_at !== null && isPast(token.expires_at, now)) return false;
  return token.secret_expires_at === null || !isPast(token.secret_expires_at, now);
}
