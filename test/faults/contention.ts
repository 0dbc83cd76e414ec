// F17: two hundred calls at once approve, deny, edit, withdraw and delete one token over two nodes, while somebody else locks the same
// rows in the opposite order, so that PostgreSQL has to break deadlocks. Every request has one end, which stands once in the record and
// is told once; nobody is told of a fault but that it is to be tried again (A2, L1, L3, promises P13).

import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import type { Test } from 'tap';
import { type Answer, send } from './rig/history.ts';
import type { Plant } from './rig/plants.ts';
import { embeddedEngine, startPostgres } from './rig/postgres.ts';
import { type MadeToken, type Node, type Rig, startRig } from './rig/rig.ts';
import { type Effort, type Scenario, tell } from './scenario.ts';

const ROUNDS = { quick: 2, whole: 20 } as const;
const CALLS = { quick: 60, whole: 200 } as const;
const TIMEOUT_MS = 10_000;
const SLACK_MS = 2000;
/** So soon a deadlock is looked for, or most calls would be over before. */
const DEADLOCKS_SOON = 'deadlock_timeout=20ms';
const TOKENS = '/user/personal-access-tokens';
const REQUESTS = '/orgs/guard/personal-access-token-requests';
const WISHES = [{ contents: 'read' }, { contents: 'write' }, { issues: 'write' }];

type What = 'approve' | 'deny' | 'edit' | 'withdraw' | 'again' | 'delete';
type Called = { readonly what: What; readonly name: string; readonly answer: Answer };
type Asked = MadeToken & { readonly request_id: number };

/** A token of bob's that waits for approval. */
async function askedToken(rig: Rig, node: Node, name: string): Promise<Asked> {
  const permissions = { contents: 'read' };
  const body = { kind: 'fine_grained', name, resource_owner: 'guard', repository_selection: 'all', permissions };
  const made = await rig.call(node, 'POST', TOKENS, rig.sessions.bob, body);
  if (made.status !== 201) throw new Error(`no token was made: ${made.status} ${made.text}`);
  const { id, token, approval } = JSON.parse(made.text);
  return { id, token, request_id: approval.request_id };
}

/** Mostly reviews of the one request; of the holder's acts some make another one. */
function whatOf(n: number, count: number): What {
  if (n === count - 5) return 'delete';
  const acts: readonly What[] = ['approve', 'deny', 'approve', 'deny', 'edit', 'deny', 'approve', 'withdraw', 'again'];
  return acts[n % acts.length] ?? 'approve';
}

/** Takes the rows in the order in which nobody of ours does, again and again, until it is told to stop. */
async function lockContrarily(rig: Rig, { id }: MadeToken): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: rig.postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  let is_over = false;
  const locking = (async () => {
    while (!is_over) {
      await client.query('begin');
      // The loser of a deadlock may be this one.
      await client
        .query({ text: 'select from tokens where id = $1 for update', values: [id] })
        .then(() => delay(5))
        .then(() =>
          client.query(
            `select from memberships where user_id = (select id from accounts where login = 'bob') for update`,
          ),
        )
        .catch(() => undefined);
      await client.query('rollback');
    }
  })();
  const end = async (): Promise<void> => {
    is_over = true;
    await locking;
    await client.end();
  };
  return end;
}

async function race(rig: Rig, token: Asked, count: number): Promise<readonly Called[]> {
  const by = (session: string) => ({ authorization: `Bearer ${session}` });
  const own = `${TOKENS}/${token.id}`;
  let newest = token.request_id;
  const stop = await lockContrarily(rig, token);
  const called = await Promise.all(
    Array.from({ length: count }, async (_, n): Promise<Called> => {
      // Not all in one moment: a request that is made meanwhile is reviewed too.
      await delay((n % 10) * 15);
      const node = rig.nodes[n % rig.nodes.length] as Node;
      const what = whatOf(n, count);
      const name = `race-${token.id}-${n}`;
      const holder = { headers: { ...by(rig.sessions.bob), 'x-request-id': name } };
      const reviewer = { headers: { ...by(rig.sessions.ada), 'x-request-id': name } };
      const calls = {
        approve: { method: 'POST', url: `${REQUESTS}/${newest}`, body: { action: 'approve' }, ...reviewer },
        deny: { method: 'POST', url: `${REQUESTS}/${newest}`, body: { action: 'deny' }, ...reviewer },
        edit: { method: 'PATCH', url: own, body: { permissions: WISHES[n % WISHES.length] }, ...holder },
        withdraw: { method: 'DELETE', url: `${own}/request`, ...holder },
        again: { method: 'POST', url: `${own}/request`, ...holder },
        delete: { method: 'DELETE', url: own, ...holder },
      } as const;
      const call = calls[what];
      const answer = await send({ ...call, url: `${node.url()}${call.url}`, timeout_ms: 3 * TIMEOUT_MS });
      const made = answer.status === 201 || answer.status === 200 ? JSON.parse(answer.text) : {};
      newest = Math.max(newest, made.request_id ?? made.approval?.request_id ?? 0);
      return { what, name, answer };
    }),
  );
  await stop();
  return called;
}

