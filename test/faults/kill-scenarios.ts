// F1, F2 in their whole form. `KILLS` says how many of each, where 500 are too many.

import type { Test } from 'tap';
import { everyMessageIsHeard, killUnderLoad } from './kills.ts';
import type { Plant } from './rig/plants.ts';
import { embeddedEngine, startPostgres } from './rig/postgres.ts';
import { type Rig, startRig } from './rig/rig.ts';
import type { Scenario } from './scenario.ts';

const KILLS = Number(process.env.KILLS ?? 500);
/** promises P10: after PostgreSQL takes connections again. */
const RECOVERED_MS_MAX = 3000;
/** What a dead process had taken is another's after 10 s of silence; what failed twice meanwhile comes a minute later. */
const HEARD_MS_MAX = 120_000;

async function rigOf(t: Test, nodes: readonly (Plant | null)[]): Promise<Rig> {
  return startRig(t, { postgres: await startPostgres(t, { engine: embeddedEngine(t) }), nodes });
}

export const killedNodes: Scenario = {
  ids: ['F1'],
  title: `nodes are killed ${KILLS} times under load: no acknowledged write is lost, none is there by halves`,
  run: async (t) => {
    const rig = await rigOf(t, [null, null, null]);
    const { faults } = await killUnderLoad(t, rig, { victims: ['node'], kills: KILLS });
    t.same(faults, []);
    await everyMessageIsHeard(rig, HEARD_MS_MAX);
    t.pass('promises P21: every message of a webhook was heard');
  },
};

export const killedServer: Scenario = {
  ids: ['F2'],
  title: `PostgreSQL is killed ${KILLS} times under load: no acknowledged write is lost, none is there by halves`,
  run: async (t) => {
    const rig = await rigOf(t, [null, null]);
    const victims = ['server', 'postmaster', 'backend'] as const;
    const { faults, recovered_ms } = await killUnderLoad(t, rig, { victims, kills: KILLS });
    t.same(faults, []);
    t.ok(
      Math.max(...recovered_ms) <= RECOVERED_MS_MAX,
      `ready again after ${Math.round(Math.max(...recovered_ms))} ms`,
    );
    for (const { service } of rig.nodes)
      t.equal(
        service()
          .output()
          .match(/Gatehouse listens/g)?.length,
        1,
        'no node ended',
      );
    await everyMessageIsHeard(rig, HEARD_MS_MAX);
    t.pass('promises P21: every message of a webhook was heard');
  },
};

export const killControls: Scenario = {
  ids: ['F1', 'F2'],
  title: 'control: what says done too early, or writes the record or the queue by and by, is found',
  run: async (t) => {
    for (const plant of [
      'answer before commit',
      'record outside the transaction',
      'queue outside the transaction',
    ] as const) {
      const { faults } = await killUnderLoad(t, await rigOf(t, [plant]), { victims: ['node'], kills: 5 });
      t.not(faults.length, 0, `${plant}: ${faults.length} faults, as ${faults[0]}`);
    }
  },
};
