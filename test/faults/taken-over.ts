// promises P21: a node is killed, or stopped, in the middle of an attempt at a webhook. Another one delivers the message, after the time in
// which the first would have said that it is at it. A killed node's message comes once more; a stopped one's too, and no third time.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { type Receiver, startReceiver } from '../support/hook-world.ts';
import { eventually } from '../support/service.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Plant } from './rig/plants.ts';
import type { Node, Rig } from './rig/rig.ts';
import { quantile, type Scenario, tell } from './scenario.ts';

const ROUNDS = 5;
/** 10 s of silence, which is looked for every 5 s; and what a busy machine adds. */
const TAKEN_OVER_MS_MAX = 25_000;
const TOLD_MS = 16_000;
/** So long after the delivery nothing more may come: the stopped node has gone on long ago. */
const QUIET_MS = 8000;

/** Leaves every first attempt without an answer; what comes again is answered. */
async function holdingReceiver(t: Test): Promise<Receiver> {
  return startReceiver(t, (response, n) => {
    if (n > 1) response.end();
  });
}

/** This node has begun an attempt at a new hook, and waits for its answer; the others had no chance to. */
async function beginAttempt(rig: Rig, node: Node, receiver: Receiver): Promise<void> {
  const others = rig.nodes.filter((each) => each !== node);
  for (const other of others) other.pause('SIGSTOP');
  const config = { url: receiver.url, content_type: 'json', secret: 'a secret of the receiver' };
  const hook = { name: 'web', config, events: ['personal_access_token_request'] };
  const made = await rig.call(node, 'POST', '/orgs/acme/hooks', rig.sessions.ada, hook);
  if (made.status !== 201) throw new Error(`no hook was made: ${made.status} ${made.text}`);
  await receiver.until(1);
  for (const other of others) other.pause('SIGCONT');
}

const messages = ({ received }: Receiver): readonly unknown[] => received.map(({ headers }) => headers['webhook-id']);

/** How long after the loss of the node the message came by the other one; null: it did not. */
async function takenOver(receiver: Receiver, lost_at: number): Promise<number | null> {
  const is_heard = await eventually(() => receiver.received.length > 1, TAKEN_OVER_MS_MAX).then(
    () => true,
    () => false,
  );
  return is_heard ? performance.now() - lost_at : null;
}

async function losses(t: Test, plant: Plant | null): Promise<void> {
  const rig = await startEmbeddedRig(t, [plant, plant]);
  const node = rig.nodes[0] as Node;
  const took: number[] = [];
  for (let round = 0; round < (plant === null ? ROUNDS : 1); round += 1) {
    const receiver = await holdingReceiver(t);
    await beginAttempt(rig, node, receiver);
    await node.kill();
    const ms = await takenOver(receiver, performance.now());
    if (plant !== null) return void t.equal(ms, null, 'nobody takes over what nobody knows to be lost');
    t.not(ms, null, `killed: the other node delivered after ${Math.round(ms ?? 0)} ms`);
    took.push(ms ?? Number.POSITIVE_INFINITY);
    await node.start();
    t.equal(new Set(messages(receiver)).size, 1, 'the same message');
    t.equal(receiver.received.length, 2, 'twice in all');
  }
  const at = (share: number): string => `${Math.round(quantile(took, share))} ms`;
  tell(t, `killed ${ROUNDS} times: delivered by the other node after ${at(0.5)} (median), at most ${at(1)}`);
}

async function stops(t: Test): Promise<void> {
  const rig = await startEmbeddedRig(t, [null, null]);
  const node = rig.nodes[0] as Node;
  const receiver = await holdingReceiver(t);
  await beginAttempt(rig, node, receiver);
  node.pause('SIGSTOP');
  const ms = await takenOver(receiver, performance.now());
  t.not(ms, null, `stopped: the other node delivered after ${Math.round(ms ?? 0)} ms`);
  node.pause('SIGCONT');
  await delay(QUIET_MS);
  t.equal(new Set(messages(receiver)).size, 1, 'the same message');
  t.equal(receiver.received.length, 2, 'a stopped node that goes on sends it no third time');
  tell(
    t,
    `stopped: delivered by the other node after ${Math.round(ms ?? 0)} ms; ${receiver.received.length} times in all`,
  );
}

export const takenOverDeliveries: Scenario = {
  ids: ['P21'],
  title: `what a lost node was delivering another one delivers after about ${TOLD_MS} ms`,
  run: async (t) => {
    await t.test('a node is killed', (t) => losses(t, null));
    await t.test('a node is stopped', stops);
    await t.test('control: jobs of which nobody has to say anything', (t) => losses(t, 'nobody misses the dead'));
  },
};
