// F18: nodes behind PgBouncer, which has each transaction done by whichever session is free, are killed under load. What was
// acknowledged is there, and nobody is let in after the bound, though nobody tells these nodes of commits.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { pooled } from '../support/pooler.ts';
import { programs } from '../support/programs.ts';
import { killUnderLoad } from './kills.ts';
import { lateAllows } from './rig/check-freshness.ts';
import type { Plant } from './rig/plants.ts';
import { embeddedEngine, startPostgres } from './rig/postgres.ts';
import { BOUND_MS, type Node, type Rig, startRig } from './rig/rig.ts';
import { startWriters } from './rig/writers.ts';
import { type Scenario, tell } from './scenario.ts';

const KILLS = 20;
const ENDS = 25;
const WRITERS = 6;

async function rigOf(t: Test, pgbouncer: string, nodes: readonly (Plant | null)[]): Promise<Rig> {
  const postgres = await startPostgres(t, { engine: embeddedEngine(t) });
  const url = await pooled(t, postgres.url, pgbouncer, 'transaction');
  return startRig(t, { postgres, url, nodes });
}

/** Tokens end while others write; each is asked about at every node until the bound is over. */
async function endUnderLoad(rig: Rig): Promise<void> {
  const writing = startWriters(rig, { count: WRITERS, nodes: rig.nodes });
  for (let turn = 0; turn < ENDS; turn += 1) {
    const node = rig.nodes[turn % rig.nodes.length] as Node;
    const token = await rig.token(node);
    await rig.warm(token);
    await rig.end(node, token);
    const until = performance.now() + BOUND_MS + 300;
    while (performance.now() < until) {
      await Promise.all(rig.nodes.map((each) => rig.check(each, token)));
      await delay(25);
    }
  }
  await writing.stop();
}

export const behindAPooler: Scenario = {
  ids: ['F18'],
  title: 'nodes behind PgBouncer lose nothing, and let nobody in after the bound',
  run: async (t) => {
    const found = await programs(t, { pgbouncer: { name: 'pgbouncer', debian_package: 'pgbouncer' } });
    if (found === null) return;
    await t.test('under load, with kills', async (t) => {
      const rig = await rigOf(t, found.pgbouncer, [null, null]);
      await endUnderLoad(rig);
      t.same(lateAllows(rig.history, BOUND_MS), [], 'promises P2');
      const allowed = rig.history.checks.filter(({ decision }) => decision === true).length;
      tell(t, `${ENDS} ends, ${rig.history.checks.length} checks, ${allowed} of them a yes`);
      const { faults } = await killUnderLoad(t, rig, { victims: ['node'], kills: KILLS, writers: WRITERS });
      t.same(faults, [], 'promises P9');
    });
    await t.test('control: nodes without a bound are found', async (t) => {
      const rig = await rigOf(t, found.pgbouncer, ['no lease', 'no lease']);
      for (const node of rig.nodes) {
        const token = await rig.token(node);
        await rig.warm(token);
        const [other] = rig.nodes.filter((each) => each !== node);
        other?.way.hang();
        await rig.end(node, token);
        const until = performance.now() + BOUND_MS + 1500;
        while (other !== undefined && performance.now() < until) {
          await rig.check(other, token);
          await delay(50);
        }
        other?.way.heal();
      }
      t.not(lateAllows(rig.history, BOUND_MS).length, 0);
    });
  },
};
