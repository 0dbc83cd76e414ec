// F12: the primary is lost, and a synchronous replica takes its place under load (promises P9: nothing acknowledged is lost). Also where
// the replica had been away: what was not on it was not acknowledged.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { targetOf } from '../support/tcp-proxy.ts';
import { durabilityFaults } from './rig/check-durability.ts';
import { lateAllows } from './rig/check-freshness.ts';
import { type Postgres, startPostgres, systemEngine } from './rig/postgres.ts';
import { BOUND_MS, type MadeToken, observing, type Rig, startRig } from './rig/rig.ts';
import { startWriters } from './rig/writers.ts';
import { type Scenario, tell } from './scenario.ts';

const FAILOVERS = 5;
const AWAY_MS = 6000;
/** The replica takes over at once here: what is left is an attempt that had no answer, and the one after it. */
const RESUMED_MS_MAX = 12_000;
const WRITERS = 6;

type Pair = { readonly primary: Postgres; readonly replica: Postgres };

/** A copy that has to have everything that is acknowledged. */
async function pairOf(primary: Postgres): Promise<Pair> {
  const replica = await primary.copy();
  await primary.execute(`alter system set synchronous_standby_names = '*'`);
  await primary.execute('select pg_reload_conf()');
  await eventually(async () => {
    const rows = await primary.execute(`select sync_state from pg_stat_replication`);
    return rows[0]?.sync_state === 'sync';
  });
  return { primary, replica };
}

async function promote({ nodes }: Pick<Rig, 'nodes'>, replica: Postgres): Promise<void> {
  await replica.execute('select pg_promote()');
  for (const { way } of nodes) {
    way.turnTo(targetOf(replica.url));
    way.reset();
  }
}

const acknowledged = ({ history }: Rig): number =>
  history.attempts.filter(({ status }) => status !== null && status < 300).length;

async function rigOf(t: Test, nodes: readonly null[]): Promise<{ rig: Rig; primary: Postgres } | null> {
  const engine = await systemEngine(t);
  if (engine === null) return null;
  const primary = await startPostgres(t, { engine });
  return { primary, rig: await startRig(t, { postgres: primary, nodes }) };
}

async function failovers(t: Test): Promise<void> {
  const started = await rigOf(t, [null, null]);
  if (started === null) return;
  const { rig } = started;
  const [node] = rig.nodes;
  if (node === undefined) return;
  let { primary } = started;
  for (let turn = 0; turn < FAILOVERS; turn += 1) {
    const pair = await pairOf(primary);
    const writing = startWriters(rig, { count: WRITERS, nodes: rig.nodes });
    const before = acknowledged(rig);
    await eventually(() => acknowledged(rig) > before + 4 * WRITERS);
    const gone: MadeToken = await rig.token(node);
    await rig.warm(gone);
    await rig.end(node, gone);
    await primary.kill();
    const lost_at = performance.now();
    const asking = keepAsking(rig, gone);
    await promote(rig, pair.replica);
    const then = acknowledged(rig);
    await eventually(() => acknowledged(rig) > then + WRITERS);
    const resumed_ms = performance.now() - lost_at;
    await writing.stop();
    await asking;
    t.ok(resumed_ms < RESUMED_MS_MAX, `changes were made again ${Math.round(resumed_ms)} ms after the loss`);
    t.same(lateAllows(rig.history, BOUND_MS), [], 'promises P2: nobody is let in after the bound');
    t.same(await durabilityFaults(observing(t, pair.replica.url), rig.history), [], 'nothing acknowledged is lost');
    primary = pair.replica;
  }
  tell(t, `${FAILOVERS} failovers, ${acknowledged(rig)} acknowledged`);
}

async function keepAsking(rig: Rig, token: MadeToken): Promise<void> {
  const until = performance.now() + BOUND_MS + 1500;
  while (performance.now() < until) {
    await Promise.all(rig.nodes.map((node) => rig.check(node, token)));
    await delay(50);
  }
}

/** The replica goes away, writers go on, the primary is lost, and the replica comes back and takes its place. */
async function afterAbsence(
  t: Test,
  { is_synchronous }: { is_synchronous: boolean },
): Promise<readonly string[] | null> {
  const started = await rigOf(t, [null]);
  if (started === null) return null;
  const { rig, primary } = started;
  const replica = is_synchronous ? (await pairOf(primary)).replica : await primary.copy();
  const writing = startWriters(rig, { count: WRITERS, nodes: rig.nodes });
  await eventually(() => acknowledged(rig) > 4 * WRITERS);
  await replica.kill();
  const before = acknowledged(rig);
  await delay(AWAY_MS);
  tell(t, `${acknowledged(rig) - before} acknowledged while the replica was away`);
  // What nobody has to wait for has an outcome; what waits for the replica has it when that is back.
  if (!is_synchronous) await writing.stop();
  await primary.kill();
  await replica.start();
  await promote(rig, replica);
  await writing.stop();
  return durabilityFaults(observing(t, replica.url), rig.history);
}

export const failover: Scenario = {
  ids: ['F12'],
  title: 'a synchronous replica takes the place of the primary, and nothing acknowledged is lost',
  run: async (t) => {
    await t.test('under load', failovers);
    await t.test('the replica had been away', async (t) => {
      const faults = await afterAbsence(t, { is_synchronous: true });
      if (faults !== null) t.same(faults, []);
    });
    await t.test('control: a replica that need not have everything loses something', async (t) => {
      const faults = await afterAbsence(t, { is_synchronous: false });
      if (faults !== null) t.not(faults.length, 0, `${faults.length} faults, as ${faults[0]}`);
    });
  },
};
