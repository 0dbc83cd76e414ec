// Locks of the database that have numbers: each its own, so that none keeps out what another is for.

import t from 'tap';
import { ADVISORY_LOCKS } from '../../src/db/advisory-locks.ts';

t.test('no two locks have the same number', async (t) => {
  const numbers = Object.values(ADVISORY_LOCKS);
  t.equal(new Set<number>(numbers).size, numbers.length);
});
