// The schedule of signing keys as one law: whatever is rotated when, by whichever node, a JWT verifies as long as it lives, also at who
// keeps a copy of the keys for as long as he may, with clocks that are apart.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  isRotationDue,
  JWKS_SECONDS_MAX,
  JWT_SECONDS_MAX,
  keyState,
  keyThatSigns,
  keyThatWaits,
  publishedKeys,
  signsFrom,
} from '../../src/domain/signing-key.ts';
import { cases } from '../support/effort.ts';

const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000);
const HOUR = 3600;
/** Clocks of two nodes are apart by twice this at most. */
const SKEW = 150;

type Key = {
  readonly id: number;
  readonly algorithm: string;
  readonly signs_from: Date;
  readonly withdrawn_at: null;
  readonly made: number;
  gone: number;
};

/** The rows over time: somebody asks for a new key, or takes away what is over, at these moments, by a clock of his own. */
function historyOf(acts: readonly { readonly after: number; readonly skew: number; readonly rotates: boolean }[]) {
  const first = { id: 0, algorithm: 'ES256', signs_from: at(0), withdrawn_at: null };
  const keys: Key[] = [{ ...first, made: 0, gone: Number.POSITIVE_INFINITY }];
  const rowsAt = (seconds: number) => keys.filter(({ made, gone }) => made <= seconds && seconds < gone);
  let seconds = 0;
  for (const { after, skew, rotates } of acts) {
    seconds += after;
    const now = at(seconds + skew);
    const rows = rowsAt(seconds);
    if (rotates && keyThatWaits(rows, now) === null) {
      const signs_from = signsFrom(now, { at_once: false });
      keys.push({ ...first, id: keys.length, signs_from, made: seconds, gone: Number.POSITIVE_INFINITY });
    } else {
      const published = publishedKeys(rows, now);
      for (const key of rows) if (!published.includes(key)) key.gone = seconds;
    }
  }
  const beginnings = keys.map(({ signs_from }) => (signs_from.getTime() - at(0).getTime()) / 1000);
  return { rowsAt, end: seconds, beginnings };
}

const skew = fc.integer({ min: -SKEW, max: SKEW });
const act = fc.record({ after: fc.oneof(fc.nat(4000), fc.nat(200_000)), skew, rotates: fc.boolean() });

t.test('faults F21: a JWT verifies from its first to its last second, whatever is rotated meanwhile', async () => {
  fc.assert(
    fc.property(
      fc.array(act, { minLength: 1, maxLength: 25 }),
      fc.array(fc.tuple(fc.nat(), skew, fc.nat(JWT_SECONDS_MAX - 1), fc.nat(JWKS_SECONDS_MAX), skew), {
        minLength: 20,
      }),
      (acts, samples) => {
        const { rowsAt, end, beginnings } = historyOf(acts);
        for (const [drawn, signer_skew, age, copy_age, reader_skew] of samples) {
          // Near the moments at which another key begins, and anywhere.
          const begins = beginnings[drawn % beginnings.length] ?? 0;
          const near = Math.max(0, begins + (drawn % 601) - 300);
          const signed = drawn % 2 === 0 ? near : drawn % (end + HOUR);
          const key = keyThatSigns(rowsAt(signed), at(signed + signer_skew));
          assert.notEqual(key, null, 'there is always a key to sign with');
          const copied = Math.max(0, signed + age - copy_age);
          const copy = publishedKeys(rowsAt(copied), at(copied + reader_skew));
          assert.ok(
            copy.some(({ id }) => id === key?.id),
            `signed at ${signed} by ${key?.id}, copied at ${copied}`,
          );
        }
      },
    ),
    { numRuns: cases({ short: 300, long: 20_000 }) },
  );
});

t.test('one key signs, at most one waits, and what had its time is not published', async (t) => {
  const key = (id: number, signs_from: number, withdrawn_at: Date | null = null) => ({
    ...{ id, signs_from: at(signs_from), withdrawn_at, algorithm: 'ES256' },
  });
  const keys = [key(1, 0), key(2, 10 * HOUR), key(3, 20 * HOUR)];
  const states = (seconds: number) =>
    publishedKeys(keys, at(seconds)).map((each) => `${each.id} ${keyState(keys, each, at(seconds))}`);
  t.same(states(10 * HOUR - 1), ['1 signing', '2 next', '3 next']);
  t.same(states(10 * HOUR), ['1 retiring', '2 signing', '3 next']);
  t.same(states(10 * HOUR + 1199), ['1 retiring', '2 signing', '3 next']);
  t.same(states(10 * HOUR + 1200), ['2 signing', '3 next']);
  t.equal(keyThatSigns([], at(0)), null);
  t.equal(keyThatSigns([key(1, 0, at(5))], at(9)), null, 'a withdrawn one signs nothing');
  t.equal(keyThatSigns([key(7, 0), key(8, 0)], at(0))?.id, 8, 'of two from one moment the later made');

  const due = (seconds: number, algorithm: 'ES256' | 'RS256' = 'ES256', rows = [key(1, 0)]) =>
    isRotationDue(rows, at(seconds), { days: 2, algorithm });
  t.same([due(48 * HOUR - 1), due(48 * HOUR)], [false, true]);
  t.equal(due(1, 'RS256'), true, 'another algorithm is wanted');
  t.equal(due(48 * HOUR, 'RS256', [key(1, 0), key(2, 49 * HOUR)]), false, 'one waits already');
  t.equal(due(0, 'ES256', []), true);
});

t.test('faults F21: in whatever order the rows come, the same key signs, waits and is published', async (t) => {
  const key = (id: number, signs_from: number) => ({ id, signs_from: at(signs_from), withdrawn_at: null });
  const rows = [key(3, 20 * HOUR), key(1, 0), key(2, 10 * HOUR), key(5, 30 * HOUR), key(4, 30 * HOUR)];
  for (const keys of [rows, rows.toReversed(), rows.toSorted((a, b) => a.id - b.id)]) {
    t.equal(keyThatSigns(keys, at(15 * HOUR))?.id, 2);
    t.equal(keyThatWaits(keys, at(15 * HOUR))?.id, 3, 'the next of three that wait');
    t.equal(keyThatSigns(keys, at(-1))?.id, 1, 'the first, before its time');
    t.equal(keyThatWaits(keys, at(-1))?.id, 2, 'what signs before its time does not wait');
    t.equal(keyThatSigns(keys, at(30 * HOUR))?.id, 5, 'of two from one moment the later made');
    t.equal(keyThatWaits(keys, at(20 * HOUR))?.id, 4, 'and the earlier made waits first');
    t.equal(keyThatWaits(keys, at(30 * HOUR)), null, 'one whose moment has come does not wait');
    const published = publishedKeys(keys, at(15 * HOUR));
    t.same(
      published.map(({ id }) => id),
      [2, 3, 4, 5],
    );
    const states = (seconds: number) =>
      publishedKeys(keys, at(seconds)).map((each) => keyState(keys, each, at(seconds)));
    t.same(states(30 * HOUR), ['retiring', 'retiring', 'signing'], 'what begins at this moment is not next');
  }
});
