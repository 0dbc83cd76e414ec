// F3, F5, F6, F7 in their whole form.

import { endUnder, FAULTS, stopUnder } from './freshness-under-faults.ts';
import { embeddedEngine, startPostgres } from './rig/postgres.ts';
import { startRig } from './rig/rig.ts';
import type { Scenario } from './scenario.ts';

const TOKENS = 25;
/** 1,000 ends for F5 in all. */
const ROUNDS = Number(process.env.ROUNDS ?? 13);
const STOPPED_MS = [1000, 1900, 2100, 10_000];
const STOPPED_LONG_MS = 600_000;
const QUEUE_SHARE_MAX = 0.01;

export const freshness: Scenario = {
  ids: ['F3', 'F5', 'F6', 'F7'],
  title: 'whatever happens to a node and its ways, the bound holds',
  run: async (t) => {
    const postgres = await startPostgres(t, { engine: embeddedEngine(t) });
    const nodes = [null, null, 'notifications only', 'no lease', 'fresh because told'] as const;
    const rig = await startRig(t, { postgres, nodes, settings: { REQUEST_TIMEOUT_MS: '4000' } });
    for (const fault of FAULTS) {
      await t.test(fault.title, async (t) => {
        for (let round = 0; round < ROUNDS; round += 1) await endUnder(t, rig, fault, TOKENS);
      });
    }
    for (const ms of STOPPED_MS) await t.test(`F3: ${ms} ms`, (t) => stopUnder(t, rig, ms, TOKENS));
  },
};

export const stoppedForLong: Scenario = {
  ids: ['F3', 'F3-stop'],
  title: 'a node that was stopped for ten minutes holds nobody up, and lets nobody in',
  run: async (t) => {
    const postgres = await startPostgres(t, { engine: embeddedEngine(t) });
    const rig = await startRig(t, { postgres, nodes: [null, null, 'no lease'] });
    const used: number[] = [];
    const slow: number[] = [];
    const first = rig.nodes[0];
    if (first === undefined) return;
    const timer = setInterval(async () => {
      const began = performance.now();
      const token = await rig.token(first);
      await rig.end(first, token);
      slow.push(performance.now() - began);
      const [row] = await postgres.execute('select pg_notification_queue_usage() as used');
      used.push(Number(row?.used));
    }, 1000);
    await stopUnder(t, rig, STOPPED_LONG_MS, TOKENS);
    clearInterval(timer);
    t.ok(Math.max(...used) < QUEUE_SHARE_MAX, `the queue of notifications was used to ${Math.max(...used)}`);
    t.ok(Math.max(...slow) < 5000, `no change took longer than ${Math.round(Math.max(...slow))} ms`);
  },
};
