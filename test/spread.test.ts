// Waits that are not the same on every node (promises P10).

import t from 'tap';
import { spread, spreadPeriod } from '../src/spread.ts';

t.test(
  'promises P10: waits lie between half of what is said and all of it, periods between three quarters and all',
  async (t) => {
    t.same(
      [0, 0.5, 1].map((drawn) => spread(800, () => drawn)),
      [400, 600, 800],
    );
    t.same(
      [0, 0.5, 1].map((drawn) => spreadPeriod(800, () => drawn)),
      [600, 700, 800],
    );
  },
);

t.test('promises P10: who says nothing draws, and never twice the same', async (t) => {
  for (const draw of [spread, spreadPeriod]) t.equal(new Set(Array.from({ length: 20 }, () => draw(1000))).size, 20);
});
