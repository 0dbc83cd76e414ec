// What a node remembers of answers to questions, bounded in bytes of memory. An answer is remembered whole, as one state of the database
// had it; it counts until one of the things that it rests on is touched by a later commit. So no answer ever mixes two states, and
// what ends one is looked up, never guessed. What is not there is not remembered: there is nothing that could end it.

import { Buffer } from 'node:buffer';
import type { Change } from '../db/changes.ts';
import { readAnswer, readEpoch, writeAnswer } from './answer-bytes.ts';
import { isWhole, rewind, type Sink, type Source } from './bytes.ts';
import { NOWHERE } from './places.ts';
import { thingsOf, writeKey } from './question-key.ts';
import { createSlab, ENTRY_BYTES_MAX } from './slab.ts';
import type { FactsQuestion, LoadedFacts } from './source.ts';
import { createTouches, TOUCH_BYTES } from './things.ts';

export type Memory = {
  /** The answer, as given now, if it is of a state that the reader has reached (`up_to`) and nothing has touched it since. */
  readonly find: (question: FactsQuestion, up_to: number) => LoadedFacts | null;
  readonly remember: (question: FactsQuestion, answer: LoadedFacts) => void;
  readonly forget: (changes: readonly Change[]) => void;
  /** Bytes of memory taken, all of them from the start, and those of them that hold answers. */
  readonly size: () => { readonly bytes_taken: number; readonly bytes_written: number };
};

/** Of the bound, for what was touched. */
const TOUCHES_SHARE = 1 / 64;
const KEY_BYTES_MAX = 1024;

/** Takes the memory that it may use at once; the system gives what is written to. */
export function createMemory(bytes_max: number, now: () => Date): Memory {
  const touches = createTouches(Math.floor((bytes_max * TOUCHES_SHARE) / TOUCH_BYTES));
  const slab = createSlab(bytes_max * (1 - TOUCHES_SHARE));
  const key: Sink = { bytes: Buffer.alloc(KEY_BYTES_MAX), at: 0, is_sound: true };
  const written: Sink = { bytes: Buffer.alloc(ENTRY_BYTES_MAX), at: 0, is_sound: true };
  const source: Source = { bytes: slab.bytes, at: 0 };

  /** The place of what is remembered of this question; NOWHERE: nothing, or it is none to remember. */
  function placeOf(question: FactsQuestion): number {
    rewind(key);
    writeKey(key, question);
    return isWhole(key) ? slab.find(key) : NOWHERE;
  }

  function epochAt(place: number): number {
    source.at = slab.answerAt(place);
    return readEpoch(source);
  }

  function isCurrent(question: FactsQuestion, answer: LoadedFacts): boolean {
    if (touches.isLatest(answer.epoch)) return true;
    const things = thingsOf(question, answer);
    return things !== null && touches.areUntouched(things, answer.epoch);
  }

  /** Whether it can be said what the answer rests on, and none of it was touched since. */
  function isLasting(question: FactsQuestion, answer: LoadedFacts): boolean {
    const things = thingsOf(question, answer);
    return things?.every(Number.isSafeInteger) === true && touches.areUntouched(things, answer.epoch);
  }

  return {
    find: (question, up_to) => {
      const place = placeOf(question);
      if (place === NOWHERE) return null;
      const epoch = epochAt(place);
      if (epoch > up_to) return null;
      const answer = readAnswer(source, question, { epoch, now: now() });
      if (isCurrent(question, answer)) {
        slab.ask(place);
        return answer;
      }
      slab.drop(place);
      return null;
    },
    remember: (question, answer) => {
      const place = placeOf(question);
      if (!isWhole(key) || (place !== NOWHERE && epochAt(place) >= answer.epoch)) return;
      if (!isLasting(question, answer)) return;
      rewind(written);
      writeAnswer(written, question, answer);
      if (isWhole(written)) slab.keep(key, written);
    },
    forget: (changes) => {
      if (touches.note(changes)) slab.clear();
    },
    size: () => {
      const { bytes_taken, bytes_written } = slab.size();
      return { bytes_taken: bytes_taken + Math.floor(bytes_max * TOUCHES_SHARE), bytes_written };
    },
  };
}
