// The days of which uses are told (U1).

import { DAY_MS } from './moment.ts';

/** So many days, the present one among them. */
export const USAGE_DAYS = 30;

/** Days since 1970, UTC. */
export function dayOf(moment: Date): number {
  return Math.floor(moment.getTime() / DAY_MS);
}

/** The first day that counts at this moment. */
export function firstDayOfUsage(now: Date): number {
  return dayOf(now) - USAGE_DAYS + 1;
}

/** `2027-03-19` */
export function printDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
