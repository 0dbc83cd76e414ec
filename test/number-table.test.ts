// The table in which each request counts, against a Map: the same numbers, whatever the keys.

import fc from 'fast-check';
import t from 'tap';
import { createNumberTable } from '../src/number-table.ts';
import { cases } from './support/effort.ts';

const key = fc.oneof(fc.nat(20), fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER));
const act = fc.record({
  act: fc.constantFrom('add' as const, 'raise' as const, 'addOneIfThere' as const),
  by: fc.tuple(key, key, fc.nat(3)),
  value: fc.integer({ min: 1, max: 5 }),
});

t.test('the table has the numbers that a map has, grows, and ends at its bound', async (t) => {
  const property = fc.property(
    fc.array(act, { maxLength: 600 }),
    fc.integer({ min: 1, max: 400 }),
    (acts, size_max) => {
      const table = createNumberTable({ size_max });
      const map = new Map<string, number>();
      for (const { act, by, value } of acts) {
        const name = by.join();
        const known = map.get(name);
        const has_room = known !== undefined || map.size < size_max;
        if (act === 'add') {
          if (has_room) map.set(name, (known ?? 0) + value);
          if (table.add(...by, value) !== (has_room ? map.get(name) : 0)) throw new Error('it answers another number');
        } else if (act === 'raise') {
          if (has_room) map.set(name, Math.max(known ?? 0, value));
          table.raise(...by, value);
        } else {
          if (known !== undefined) map.set(name, known + 1);
          if (table.addOneIfThere(...by) !== (known !== undefined)) throw new Error('it is there, or not');
        }
      }
      const found: string[] = [];
      for (let from: number | null = 0; from !== null; ) {
        from = table.walk(from, 7, (a, b, c, value) => found.push(`${a},${b},${c}=${value}`));
      }
      const wanted = [...map].map(([name, value]) => `${name}=${value}`);
      if (found.sort().join(' ') !== wanted.sort().join(' ')) throw new Error('other numbers');
      if (table.size() !== map.size) throw new Error('another size');
    },
  );
  fc.assert(property, { numRuns: cases({ short: 300, long: 5000 }) });
  const expecting = createNumberTable({ size_max: 100_000, expected: 100_000 });
  for (let n = 1; n <= 100_000; n += 1) expecting.add(n, n, 0, 1);
  t.equal(expecting.size(), 100_000);
});
