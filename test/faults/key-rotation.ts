// F21: the signing key is rotated, and one is withdrawn, while JWTs are made on every node and a node is cut off from what tells of
// changes. Whatever any node has signed verifies at once by the keys that any node publishes; what a withdrawn key would sign, nobody
// signs after the bound. The hour for which a key is published before it signs is made short in the database: the clocks of nodes are true.

import { setTimeout as delay } from 'node:timers/promises';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Plant } from './rig/plants.ts';
import { BOUND_MS, FEED, type MadeToken, type Node, type Rig } from './rig/rig.ts';
import { type Scenario, tell } from './scenario.ts';

/** Longer than the bound, after which every node publishes it. */
const AHEAD_MS = 3 * BOUND_MS;
const ASKED_MS = 100;
const ROTATIONS = 3;
const PASSWORD = 'a password of the test';
const KEYS = '/admin/signing-keys';

type Signed = { readonly node: string; readonly jwt: string; readonly kid: string; readonly sent_at: number };

async function administrator(rig: Rig, node: Node): Promise<string> {
  const asked = { login: 'admin', password: PASSWORD };
  const { text } = await rig.call(node, 'POST', '/sessions', rig.authorization, asked);
  return JSON.parse(text).token;
}

/** A JWT that this node signs now; null: it says that it cannot. */
async function sign(rig: Rig, node: Node, { token }: MadeToken): Promise<Signed | null> {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    requested_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  });
  const { status, text, sent_at } = await rig.call(node, 'POST', '/oauth/token', rig.authorization, form.toString());
  if (status === 503 || status === null) return null;
  if (status !== 200) throw new Error(`no JWT: ${status} ${text}`);
  const jwt = JSON.parse(text).access_token;
  return { node: node.name, jwt, kid: String(decodeProtectedHeader(jwt).kid), sent_at };
}

async function verifies(node: Node, jwt: string): Promise<boolean> {
  const jwks = (await (await fetch(`${node.url()}/oauth/jwks`)).json()) as JSONWebKeySet;
  return jwtVerify(jwt, createLocalJWKSet(jwks)).then(
    () => true,
    () => false,
  );
}

type Watch = { readonly signed: Signed[]; readonly faults: string[]; readonly stop: () => Promise<void> };

/** Has every node sign again and again, and verifies each JWT by the keys of each, until it is told to stop. */
function keepSigning(rig: Rig, token: MadeToken): Watch {
  const [signed, faults]: [Signed[], string[]] = [[], []];
  let is_over = false;
  const work = rig.nodes.map(async (node) => {
    while (!is_over) {
      const made = await sign(rig, node, token);
      if (made !== null) {
        signed.push(made);
        for (const each of rig.nodes) {
          if (!(await verifies(each, made.jwt))) faults.push(`signed by ${node.name}, not verified by ${each.name}`);
        }
      }
      await delay(ASKED_MS);
    }
  });
  return {
    signed,
    faults,
    stop: async () => {
      is_over = true;
      await Promise.all(work);
    },
  };
}

/** What goes wrong; empty where nothing does. */
async function rotate(t: Test, plant: Plant | null, rotations: number): Promise<readonly string[]> {
  const rig = await startEmbeddedRig(t, [null, null, plant]);
  const [first, , last] = rig.nodes;
  if (first === undefined || last === undefined) return ['no nodes'];
  const token = await rig.token(first);
  const session = await administrator(rig, first);
  const watch = keepSigning(rig, token);
  // Who reads the keys but once has to have done it by then.
  const signedBy = (name: string): number => watch.signed.filter(({ node }) => node === name).length;
  await eventually(() => rig.nodes.every(({ name }) => signedBy(name) > 1));
  for (let turn = 0; turn < rotations; turn += 1) {
    await delay(BOUND_MS);
    last.way.swallow('both', FEED);
    const made = await rig.call(first, 'POST', KEYS, session);
    if (made.status !== 201) return [`no key: ${made.status} ${made.text}`];
    await rig.postgres.execute(
      `update signing_keys set signs_from = now() + make_interval(secs => ${AHEAD_MS / 1000}) where signs_from > now()`,
    );
    await delay(AHEAD_MS + BOUND_MS);
    last.way.heal();
    const { kid } = JSON.parse(made.text);
    const late = watch.signed.filter(({ sent_at }) => sent_at > performance.now() - BOUND_MS / 2);
    if (late.length === 0) watch.faults.push('nobody signs');
    if (late.some((each) => each.kid !== kid)) watch.faults.push('the old key signs on');
  }
  const [oldest] = watch.signed;
  for (const node of rig.nodes) {
    if (oldest === undefined || !(await verifies(node, oldest.jwt)))
      watch.faults.push('what the old key signed is lost');
  }
  last.way.swallow('both', FEED);
  const kid = watch.signed.at(-1)?.kid;
  // From here on what a node signs need not verify elsewhere until the bound: that is what withdrawal is for.
  const before = watch.faults.length;
  const withdrawn = await rig.call(first, 'DELETE', `${KEYS}/${kid}`, session);
  const withdrawn_at = performance.now();
  if (withdrawn.status !== 204) return [`not withdrawn: ${withdrawn.status} ${withdrawn.text}`];
  await delay(2 * BOUND_MS);
  await watch.stop();
  const faults = watch.faults.slice(0, before);
  const after = watch.signed.filter((each) => each.kid === kid && each.sent_at > withdrawn_at + BOUND_MS);
  if (after.length > 0) faults.push(`a withdrawn key has signed ${after.length} times after the bound`);
  if (watch.signed.some((each) => each.kid === kid && each.node === 'a' && each.sent_at > withdrawn_at))
    faults.push('a withdrawn key has signed where it was withdrawn');
  const kids = new Set(watch.signed.map((each) => each.kid)).size;
  tell(
    t,
    `${watch.signed.length} JWTs of ${kids} keys, each verified by the keys of ${rig.nodes.length} nodes: ${faults.length} faults`,
  );
  return faults;
}

export const keyRotation: Scenario = {
  ids: ['F21'],
  title: 'keys are rotated and withdrawn while JWTs are made and verified on every node',
  run: async (t) => {
    t.same(await rotate(t, null, ROTATIONS), []);
    await t.test('control: a node that reads the keys once is found', async (t) => {
      const faults = await rotate(t, 'reads the keys once', 1);
      t.not(faults.length, 0, `${faults.length} faults, as ${faults[0]}`);
    });
  },
};
