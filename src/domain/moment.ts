// Moments as callers write them: RFC 3339 with a time zone, or a bare date, which is 00:00 UTC (M3).

export const DAY_MS = 86_400_000;

const FORM =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/;
/** The last moment that has four digits of year, in which all of the service prints. */
const LAST_MOMENT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Whether the service can print the moment, and RFC 3339 can name it: a broken date, or the year 10000, is none. */
export function isNameable(moment: Date): boolean {
  return moment.getTime() >= 0 && moment.getTime() <= LAST_MOMENT_MS;
}

/** The moment, or the last one that can be named. */
export function nearestNameable(moment_ms: number): Date {
  return new Date(Math.min(moment_ms, LAST_MOMENT_MS));
}

/** The moment that the text names, or null where it names none: a day that no calendar has, a time without its zone. @rule M3 */
export function parseMoment(text: string): Date | null {
  const date = FORM.exec(text)?.[1];
  if (date === undefined) return null;
  const midnight = new Date(date);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== date) return null;
  const moment = new Date(text.toUpperCase());
  return isNameable(moment) ? moment : null;
}

/** The moment as the service prints it: RFC 3339, UTC, without milliseconds (contract 1). */
export function printMoment(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}

/** Whole seconds since 1970, as RFC 7519 and RFC 7662 count; one that has begun does not count. */
export function secondsOf(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}
