// That the bench runs and that it looks at every answer: each side of each cell answers right. No time is judged here.

import t, { type Test } from 'tap';
import { createDatabase } from '../support/database.ts';
import { depsOver } from '../support/deps-over.ts';
import { share } from '../support/effort.ts';
import { insertLargeWorld } from '../support/large-world.ts';
import { worldOf } from '../support/world.ts';
import { asksOf, type CellName } from './cells.ts';
import { compare, type Plan, ratioOf, type Side } from './compare.ts';
import { coldSide, jwtSide, warmSide } from './contest.ts';
import { plot } from './plot.ts';
import { type Processes, withProcesses } from './processes.ts';
import { isReached, printTable, type Row } from './rows.ts';
import type { World } from './world.ts';

/** How soon is not asked here, and the machine may be busy: the processes inherit this. */
process.env.PATIENT = '1';

const SIZE = { people: 20, organizations: 4, repositories: 40, tokens: 400 };
const REQUESTS = 50;
const PLAN: Plan = { rounds: 1, connections: 4, sample: { requests: REQUESTS }, before: { requests: REQUESTS } };

async function small(t: Test): Promise<World> {
  const { pool, url } = await createDatabase(t);
  const deps = depsOver(t, pool);
  const tokens = await insertLargeWorld(pool, SIZE);
  const client = await worldOf(deps).client(['introspect', 'evaluate', 'gateway']);
  return { database_url: url, tokens, client: { authorization: client.authorization } };
}

/** What each cell is compared with, beside a bare route. */
const OTHERS: Readonly<Record<CellName, readonly ('lean' | 'cold' | 'jwt')[]>> = {
  introspection: ['lean'],
  evaluation: ['lean', 'cold'],
  gateway: ['jwt'],
  'own route': [],
};

/** The short form has those that every kind of side stands in. */
const TRIED: readonly CellName[] = share(['evaluation', 'introspection', 'gateway', 'own route'], 2, 0);

function sidesOf(processes: Processes, world: World, cell: CellName): Promise<Side[]> {
  const others = OTHERS[cell].map((side) => {
    if (side === 'cold') return coldSide(processes, world, cell);
    return side === 'jwt' ? jwtSide(processes, world, cell) : warmSide(processes, world, cell, side);
  });
  return Promise.all([
    warmSide(processes, world, cell, 'service'),
    warmSide(processes, world, cell, 'bare'),
    ...others,
  ]);
}

t.test('every side of every cell answers right, warm, cold and paced', async (t) => {
  const world = await small(t);
  for (const cell of TRIED) {
    await withProcesses(async (processes) => {
      const sides = await sidesOf(processes, world, cell);
      const samples = await compare(sides, PLAN);
      for (const { name } of sides) t.ok((samples.get(name)?.[0]?.requests ?? 0) >= REQUESTS, `${cell}, ${name}`);
      const { minimum, median, maximum } = ratioOf(samples, 'service', 'bare', ({ per_second }) => per_second);
      t.ok(minimum > 0 && minimum <= median && median <= maximum);
      const [service] = sides;
      const paced = await service?.loaders.take(service.server, 4, { requests: REQUESTS, rate: 500 });
      t.ok((paced?.requests ?? 0) >= REQUESTS, `${cell}, paced`);
    }, 0);
  }
});

t.test('one wrong answer fails the run, in a process of load as well', async (t) => {
  const world = await small(t);
  const wrong = {
    'another token than was asked for': { id: 0 },
    'a repository that is not reached': { repository: 'organization-1/absent' },
    'a text that is no token': { text: 'gth_pat_0' },
  };
  await withProcesses(async (processes) => {
    const { server } = await warmSide(processes, world, 'evaluation', 'service');
    for (const [what, change] of Object.entries(wrong)) {
      const tokens = world.tokens.map((token, index) => (index === 7 ? { ...token, ...change } : token));
      const loaders = await processes.loaders(asksOf('evaluation', tokens, world.client));
      const taken = loaders.take(server, 4, { requests: tokens.length });
      await t.rejects(taken, /^1 of [0-9]+ answers were not right/, what);
    }
  }, 1);
});

t.test('the table says what was seen, and the picture has a bar for each figure', async (t) => {
  const seen = { minimum: 0.8, median: 0.9, maximum: 1.2 };
  const row: Row = { figure: 'a <figure>', unit: 'of b', seen, wanted: { at: 'least', value: 1 }, notes: 'told' };
  const rows: readonly Row[] = [row, { ...row, wanted: { at: 'most', value: 1 } }, { ...row, wanted: null }];
  t.strictSame(rows.map(isReached), [false, true, true]);
  t.match(printTable(rows), '| a <figure> | 0.90 | 0.80 – 1.20 | of b | ≥ 1 | no | told |\n');
  const picture = plot(rows, 'seen here & now');
  t.equal(picture.match(/<rect /g)?.length, rows.length);
  t.match(picture, 'a &lt;figure&gt;');
  t.match(picture, 'seen here &amp; now');
});