const TERMINAL: Readonly<Record<string, string>> = {
  'personal_access_token.access_granted': 'approved',
  'personal_access_token.request_denied': 'denied',
  'personal_access_token.request_cancelled': 'cancelled',
};
/** What the call stands in the record as, where it did something to the request that it named. */
const ENDS: Partial<Record<What, string>> = {
  approve: 'personal_access_token.access_granted',
  deny: 'personal_access_token.request_denied',
};

/** What speaks against one order of all these calls. */
async function contentionFaults(rig: Rig, token: Asked, called: readonly Called[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const { rows: entries } = await sql<{ name: string; action: string; request: number | null }>`
    select request_id as name, action, (data ->> 'user_programmatic_access_request_id')::int as request
    from audit_entries where managed_token_id = ${token.id} and outcome = 'done'`.execute(rig.deps.db);
  const { rows: messages } = await sql<{ action: string; request: number }>`
    select action, (data ->> 'request_id')::int as request from hook_messages
    where event = 'personal_access_token_request' and (data -> 'token' ->> 'id')::bigint = ${token.id}`.execute(
    rig.deps.db,
  );
  const ends = entries.filter(({ action, request }) => TERMINAL[action] !== undefined && request !== null);
  for (const [request, of] of Map.groupBy(ends, (each) => each.request)) {
    if (of.length > 1)
      faults.push(`request ${request} has ended ${of.length} times: ${of.map(({ action }) => action)}`);
  }
  const written = ends.map(({ action, request }) => `${request} ${TERMINAL[action]}`).sort();
  const told = messages.filter(({ action }) => action !== 'created').map((each) => `${each.request} ${each.action}`);
  if (written.join() !== told.sort().join()) faults.push(`the record says ${written}, hooks are told ${told}`);
  for (const { what, name, answer } of called) {
    const { status } = answer;
    if (status !== null && status >= 300 && ![404, 409, 503].includes(status))
      faults.push(`${what}: ${status} ${answer.text}`);
    if (status === null || answer.got_at - answer.sent_at > TIMEOUT_MS + SLACK_MS)
      faults.push(`${what}: not answered in time`);
    const own = entries.filter((each) => each.name === name && each.action === ENDS[what]);
    if (ENDS[what] === undefined || status === 503 || status === null) continue;
    if (own.length !== (status < 300 ? 1 : 0)) faults.push(`${name} ${what}: ${status}, and ${own.length} entries`);
  }
  const gone = called.find(({ what }) => what === 'delete')?.answer;
  for (const { what, answer } of called) {
    const is_late = gone?.status === 204 && answer.sent_at > gone.got_at;
    if (is_late && answer.status !== 404 && answer.status !== 503)
      faults.push(`${what} after the end: ${answer.status}`);
  }
  return faults;
}

/** Rounds of it over the sound nodes of a rig, or the one with the bug. */
async function contend(t: Test, rig: Rig, effort: Effort, plant: Plant | null = null): Promise<readonly string[]> {
  const nodes = rig.nodes.filter((each) => each.plant === plant);
  const [node] = nodes;
  if (node === undefined) return ['no nodes'];
  const all: Called[] = [];
  const faults: string[] = [];
  for (let round = 0; round < ROUNDS[effort]; round += 1) {
    const token = await askedToken(rig, node, `contended ${plant} ${round}`);
    const called = await race({ ...rig, nodes }, token, CALLS[effort]);
    all.push(...called);
    faults.push(...(await contentionFaults(rig, token, called)));
  }
  const deadlocks = rig.postgres.log().split('deadlock detected').length - 1;
  const of = (status: number) => all.filter(({ answer }) => answer.status === status).length;
  const done = all.filter(({ answer }) => (answer.status ?? 500) < 300).length;
  tell(
    t,
    `${all.length} calls, ${done} done, ${of(409)} told 409, ${of(404)} told 404, ${of(503)} told 503; ${deadlocks} deadlocks`,
  );
  if (plant === null) t.ok(deadlocks > 0 && done > 0, 'there were deadlocks, and something was done');
  return faults;
}

async function rigOf(t: Test, plant: Plant | null): Promise<Rig> {
  const postgres = await startPostgres(t, { engine: embeddedEngine(t), settings: [DEADLOCKS_SOON] });
  return startRig(t, { postgres, nodes: [plant, plant], settings: { REQUEST_TIMEOUT_MS: String(TIMEOUT_MS) } });
}

export const contention: Scenario = {
  ids: ['F17'],
  title: 'two hundred calls at one token, and deadlocks: one end of each request, written once and told once',
  run: async (t, effort) => {
    t.same(await contend(t, await rigOf(t, null), effort), []);
    await t.test('control: where a review does not hold the token, requests end twice', async (t) => {
      const plant = 'reviews without a lock';
      const faults = await contend(t, await rigOf(t, plant), 'quick', plant);
      t.not(faults.length, 0, `${faults.length} faults, as ${faults[0]}`);
    });
  },
};
