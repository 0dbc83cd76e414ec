// F19: receivers of webhooks that fail, hang, trickle, break off, answer without end, send elsewhere, or have a name that changes its
// address. Whoever is well hears everything meanwhile, what failed is tried again, nobody is connected to who may not be, and the memory
// of the node stays as it is (promises P21).

import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Test } from 'tap';
import { startReceiver } from '../support/hook-world.ts';
import { eventually } from '../support/service.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import { startEvilReceivers } from './rig/evil-receivers.ts';
import type { Plant } from './rig/plants.ts';
import type { Node, Rig } from './rig/rig.ts';
import { quantile, type Scenario, tell } from './scenario.ts';

/** With two messages each to eight hooks: 10,000 deliveries. */
const TOKENS = 625;
const TOKENS_OF_CONTROL = 40;
const AT_ONCE = 8;
const FAILING = 20;
/** What PostgreSQL and the receiver need on a busy machine; who waits for those that hang waits longer. */
const HEARD_MS_MAX = 8000;
/** The second attempt is made 10 s after the first, and a little later. */
const TRIED_AGAIN_MS_MAX = 120_000;
const GIB = 1024 ** 3;
/** What a process takes that was started just now; two answers without end are far more. */
const GROWTH_MIB_MAX = 400;
/** The second half of the time takes hardly more than the first. */
const CREEP_MIB_MAX = 150;
const MIB = 1024 ** 2;
const BUSY_MS = 200;
const BUSY_TIMES = 100;

type Seen = {
  /** From the commit of a message until the receiver that is well has heard it, in ms. */
  readonly waits: readonly number[];
  readonly trapped: number;
  readonly growth_mib: number;
  readonly creep_mib: number;
  readonly swallowed_mib: number;
  /** Messages that were not delivered and will not be. */
  readonly lost: number;
  /** Of what the one that fails at first was to be told, so much it has not been told. */
  readonly missing: number;
};

