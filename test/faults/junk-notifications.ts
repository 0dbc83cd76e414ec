// F26: whoever may connect to the database may notify on our channel: junk, long texts, numbers of the past and of the future, many times.
// A notification says only that there is something to ask; what it says is not believed.

import { lateAllows } from './rig/check-freshness.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
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

export const junkNotifications: Scenario = {
  ids: ['F26'],
  title: 'junk on the channel of changes is nothing but a question more',
  run: async (t) => {
    const rig = await startEmbeddedRig(t, [null, null]);
    const [first, second] = rig.nodes;
    if (first === undefined || second === undefined) return;
    for (let round = 0; round < ROUNDS; round += 1) {
      const [gone, standing] = [await rig.token(first), await rig.token(first)];
      await rig.warm(gone);
      await rig.warm(standing);
      for (const junk of JUNK) {
        await rig.postgres.execute(`select pg_notify('gatehouse_changes', ${junk}) from generate_series(1, 20)`);
      }
      await rig.end(first, gone, '?wait=all');
      t.equal(await rig.check(second, gone), false, 'promises P3: it has ended there too');
      t.equal(await rig.check(second, standing), true);
    }
    t.same(lateAllows(rig.history, BOUND_MS), []);
    for (const { service } of rig.nodes) t.equal((await fetch(`${service().url}/health/ready`)).status, 200);
  },
};
