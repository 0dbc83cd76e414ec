// The quick profile of the faults (`npm run test:faults` is the whole): one PostgreSQL, two sound nodes and one with a bug, all of them
// real processes.

import t from 'tap';
import { endUnder, FAULTS } from './freshness-under-faults.ts';
import { killUnderLoad } from './kills.ts';
import { KILLED, loseNode } from './lost-parts.ts';
import { embeddedEngine, startPostgres } from './rig/postgres.ts';
import { startRig } from './rig/rig.ts';

const BUG = 'notifications only, and answer before commit';
const QUICK = new Set(['half open', 'cut off from the database']);

t.test('F1, F2, F5, F7: two sound nodes and one with a bug', async (t) => {
  const postgres = await startPostgres(t, { engine: embeddedEngine(t) });
  const settings = { REQUEST_TIMEOUT_MS: '4000' };
  const rig = await startRig(t, { postgres, nodes: [null, null, BUG], settings });
  const chosen = FAULTS.filter(({ title }) => [...QUICK].some((each) => title.includes(each)));
  t.equal(chosen.length, QUICK.size);
  for (const fault of chosen) await t.test(fault.title, (t) => endUnder(t, rig, fault, 2));

  const [sound, bad] = [rig.nodes.slice(0, 2), rig.nodes.slice(2)];
  await t.test('F1, F2: what was acknowledged outlives kills', async (t) => {
    const victims = ['node', 'server', 'backend'] as const;
    const { faults } = await killUnderLoad(t, rig, { victims, kills: victims.length, nodes: sound, writers: 2 });
    t.same(faults, []);
  });
  await t.test('control: what says done before it is durable is found', async (t) => {
    const { faults } = await killUnderLoad(t, rig, { victims: ['node'], kills: 1, nodes: bad, writers: 4 });
    t.not(faults.length, 0, `as ${faults[0]}`);
  });
  await t.test('promises P24: a node is killed, and no check fails whose caller asks another once', async (t) => {
    const [node] = sound;
    if (node === undefined) return;
    const { failed, repeated, answered } = await loseNode(rig, { loss: KILLED, node, nodes: sound, lasts_ms: 300 });
    t.same(failed, [], `${answered} answered`);
    t.not(repeated, 0, 'control: who asks nobody else is refused');
  });
});