async function memory(node: Node): Promise<number> {
  const text = await (await fetch(`${node.url()}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / MIB;
}

async function hook(rig: Rig, node: Node, url: string): Promise<number> {
  const config = { url, content_type: 'json', secret: 'a secret of the receiver' };
  const body = { name: 'web', config, events: ['personal_access_token_request'] };
  const made = await rig.call(node, 'POST', '/orgs/guard/hooks', rig.sessions.ada, body);
  if (made.status !== 201) throw new Error(`no hook was made: ${made.status} ${made.text}`);
  return JSON.parse(made.text).id;
}

/** Again where the node has too much to do, as one with a planted bug; what had no answer may have been done (409). */
async function called(
  rig: Rig,
  node: Node,
  by: string,
  path: string,
  bodyOf: (again: number) => object,
): Promise<string> {
  for (let again = 0; again < BUSY_TIMES; again += 1) {
    const { status, text } = await rig.call(node, 'POST', path, by, bodyOf(again));
    if (status !== null && (status < 300 || status === 409)) return text;
    if (status !== null && status !== 503) throw new Error(`${path}: ${status} ${text}`);
    await delay(BUSY_MS);
  }
  throw new Error(`${path}: no answer`);
}

/** A token that is asked for, and approved: two messages to each hook. */
async function ask(rig: Rig, node: Node, name: string): Promise<void> {
  const asked = { kind: 'fine_grained', resource_owner: 'guard', permissions: { members: 'read' } };
  const bodyOf = (again: number) => ({ ...asked, name: `${name}, attempt ${again}` });
  const made = await called(rig, node, rig.sessions.bob, '/user/personal-access-tokens', bodyOf);
  const path = `/orgs/guard/personal-access-token-requests/${JSON.parse(made).approval.request_id}`;
  await called(rig, node, rig.sessions.ada, path, () => ({ action: 'approve' }));
}

async function underEvil(t: Test, plant: Plant, { tokens, endless_bytes }: { tokens: number; endless_bytes: number }) {
  const rig = await startEmbeddedRig(t, [plant], { OUTBOUND_ALLOW: '127.0.0.1' });
  const [node] = rig.nodes;
  if (node === undefined) throw new Error('no node');
  const evil = await startEvilReceivers(t, { failing: FAILING, endless_bytes });
  const heard = new Map<string, number>();
  const well = await startReceiver(t, (response) => {
    const id = String(well.received.at(-1)?.headers['webhook-id']);
    if (!heard.has(id)) heard.set(id, Date.now());
    response.end();
  });
  const ids = new Map<string, number>();
  for (const [name, url] of Object.entries(evil.urls)) ids.set(name, await hook(rig, node, url));
  const well_id = await hook(rig, node, well.url);
  const before = await memory(node);
  const taken: number[] = [];
  for (let made = 0; made < tokens; made += AT_ONCE) {
    const names = Array.from({ length: Math.min(AT_ONCE, tokens - made) }, (_, n) => `evil ${made + n}`);
    await Promise.all(names.map((name) => ask(rig, node, name)));
    // No more at once than a receiver takes that is well: who waits, waits for others.
    await eventually(() => heard.size >= 2 * (made + names.length), HEARD_MS_MAX).catch(() => undefined);
    taken.push(await memory(node));
  }
  const messagesOf = async (hook_id: number | undefined) => {
    const { rows } = await sql<{ guid: string; at: Date }>`select guid, created_at as at from hook_messages
      where hook_id = ${hook_id} and event = 'personal_access_token_request'`.execute(rig.deps.db);
    return rows;
  };
  const told = await messagesOf(well_id);
  // Who is not heard in time counts as heard now.
  await eventually(() => heard.size >= told.length, HEARD_MS_MAX).catch(() => undefined);
  const waits = told.map(({ guid, at }) => (heard.get(guid) ?? Date.now()) - at.getTime());
  const half = Math.ceil(taken.length / 2);
  const early = Math.max(...taken.slice(0, half));
  const late = Math.max(early, ...taken.slice(half));
  const failing = await messagesOf(ids.get('fails at first'));
  const missing = (): number => failing.filter(({ guid }) => !evil.recovered.has(guid)).length;
  if (plant === 'names flip') await eventually(() => missing() === 0, TRIED_AGAIN_MS_MAX).catch(() => undefined);
  const { rows } = await sql<{ lost: number }>`select count(*)::int as lost from hook_messages m
    where not exists (select from hook_deliveries d where d.message_id = m.id and d.status = 'OK')
      and not exists (select from pgboss.job j where (j.data ->> 'message_id')::bigint = m.id
        and j.state in ('created', 'retry', 'active'))`.execute(rig.deps.db);
  const seen: Seen = {
    waits,
    missing: missing(),
    lost: rows[0]?.lost ?? 0,
    trapped: evil.trapped(),
    growth_mib: Math.round(late - before),
    creep_mib: Math.round(late - early),
    swallowed_mib: Math.round(evil.swallowed() / MIB),
  };
  const at = (share: number): string => `${Math.round(quantile(waits, share))} ms`;
  tell(
    t,
    `${told.length} messages to each of ${ids.size + 1} hooks; who is well heard half after ${at(0.5)}, 99 of 100 after ${at(0.99)}, ` +
      `all after ${at(1)}; ${seen.trapped} led astray; memory grew by ${seen.growth_mib} MiB, ${seen.creep_mib} of it late`,
  );
  return seen;
}

export const evilReceivers: Scenario = {
  ids: ['F19'],
  title: 'receivers of webhooks that mean harm harm nobody',
  run: async (t) => {
    await t.test('sound', async (t) => {
      const seen = await underEvil(t, 'names flip', { tokens: TOKENS, endless_bytes: GIB });
      t.ok(Math.max(...seen.waits) <= HEARD_MS_MAX, 'who is well hears everything, and soon');
      t.equal(seen.trapped, 0, 'nobody is connected to who may not be');
      t.equal(seen.missing, 0, 'what failed is tried again until it is heard');
      t.equal(seen.lost, 0, 'everything was delivered, or will be tried again');
      t.ok(seen.growth_mib <= GROWTH_MIB_MAX, `memory grew by ${seen.growth_mib} MiB`);
      t.ok(seen.creep_mib <= CREEP_MIB_MAX, `${seen.creep_mib} MiB of it in the second half of the time`);
    });
    const few = { tokens: TOKENS_OF_CONTROL, endless_bytes: GIB / 4 };
    await t.test('control: where one hook may have all attempts, the others wait', async (t) => {
      const seen = await underEvil(t, 'any number of attempts at one hook', few);
      t.ok(Math.max(...seen.waits) > HEARD_MS_MAX, `${Math.round(Math.max(...seen.waits))} ms`);
    });
    await t.test('control: a node that follows redirects, or asks twice where a name leads, is trapped', async (t) => {
      for (const plant of ['follows redirects', 'asks twice where a name leads'] as const) {
        const { trapped } = await underEvil(t, plant, { ...few, tokens: 4 });
        t.not(trapped, 0, plant);
      }
    });
    await t.test('control: a node that reads all that it is sent grows', async (t) => {
      const seen = await underEvil(t, 'reads all that it is sent', few);
      t.ok(seen.growth_mib > GROWTH_MIB_MAX, `${seen.growth_mib} MiB`);
    });
  },
};
