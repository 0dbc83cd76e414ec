// That the bench runs and that it looks at every answer. No time is judged here.

import { pino } from 'pino';
import t, { type Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { createDatabase } from '../support/database.ts';
import { insertLargeWorld, type WorkingToken } from '../support/large-world.ts';
import { worldOf } from '../support/world.ts';
import { CELL_NAMES } from './cells.ts';
import { type Bench, measureCell, ratioOf } from './measure.ts';

const SIZE = { people: 20, organizations: 4, repositories: 40, tokens: 100 };
const REQUESTS = 50;

async function small(t: Test): Promise<Bench & { readonly tokens: readonly WorkingToken[] }> {
  const { pool, url } = await createDatabase(t);
  const deps = composeDeps({ pool, config: loadConfig({}), clock: () => new Date(), log: pino({ level: 'silent' }) });
  const tokens = await insertLargeWorld(pool, SIZE);
  const { authorization } = await worldOf(deps).client(['introspect', 'evaluate']);
  const sample = { requests: REQUESTS };
  return { database_url: url, authorization, tokens, connections: 4, rounds: 1, sample };
}

t.test(
  'the bench measures pairs, and every answer of the service is a yes about the token that was asked',
  async (t) => {
    const bench = await small(t);
    for (const cell of CELL_NAMES) {
      const pairs = await measureCell(bench, cell);
      t.equal(pairs.length, 2, 'a round is two pairs');
      for (const { service, bare } of pairs) t.ok(service.requests >= REQUESTS && bare.requests >= REQUESTS);
      const { minimum, median, maximum } = ratioOf(pairs);
      t.ok(minimum > 0 && minimum <= median && median <= maximum);
    }
  },
);

t.test('one wrong answer fails the run', async (t) => {
  const bench = await small(t);
  const wrong = {
    'another token than was asked for': { id: 0 },
    'a repository that is not reached': { repository: 'organization-1/absent' },
  };
  for (const [what, change] of Object.entries(wrong)) {
    const tokens = bench.tokens.map((token, index) => (index === 7 ? { ...token, ...change } : token));
    await t.rejects(measureCell({ ...bench, tokens }, 'evaluation'), /answers were not right/, what);
  }
});
