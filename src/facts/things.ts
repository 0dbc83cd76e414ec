// The things that answers rest on, as numbers, and when each was last touched. There is one table of a size that never changes: a thing
// stands in it at two places where its number falls, and counts as touched where others were touched at both of them. That ends an
// answer too many now and then, and never one too few; nothing has to be thrown away when much is touched.

import type { Change } from '../db/changes.ts';

/** What an answer can rest on. */
const KINDS = ['token', 'account', 'repository', 'enterprise', 'client'] as const satisfies readonly Change['kind'][];
const KINDS_ROOM = 8;
export type ThingKind = (typeof KINDS)[number];

/** A thing as a number. */
export type Thing = number;

export function thingOf(kind: ThingKind, id: number): Thing {
  return id * KINDS_ROOM + KINDS.indexOf(kind);
}

export const TOUCH_BYTES = 8;
const SALTS = [0x3c6ef372, 0x5be0cd19] as const;

export type Touches = {
  /** Takes these into account. Answers whether the database has gone back behind what was told before: what is remembered never was. */
  readonly note: (changes: readonly Change[]) => boolean;
  /** Whether nothing at all was touched after this state. */
  readonly isLatest: (epoch: number) => boolean;
  /** Whether none of these was touched after this state. */
  readonly areUntouched: (things: readonly Thing[], epoch: number) => boolean;
};

/** With room for so many things. */
export function createTouches(count: number): Touches {
  const touched = new Float64Array(Math.max(1, count));
  /** The state in which anything was touched last. */
  let last = 0;
  /** What is of a state before this one counts no longer. */
  let floor = 0;

  function placeOf(thing: Thing, salt: number): number {
    let mixed = Math.imul((thing | 0) ^ Math.imul((thing / 2 ** 32) | 0, 0x9e3779b1) ^ salt, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    return Math.floor(((mixed >>> 0) / 2 ** 32) * touched.length);
  }

  function touch(thing: Thing, epoch: number): void {
    touched[placeOf(thing, SALTS[0])] = epoch;
    touched[placeOf(thing, SALTS[1])] = epoch;
  }

  /** No earlier than it was. */
  function lastTouch(thing: Thing): number {
    return Math.min(touched[placeOf(thing, SALTS[0])] ?? 0, touched[placeOf(thing, SALTS[1])] ?? 0);
  }

  function touchEverything(epoch: number): boolean {
    const has_gone_back = epoch < last;
    if (has_gone_back) touched.fill(0);
    floor = epoch;
    last = epoch;
    return has_gone_back;
  }

  return {
    note: (changes) => {
      let has_gone_back = false;
      for (const { kind, id, epoch } of changes) {
        if (kind === 'everything') has_gone_back = touchEverything(epoch) || has_gone_back;
        if (kind === 'everything' || kind === 'signing_key' || kind === 'catalogue') continue;
        touch(thingOf(kind, id), epoch);
        last = epoch;
      }
      return has_gone_back;
    },
    isLatest: (epoch) => epoch >= last,
    areUntouched: (things, epoch) => {
      if (epoch < floor) return false;
      for (const thing of things) if (lastTouch(thing) > epoch) return false;
      return true;
    },
  };
}
