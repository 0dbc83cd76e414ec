// F23: a node whose event loop stands still for longer than the bound, that has to share its processor with twice as many others, or
// that gets no more memory. Nobody is let in after the bound, a node that has ended for want of memory has lost nothing that was
// acknowledged, and what is left goes on by itself (promises P2, P9, P23).

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { programs } from '../support/programs.ts';
import { eventually } from '../support/service.ts';
import { BLOCKED_MS } from './rig/blocking-loader.ts';
import { durabilityFaults } from './rig/check-durability.ts';
import { lateAllows } from './rig/check-freshness.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import { planted } from './rig/plants.ts';
import { BOUND_MS, FEED, type Node, type Rig } from './rig/rig.ts';
import { startWriters } from './rig/writers.ts';
import { type Scenario, tell } from './scenario.ts';

const BLOCKS = {
  NODE_OPTIONS: `--import ${new URL('./rig/blocking-loader.ts', import.meta.url).href}`,
  BLOCKS_ON_SIGNAL: '1',
};
const TOKENS = 25;
const ROUNDS = 5;
/** Of the time of which a node asks for too much. */
const ENDED_MS_MAX = 30_000;
const WRITERS = 8;
const KILLS = 3;
const MORE_BYTES = 24 * 1024 * 1024;

/** Answers that let somebody in after the bound, by the node. */
type Late = ReadonlyMap<string, number>;

async function lateAfter(rig: Rig, fault: (others: readonly Node[]) => void): Promise<Late> {
  const [first, ...others] = rig.nodes;
  if (first === undefined) return new Map();
  const tokens = await Promise.all(Array.from({ length: TOKENS }, () => rig.token(first)));
  for (const token of tokens) await rig.warm(token);
  const [checks, taken] = [rig.history.checks.length, rig.history.taken.length];
  fault(others);
  for (const token of tokens) await rig.end(first, token);
  const asked: Promise<unknown>[] = [];
  const until = performance.now() + BLOCKED_MS + 1000;
  for (let turn = 0; performance.now() < until; turn += 1) {
    for (const node of others) asked.push(rig.check(node, tokens[turn % TOKENS] as (typeof tokens)[number]));
    await delay(20);
  }
  await Promise.all(asked);
  for (const { way } of others) way.heal();
  const since = { checks: rig.history.checks.slice(checks), taken: rig.history.taken.slice(taken) };
  for (const { url } of rig.nodes) await eventually(async () => (await fetch(`${url()}/health/live`)).status === 200);
  return new Map(
    rig.nodes.map(({ name }) => [name, lateAllows(since, BOUND_MS).filter((each) => each.node === name).length]),
  );
}

async function blocked(t: Test): Promise<void> {
  // A node with a bug has both: what blocks it, and what is planted.
  const bug = planted('no lease');
  const both = { ...bug, ...BLOCKS, NODE_OPTIONS: `${bug.NODE_OPTIONS} ${BLOCKS.NODE_OPTIONS}` };
  const rig = await startEmbeddedRig(t, [null, null, null], {}, [{}, BLOCKS, both]);
  for (let round = 0; round < ROUNDS; round += 1) {
    const late = await lateAfter(rig, (others) => {
      for (const { service, way } of others) {
        process.kill(service().pid, 'SIGUSR2');
        // What is told comes after what is asked.
        way.hang(FEED);
      }
    });
    t.same([late.get('a'), late.get('b')], [0, 0], 'nobody is let in after the bound');
    t.not(late.get('c'), 0, 'control: a node without a bound is found');
  }
  tell(t, `${ROUNDS * TOKENS} ends while the event loop stood still for ${BLOCKED_MS} ms`);
}

async function crowded(t: Test): Promise<void> {
  const rig = await startEmbeddedRig(t, [null, null, 'no lease']);
  const others = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  const end = (): void => others.forEach((each) => void each.kill('SIGKILL'));
  t.teardown(end);
  const late = await lateAfter(rig, (nodes) => {
    for (const { way } of nodes) way.hang(FEED);
  });
  end();
  t.same([late.get('a'), late.get('b')], [0, 0], 'nobody is let in after the bound');
  t.not(late.get('c'), 0, 'control: a node without a bound is found');
  tell(t, `${TOKENS} ends beside ${others.length} processes that never rest`);
}

/** No more than it has, and a little. */
function takeMemory(prlimit: string, node: Node): void {
  const { pid } = node.service();
  const size = /^VmSize:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  spawnSync(prlimit, ['--pid', String(pid), `--as=${Number(size) * 1024 + MORE_BYTES}`]);
}

async function starved(t: Test): Promise<void> {
  const found = await programs(t, { prlimit: { name: 'prlimit', debian_package: 'util-linux' } });
  if (found === null) return;
  const rig = await startEmbeddedRig(t, [null, null]);
  const [first] = rig.nodes;
  if (first === undefined) return;
  const acknowledged = (): number => rig.history.attempts.filter(({ status }) => (status ?? 500) < 300).length;
  let ended = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const writing = startWriters(rig, { count: WRITERS, nodes: rig.nodes });
    const before = acknowledged();
    await eventually(() => acknowledged() > before + 4 * WRITERS);
    takeMemory(found.prlimit, first);
    const has_ended = await eventually(() => first.service().isOver(), ENDED_MS_MAX).then(
      () => true,
      () => false,
    );
    if (has_ended) ended += 1;
    else await first.kill();
    await first.start();
    const then = acknowledged();
    await eventually(() => acknowledged() > then + WRITERS);
    await writing.stop();
  }
  t.same(await durabilityFaults(rig.deps, rig.history), [], 'nothing acknowledged is lost, nothing is there by halves');
  t.not(ended, 0, 'control: some did end for want of memory');
  tell(
    t,
    `${ended} of ${KILLS} nodes ended for want of memory; ${rig.history.attempts.length} attempts, ${acknowledged()} acknowledged`,
  );
}

export const pressure: Scenario = {
  ids: ['F23'],
  title: 'too little processor and memory let nobody in, and lose nothing',
  run: async (t) => {
    await t.test('the event loop stands still', blocked);
    await t.test('twice as many processes as processors', crowded);
    await t.test('no more memory', starved);
  },
};
