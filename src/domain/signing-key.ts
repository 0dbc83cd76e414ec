// Which key signs, and which are published, at a moment. A key is published long enough before it signs that everyone who keeps
// a copy of the keys has it, and stays published until nothing that it signed can live. Source: contract 8, faults F21.

import { DAY_MS } from './moment.ts';

export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** Where the private part of a key is. */
export const KEY_PLACES = ['plain', 'encrypted', 'file'] as const;
export type KeyPlace = (typeof KEY_PLACES)[number];

/** A JWT lives no longer than this (contract 8). */
export const JWT_SECONDS_MAX = 15 * 60;
/** How long answers with keys may be kept by who verifies (`Cache-Control`). */
export const JWKS_SECONDS_MAX = 5 * 60;
/** How long a key is published before it signs; more than anybody should keep a copy. */
export const PUBLISHED_AHEAD_SECONDS = 60 * 60;
/** How far clocks of nodes and of those who verify may be apart. */
const CLOCKS_APART_SECONDS = 5 * 60;
const KEPT_AFTER_MS = (JWT_SECONDS_MAX + CLOCKS_APART_SECONDS) * 1000;

export type ScheduledKey = { readonly id: number; readonly signs_from: Date; readonly withdrawn_at: Date | null };

export type KeyState = 'next' | 'signing' | 'retiring';

/** Those that were not withdrawn, in the order in which they sign. */
function inOrder<Key extends ScheduledKey>(keys: readonly Key[]): readonly Key[] {
  return keys
    .filter(({ withdrawn_at }) => withdrawn_at === null)
    .sort((a, b) => a.signs_from.getTime() - b.signs_from.getTime() || a.id - b.id);
}

/** The one key that signs now; null where there is none at all. The clock of a node may be behind that of who made the first. */
export function keyThatSigns<Key extends ScheduledKey>(keys: readonly Key[], now: Date): Key | null {
  const ordered = inOrder(keys);
  return ordered.findLast(({ signs_from }) => signs_from <= now) ?? ordered[0] ?? null;
}

/** The key that will sign after the present one; null: none waits. */
export function keyThatWaits<Key extends ScheduledKey>(keys: readonly Key[], now: Date): Key | null {
  const signing = keyThatSigns(keys, now);
  return inOrder(keys).find((key) => key.signs_from > now && key !== signing) ?? null;
}

/** The keys by which something that lives may be signed now or soon. */
export function publishedKeys<Key extends ScheduledKey>(keys: readonly Key[], now: Date): readonly Key[] {
  return inOrder(keys).filter((_, index, ordered) => {
    const successor = ordered[index + 1];
    return successor === undefined || now.getTime() < successor.signs_from.getTime() + KEPT_AFTER_MS;
  });
}

/** What a published key is for at this moment. */
export function keyState<Key extends ScheduledKey>(keys: readonly Key[], key: Key, now: Date): KeyState {
  const signing = keyThatSigns(keys, now);
  if (key === signing) return 'signing';
  return key.signs_from > now ? 'next' : 'retiring';
}

/** From when a key signs that is made now. The first has nobody before it; one in the place of a withdrawn one cannot wait. */
export function signsFrom(now: Date, { at_once }: { readonly at_once: boolean }): Date {
  return at_once ? now : new Date(now.getTime() + PUBLISHED_AHEAD_SECONDS * 1000);
}

/** Whether it is time for a new key: none waits, and the present one is of that age or of another algorithm. */
export function isRotationDue<Key extends ScheduledKey & { readonly algorithm: string }>(
  keys: readonly Key[],
  now: Date,
  { days, algorithm }: { readonly days: number; readonly algorithm: SigningAlgorithm },
): boolean {
  const signing = keyThatSigns(keys, now);
  if (signing === null) return true;
  if (keyThatWaits(keys, now) !== null) return false;
  return signing.algorithm !== algorithm || now.getTime() - signing.signs_from.getTime() >= days * DAY_MS;
}
