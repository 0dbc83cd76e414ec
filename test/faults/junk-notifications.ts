// F26: whoever may connect to the database may notify on our channel: junk, long texts, numbers of the past and of the future, many times.
// A notification says only that there is something to ask; what it says is not believed.

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Test } from 'tap';
import { lateAllows } from './rig/check-freshness.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Plant } from './rig/plants.ts';
import { BOUND_MS } from './rig/rig.ts';
import type { Scenario } from './scenario.ts';

const JUNK = [
  `''`,
  `'0'`,
  `'-1'`,
  `'9223372036854775807'`,
  `'1e999'`,
  `'{"epoch":null}'`,
  `repeat('x', 7999)`,
  `E'\\u0001'`,
];
const ROUNDS = 20;
const PAUSE_MS = 10;

/** Sends all of them again and again, until it is told to stop. */
async function flood(t: Test, url: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  t.teardown(() => client.end());
  let is_over = false;
  const sending = (async () => {
    while (!is_over) {
      for (const junk of JUNK) {
        await client.query(`select pg_notify('gatehouse_changes', ${junk}) from generate_series(1, 20)`);
      }
      await delay(PAUSE_MS);
    }
  })();
  return async () => {
    is_over = true;
    await sending;
  };
}

/** What goes wrong at a node that is told junk; empty where nothing does. */
async function underJunk(t: Test, plant: Plant | null, rounds: number): Promise<readonly string[]> {
  const rig = await startEmbeddedRig(t, [null, plant]);
  const [first, second] = rig.nodes;
  if (first === undefined || second === undefined) return ['no nodes'];
  const faults: string[] = [];
  const stop = await flood(t, rig.postgres.url);
  for (let round = 0; round < rounds && faults.length === 0; round += 1) {
    const [gone, standing] = [await rig.token(first), await rig.token(first)];
    await rig.warm(gone);
    await rig.warm(standing);
    await rig.end(first, gone, '?wait=all');
    if ((await rig.check(second, gone)) !== false) faults.push('promises P3: it has not ended there');
    if ((await rig.check(second, standing)) !== true) faults.push('what stands is not answered');
  }
  await stop();
  faults.push(...lateAllows(rig.history, BOUND_MS).map(({ late_ms }) => `let in ${late_ms} ms after the bound`));
  for (const { url } of rig.nodes) {
    const { status } = await fetch(`${url()}/health/ready`).catch(() => ({ status: 'no answer' }));
    if (status !== 200) faults.push(`ready: ${status}`);
  }
  return faults;
}

export const junkNotifications: Scenario = {
  ids: ['F26'],
  title: 'junk on the channel of changes is nothing but a question more',
  run: async (t) => {
    t.same(await underJunk(t, null, ROUNDS), []);
    await t.test('control: a node that believes what it is told is found', async (t) => {
      const faults = await underJunk(t, 'believes what it is told', 1);
      t.not(faults.length, 0, faults.join('; '));
    });
  },
};
