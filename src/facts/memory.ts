// What a node remembers of answers to questions, bounded in bytes. An answer is remembered whole, as one state of the database had
// it, with the things that it rests on; it counts until one of them is touched by a later commit. So no answer ever mixes two states,
// and what ends one is looked up, never guessed. What is not there is not remembered: there is nothing that could end it.

import type { Change } from '../db/changes.ts';

/** A thing that an answer rests on: `token:17`. */
export type Thing = `${Exclude<Change['kind'], 'everything'>}:${number}`;

type Entry<Answer> = {
  readonly answer: Answer;
  readonly things: readonly Thing[];
  /** The number of the last commit in the state that it is of. */
  readonly epoch: number;
};

export type Memory<Answer> = {
  /** The answer, if it is of a state that the reader has reached (`up_to`) and nothing has touched it since. */
  readonly find: (key: string, up_to: number) => Answer | undefined;
  readonly remember: (key: string, entry: Entry<Answer> & { readonly bytes: number }) => void;
  readonly forget: (changes: readonly Change[]) => void;
  /** Bytes in use, estimated. */
  readonly bytes: () => number;
};

/** So many touched things are remembered one by one; with more of them all that is older is forgotten. */
const TOUCHED_MAX = 100_000;

/**
 * Two generations: the younger takes what is new or asked again; when it holds half of the bound, the older one, which nobody asked
 * for meanwhile, is dropped, and the younger becomes the older. `bytes_max` 0: nothing is remembered.
 */
export function createMemory<Answer>(bytes_max: number): Memory<Answer> {
  type Held = Entry<Answer> & { readonly bytes: number };
  let young = new Map<string, Held>();
  let old = new Map<string, Held>();
  let young_bytes = 0;
  let old_bytes = 0;
  let touched = new Map<string, number>();
  /** What is older than this counts no longer. */
  let floor = 0;

  function isCurrent({ epoch, things }: Held): boolean {
    if (epoch < floor) return false;
    for (const thing of things) {
      const touched_at = touched.get(thing);
      if (touched_at !== undefined && touched_at > epoch) return false;
    }
    return true;
  }

  function keep(key: string, held: Held): void {
    young_bytes += held.bytes - (young.get(key)?.bytes ?? 0);
    young.set(key, held);
    if (young_bytes <= bytes_max / 2) return;
    old = young;
    old_bytes = young_bytes;
    young = new Map();
    young_bytes = 0;
  }

  function drop(key: string, held: Held): void {
    if (young.delete(key)) young_bytes -= held.bytes;
    else if (old.delete(key)) old_bytes -= held.bytes;
  }

  return {
    find: (key, up_to) => {
      const recent = young.get(key);
      const held = recent ?? old.get(key);
      if (held === undefined || held.epoch > up_to) return undefined;
      if (!isCurrent(held)) {
        drop(key, held);
        return undefined;
      }
      if (recent === undefined) {
        drop(key, held);
        keep(key, held);
      }
      return held.answer;
    },
    remember: (key, held) => {
      if (bytes_max > 0 && isCurrent(held)) keep(key, held);
    },
    forget: (changes) => {
      for (const { kind, id, epoch } of changes) {
        if (kind === 'everything') floor = Math.max(floor, epoch);
        else touched.set(`${kind}:${id}`, epoch);
      }
      if (touched.size <= TOUCHED_MAX) return;
      for (const { epoch } of changes) floor = Math.max(floor, epoch);
      touched = new Map();
    },
    bytes: () => young_bytes + old_bytes,
  };
}
