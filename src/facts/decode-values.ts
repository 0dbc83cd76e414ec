// Single values of a row: whatever is not one of the words that the domain knows becomes null or is left out (F3).

import { isPermissionLevel, type PermissionMap } from '../domain/permission.ts';
import type { Level } from '../domain/vocabulary.ts';

/** The word, if it is one of these. */
export function oneOf<const Word extends string>(words: readonly Word[], value: unknown): Word | null {
  return words.find((word) => word === value) ?? null;
}

/** A moment of a row; what is no finite date becomes a broken one, which counts as past everywhere. */
export function moment(value: unknown): Date | null {
  if (value === null || value === undefined) return null;
  return value instanceof Date ? value : new Date(Number.NaN);
}

/** The same where a row has to have one: where it has none, a broken one. */
export function neededMoment(value: unknown): Date {
  return moment(value) ?? new Date(Number.NaN);
}

/** The known members of a stored permission map, by name. */
export function decodePermissions(value: unknown): PermissionMap {
  if (typeof value !== 'object' || value === null) return {};
  const known = Object.entries(value).filter((entry): entry is [string, Level] =>
    isPermissionLevel(entry[0], entry[1]),
  );
  return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)));
}
