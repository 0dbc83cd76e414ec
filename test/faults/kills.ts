// F1, F2: nodes, PostgreSQL, or one of its processes are killed under load, at moments that nobody chooses. What was acknowledged is
// there afterwards, once, with its record; nothing is there by halves (promises P9, P13, P21, P22).

import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { durabilityFaults } from './rig/check-durability.ts';
import type { Attempt } from './rig/history.ts';
import type { Node, Rig } from './rig/rig.ts';
import { startWriters } from './rig/writers.ts';
import { quantile, tell } from './scenario.ts';

/** A moment long enough for some lives to be led between two kills. */
const BETWEEN_MS = { min: 100, max: 700 } as const;
const WRITERS = 8;
/** Who waits for an hour is told that it goes on. */
const TOLD_EVERY = 100;

type Victim = 'node' | 'server' | 'postmaster' | 'backend';

type Plan = {
  readonly victims: readonly Victim[];
  readonly kills: number;
  readonly nodes?: readonly Node[];
  readonly writers?: number;
};

type Killed = {
  /** What speaks against the promises. */
  readonly faults: readonly string[];
  /** How long after PostgreSQL took connections all nodes were ready, kill by kill. */
  readonly recovered_ms: readonly number[];
};

/** Kills so often under load, and judges what was written since the rig was started. */
export async function killUnderLoad(t: Test, rig: Rig, plan: Plan): Promise<Killed> {
  const { victims, kills, nodes = rig.nodes, writers = WRITERS } = plan;
  const { attempts } = rig.history;
  const acknowledged = (): number => attempts.filter(isAcknowledged).length;
  const writing = startWriters(rig, { count: writers, nodes });
  const recovered_ms: number[] = [];
  let begun = 0;

  /** Kills these, one after the other, until so many were killed by all. */
  async function killEachOf(own: readonly Node[]): Promise<void> {
    while (begun < kills) {
      const kill = begun;
      begun += 1;
      const before = acknowledged();
      await delay(randomInt(BETWEEN_MS.min, BETWEEN_MS.max));
      await eventually(() => acknowledged() > before + writers);
      const victim = victims[kill % victims.length] as Victim;
      const node = own[kill % own.length] as Node;
      if ((kill + 1) % TOLD_EVERY === 0) tell(t, `kill ${kill + 1} of ${kills}`);
      if (victim === 'node') {
        await node.kill();
        await node.start();
        continue;
      }
      await killOfServer(rig, victim);
      const up_at = performance.now();
      for (const each of nodes) await eventually(() => isReady(each));
      recovered_ms.push(performance.now() - up_at);
    }
  }

  // Nodes end independently of each other, also all of them at once; there is but one PostgreSQL.
  const are_nodes = victims.every((victim) => victim === 'node');
  await Promise.all((are_nodes ? nodes.map((node) => [node]) : [nodes]).map(killEachOf));
  await writing.stop();
  const faults = await durabilityFaults(rig.deps, rig.history);
  tell(
    t,
    `${kills} kills (${victims.join(', ')}): ${writing.lives()} lives, ${attempts.length} attempts, ${acknowledged()} acknowledged, ` +
      `${attempts.filter(({ status }) => status === null).length} without an answer, ${faults.length} faults`,
  );
  if (recovered_ms.length > 0) {
    const at = (share: number): string => `${Math.round(quantile(recovered_ms, share))} ms`;
    tell(t, `nodes were ready again ${at(0.5)} (median), at most ${at(1)} after PostgreSQL took connections`);
  }
  return { faults, recovered_ms };
}

function isAcknowledged({ status }: Attempt): boolean {
  return status !== null && status < 300;
}

async function isReady({ url }: Node): Promise<boolean> {
  const { status } = await fetch(`${url()}/health/ready`);
  return status === 200;
}

/**
 * Every message of the queue has been heard by its receiver: what a dead process had taken is taken from it after its time. After many
 * kills there are many; within so long some more has to be heard.
 */
export async function everyMessageIsHeard({ deps, sink }: Rig, ms_max: number): Promise<void> {
  const { rows } = await sql<{ guid: string }>`select guid from hook_messages`.execute(deps.db);
  const missing = (): number => {
    const heard = new Set<unknown>(sink.received.map(({ headers }) => headers['webhook-id']));
    return rows.filter(({ guid }) => !heard.has(guid)).length;
  };
  for (let left = missing(); left > 0; left = missing()) await eventually(() => missing() < left, ms_max);
}

async function killOfServer({ postgres }: Rig, victim: Exclude<Victim, 'node'>): Promise<void> {
  if (victim === 'backend') {
    const recoveries = (): number => postgres.log().split('reinitializing').length;
    const before = recoveries();
    // The server ends all others, which it says, and recovers by itself.
    if (await postgres.killBackend()) await eventually(() => recoveries() > before);
    await eventually(() =>
      postgres.execute('select 1').then(
        () => true,
        () => false,
      ),
    );
    return;
  }
  await (victim === 'server' ? postgres.kill() : postgres.killPostmaster());
  await postgres.start();
}
