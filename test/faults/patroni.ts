// F13: PostgreSQL is kept by Patroni and etcd. The leader is lost, or is cut off from etcd and steps back. No two members say at once to be
// the primary, nothing acknowledged is lost, and nobody is let in after the bound (promises P2, P9, P10). What becomes of a cluster whose
// Patroni stands still and goes on is Patroni's and its watchdog's to say; the control has only the beginning of it.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { durabilityFaults } from './rig/check-durability.ts';
import { lateAllows } from './rig/check-freshness.ts';
import { type Cluster, type Member, startPatroni, TTL_SECONDS } from './rig/patroni.ts';
import type { Postgres } from './rig/postgres.ts';
import { BOUND_MS, type MadeToken, type Node, observing, type Rig, startRig } from './rig/rig.ts';
import { startWriters } from './rig/writers.ts';
import { quantile, type Scenario, tell } from './scenario.ts';

/** Of each kind. */
const TIMES = Number(process.env.FAILOVERS ?? 10);
const WRITERS = 6;
const REPLACED_MS_MAX = 120_000;
/** promises P10: Patroni's time, and 5 s; and what a busy machine adds. */
const RESUMED_MS_MAX = TTL_SECONDS * 1000 + 25_000;

type Loss = { readonly begin: (leader: Member) => unknown; readonly end: (former: Member) => void };

const LOSSES: Readonly<Record<string, Loss>> = {
  'the leader is lost': { begin: (leader) => leader.kill(), end: (former) => former.start() },
  'the leader is cut off from etcd': {
    begin: ({ etcd }) => etcd.hang(),
    end: ({ etcd }) => etcd.heal(),
  },
};

const acknowledged = ({ history }: Rig): number =>
  history.attempts.filter(({ status }) => (status ?? 500) < 300).length;

async function startOver(t: Test, cluster: Cluster, nodes: number): Promise<Rig> {
  // What the rig does to a single server it does not do here.
  const postgres = cluster.postgres as Postgres;
  return startRig(t, { postgres, nodes: Array.from({ length: nodes }, () => null) });
}

/** Asks until it is told to stop. */
function keepAsking(rig: Rig, nodes: readonly Node[], token: MadeToken): () => Promise<void> {
  let is_over = false;
  const asking = (async () => {
    while (!is_over) {
      await Promise.all(nodes.map((node) => rig.check(node, token)));
      await delay(50);
    }
  })();
  return async () => {
    is_over = true;
    await asking;
  };
}

/** Ends the token however often that takes. An attempt without an answer may have done it, which the next one is told by 404. */
async function endSurely(rig: Rig, node: Node, token: MadeToken): Promise<void> {
  await eventually(async () => {
    const { status, got_at } = await rig.end(node, token);
    if (status === 404) rig.history.taken.push({ token_id: token.id, acknowledged_at: got_at });
    return status === 204 || status === 404;
  }, REPLACED_MS_MAX);
}

/** Until the changes of others are made again, in ms; the former leader comes back afterwards. */
async function loseLeader(t: Test, rig: Rig, cluster: Cluster, { begin, end }: Loss): Promise<number> {
  const [node] = rig.nodes;
  const former = cluster.leader();
  if (node === undefined || former === null) throw new Error('nobody leads');
  const [before_end, at_loss] = [await rig.token(node), await rig.token(node)];
  for (const token of [before_end, at_loss]) await rig.warm(token);
  await rig.end(node, before_end);
  const stop = keepAsking(rig, rig.nodes, before_end);
  const stopAtLoss = keepAsking(rig, rig.nodes, at_loss);
  const lost_at = performance.now();
  await begin(former);
  // Asked until it is acknowledged, which may be by the next leader.
  const ended = endSurely(rig, node, at_loss);
  await eventually(() => ![null, former].includes(cluster.leader()), REPLACED_MS_MAX);
  const then = acknowledged(rig);
  await eventually(() => acknowledged(rig) > then + WRITERS, REPLACED_MS_MAX);
  const resumed_ms = performance.now() - lost_at;
  await ended;
  await delay(BOUND_MS + 1000);
  await stop();
  await stopAtLoss();
  end(former);
  const isComplete = async (): Promise<boolean> => {
    const rows = await cluster.postgres.execute(`select from pg_stat_replication where state = 'streaming'`);
    return rows.length === cluster.members.length - 1;
  };
  await eventually(() => isComplete().catch(() => false), REPLACED_MS_MAX);
  t.same(lateAllows(rig.history, BOUND_MS), [], 'promises P2: nobody is let in after the bound');
  t.ok(resumed_ms < RESUMED_MS_MAX, `changes were made again after ${Math.round(resumed_ms)} ms`);
  return resumed_ms;
}

function lastFatal(output: string): string {
  return output.split('\n').findLast((line) => line.includes('"level":60')) ?? '';
}

async function losses(t: Test): Promise<void> {
  const cluster = await startPatroni(t);
  if (cluster === null) return;
  const rig = await startOver(t, cluster, 2);
  for (const [name, loss] of Object.entries(LOSSES)) {
    await t.test(name, async (t) => {
      const writing = startWriters(rig, { count: WRITERS, nodes: rig.nodes });
      const resumed: number[] = [];
      for (let turn = 0; turn < TIMES; turn += 1) resumed.push(await loseLeader(t, rig, cluster, loss));
      await writing.stop();
      const at = (share: number): string => `${(quantile(resumed, share) / 1000).toFixed(1)} s`;
      tell(t, `${TIMES} times: changes were made again after ${at(0.5)} (median), at most ${at(1)}`);
    });
  }
  t.same(await durabilityFaults(observing(t, cluster.postgres.url), rig.history), [], 'nothing acknowledged is lost');
  t.equal(cluster.twice(), 0, 'no two members said at once to be the primary');
  for (const { service } of rig.nodes)
    t.notOk(service().isOver(), `no node has ended: ${lastFatal(service().output())}`);
  tell(
    t,
    `${rig.history.attempts.length} attempts, ${acknowledged(rig)} acknowledged, ${rig.history.checks.length} checks`,
  );
}

/** A node that is led to the former primary, whatever its Patroni says. */
async function ledAstray(t: Test): Promise<void> {
  const cluster = await startPatroni(t);
  if (cluster === null) return;
  const rig = await startOver(t, cluster, 2);
  const [first, astray] = rig.nodes;
  const former = cluster.leader();
  if (first === undefined || astray === undefined || former === null) return;
  const token = await rig.token(first);
  await rig.warm(token);
  astray.way.turnTo(former.port);
  astray.way.reset();
  await eventually(async () => (await rig.check(astray, token)) === true);
  former.pause('SIGSTOP');
  await eventually(() => ![null, former].includes(cluster.leader()), REPLACED_MS_MAX);
  await endSurely(rig, first, token);
  await delay(BOUND_MS);
  const until = performance.now() + BOUND_MS;
  while (performance.now() < until) await rig.check(astray, token);
  former.pause('SIGCONT');
  const late = lateAllows(rig.history, BOUND_MS);
  t.not(late.length, 0, `${late.length} times`);
  t.ok(
    late.every(({ node }) => node === astray.name),
    'and only there',
  );
}

export const patroni: Scenario = {
  ids: ['F13'],
  title: 'Patroni and etcd: the leader is lost, or cut off from etcd',
  run: async (t) => {
    await t.test('sound', losses);
    await t.test('control: a node that is led to a primary of yesterday is found', ledAstray);
  },
};
