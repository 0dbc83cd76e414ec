// Fuzzed requests: what once broke the service breaks it no more, and a few thousand new ones do not either (`npm run test:fuzz` has more).

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';
import { onGround } from './attack.ts';
import { almostValid, type Sent } from './mutate.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
const kept = readdirSync(CORPUS).filter((name) => name.endsWith('.json'));

t.test('threats T2, D4: no request makes a fault of ours', async (t) => {
  const { url } = await createDatabase(t);
  await onGround(url, async ({ seeds, judge }) => {
    t.ok(seeds.length > 150, `${seeds.length} calls to begin with`);
    for (const seed of seeds) if (/^(?:GET|HEAD)$/.test(seed.method)) t.equal(await judge(seed), null, seed.url);
    for (const name of kept) {
      const { request }: { request: Sent } = JSON.parse(readFileSync(join(CORPUS, name), 'utf8'));
      t.equal(await judge(request), null, `${name}: ${request.method} ${request.url.slice(0, 80)}`);
    }
    await fc.assert(
      fc.asyncProperty(almostValid(seeds), async (request) => {
        const fault = await judge(request);
        if (fault !== null) throw new Error(fault);
      }),
      { numRuns: cases({ short: 250, long: 30_000 }) },
    );
  });
});
