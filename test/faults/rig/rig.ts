// The rig: nodes of the service as real processes, each by a way of its own to one real PostgreSQL, a world for them to judge, and an
// observer that asks and writes down. What a scenario does to them, it does to all of them alike, so that a node with a planted bug
// stands beside the sound ones.

import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { Test } from 'tap';
import { composeDeps } from '../../../src/compose.ts';
import { loadConfig } from '../../../src/config.ts';
import { installQueue } from '../../../src/db/job-queue.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { openPool } from '../../../src/db/pool.ts';
import type { Deps } from '../../../src/deps.ts';
import { ask } from '../../support/backend.ts';
import { type Receiver, startReceiver } from '../../support/hook-world.ts';
import { eventually, freePort, type Service, startService } from '../../support/service.ts';
import { databaseProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { bearer, worldOf } from '../../support/world.ts';
import { type Answer, type History, newHistory, send } from './history.ts';
import { type Plant, planted } from './plants.ts';
import type { Postgres } from './postgres.ts';

/** The connection over which a node follows changes. */
export const FEED = { named: 'gatehouse changes' };
export const BOUND_MS = 2000;
const REPOSITORY = 'acme/mill';
const BUSY_MS = 200;
const BUSY_TIMES = 20;
/** Two would be told of everything twice. */
const ONE_HOOK = { 'idempotency-key': 'hook-of-the-rig' };
const HOOK_EVENTS = ['personal_access_token', 'personal_access_token_request'];

export type Node = {
  readonly name: string;
  readonly plant: Plant | null;
  readonly way: TcpProxy;
  readonly url: () => string;
  readonly service: () => Service;
  /** Ends it as by `kill -9`. */
  readonly kill: () => Promise<void>;
  readonly start: (settings?: Readonly<Record<string, string>>) => Promise<void>;
  readonly pause: (signal: 'SIGSTOP' | 'SIGCONT') => void;
};

export type MadeToken = { readonly id: number; readonly token: string };

export type Asked = Pick<Answer, 'status' | 'sent_at' | 'got_at'> & { readonly decision: boolean | null };

export type Rig = {
  readonly postgres: Postgres;
  readonly nodes: readonly Node[];
  readonly deps: Deps;
  readonly world: ReturnType<typeof worldOf>;
  readonly sink: Receiver;
  readonly sessions: { readonly ada: string; readonly bob: string };
  readonly authorization: string;
  readonly history: History;
  /** Its nodes are gone, also where something failed that was waited for: who goes on until it is told to stop has to stop. */
  readonly over: AbortSignal;
  readonly call: (node: Node, method: string, path: string, by: string, body?: unknown) => Promise<Answer>;
  /** A classic token of ada's that may write to acme/mill. */
  readonly token: (node: Node) => Promise<MadeToken>;
  /** Asks whether the token may write to acme/mill, and writes the answer down. */
  readonly check: (node: Node, token: MadeToken) => Promise<boolean | null>;
  /** Asks of any repository; only the answer counts. */
  readonly may: (node: Node, text: string, repository: string) => Promise<Asked>;
  /** Every node answers this token from memory. */
  readonly warm: (token: MadeToken) => Promise<void>;
  /** Ends the token and writes down when that was acknowledged. */
  readonly end: (node: Node, token: MadeToken, query?: string) => Promise<Answer>;
};

type RigOptions = {
  readonly postgres: Postgres;
  /** How nodes reach it, where that is another way than that of the observer. */
  readonly url?: string;
  /** The bug of each node; null: it is sound. */
  readonly nodes: readonly (Plant | null)[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Of single nodes besides, in their order. */
  readonly each?: readonly Readonly<Record<string, string>>[];
};

const SETTINGS = {
  ADMIN_PASSWORD: 'a password of the test',
  LOG_LEVEL: 'info',
  FRESHNESS_MS: String(BOUND_MS),
  RATE_LIMIT_PER_HOUR: '1000000000',
  MAX_FINE_GRAINED_TOKENS: '10000',
  OUTBOUND_ALLOW: '127.0.0.0/8',
  DRAIN_MS: '0',
  CACHE_MIB: '16',
};

export async function startNode(
  t: Test,
  { name, plant, url, settings }: { name: string; plant: Plant | null; url: string; settings: Record<string, string> },
): Promise<Node> {
  const way = await databaseProxy(t, url);
  const PORT = await freePort();
  const bug = plant === null ? {} : planted(plant);
  const begin = (more: object = {}): Promise<Service> =>
    startService(t, { ...SETTINGS, DATABASE_URL: way.url, PORT, ...bug, ...settings, ...more });
  let service = await begin();
  return {
    name,
    plant,
    way,
    url: () => service.url,
    service: () => service,
    kill: async () => void (await service.end('SIGKILL')),
    start: async (more) => {
      service = await begin(more);
    },
    pause: (signal) => service.pause(signal),
  };
}

/** Migrated, with people, organizations, a repository, a hook and a backend service; the nodes are started. */
export async function startRig(
  t: Test,
  { postgres, url = postgres.url, nodes: bugs, settings = {}, each = [] }: RigOptions,
): Promise<Rig> {
  await migrate(postgres.url);
  await installQueue(postgres.url);
  const deps = observing(t, postgres.url);
  const world = worldOf(deps);
  const [ada, bob] = [await world.person('ada'), await world.person('bob')];
  await world.repository(await world.organization('acme', ada), 'mill');
  const guard = await world.organization('guard', ada, { approval: 'required' });
  await world.member(guard, bob);
  await world.repository(guard, 'vault');
  const { authorization } = await world.client(['evaluate', 'introspect', 'exchange']);
  const sessions = { ada: await world.session(ada), bob: await world.session(bob) };
  const nodes = await Promise.all(
    bugs.map((plant, index) =>
      startNode(t, {
        name: 'abcdefgh'[index] ?? String(index),
        plant,
        url,
        settings: { ...settings, ...each[index] },
      }),
    ),
  );
  const sink = await startReceiver(t);
  const history = newHistory();
  const over = new AbortController();
  t.teardown(() => over.abort());
  let made = 0;

  const call: Rig['call'] = (node, method, path, by, body) =>
    send({ method, url: `${node.url()}${path}`, headers: by.includes(' ') ? { authorization: by } : bearer(by), body });

  /** A busy machine is no fault that is looked for here: who was told that it is (503) asks again, also while the first is at work (409). */
  async function make(
    node: Node,
    path: string,
    body: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const headers = { ...bearer(sessions.ada), ...more };
    for (let again = 0; ; again += 1) {
      const answer = await send({ method: 'POST', url: `${node.url()}${path}`, headers, body });
      const is_busy = answer.status === 503 || (again > 0 && answer.status === 409 && more === ONE_HOOK);
      if (!is_busy || again === BUSY_TIMES) return answer;
      await delay(BUSY_MS);
    }
  }

  async function token(node: Node): Promise<MadeToken> {
    const body = {
      kind: 'classic',
      scopes: ['repo'],
      /** Another one each time that it is sent: what was told 503 may have been done all the same. */
      get name() {
        made += 1;
        return `made ${made} ${node.name}`;
      },
    };
    const answer = await make(node, '/user/personal-access-tokens', body);
    if (answer.status !== 201) throw new Error(`no token was made: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as MadeToken;
  }

  async function may(node: Node, text: string, repository: string): Promise<Asked> {
    const question = ask(text, 'contents:write', ['repository', repository]);
    const answer = await call(node, 'POST', '/access/v1/evaluation', authorization, question);
    const decision = answer.status === 200 ? (JSON.parse(answer.text) as { decision: boolean }).decision : null;
    return { status: answer.status, sent_at: answer.sent_at, got_at: answer.got_at, decision };
  }

  async function check(node: Node, { id, token: text }: MadeToken): Promise<boolean | null> {
    const { sent_at, got_at, status, decision } = await may(node, text, REPOSITORY);
    history.checks.push({ sent_at, got_at, status, node: node.name, token_id: id, decision });
    return decision;
  }

  async function warm(of: MadeToken): Promise<void> {
    for (const node of nodes) {
      await eventually(async () => (await check(node, of)) === true);
      for (let count = 0; count < 3; count += 1) await check(node, of);
    }
  }

  async function end(node: Node, { id }: MadeToken, query = ''): Promise<Answer> {
    const answer = await call(node, 'DELETE', `/user/personal-access-tokens/${id}${query}`, sessions.ada);
    if (answer.status === 204) history.taken.push({ token_id: id, acknowledged_at: answer.got_at });
    return answer;
  }

  const first = nodes[0];
  if (first === undefined) throw new Error('a rig has nodes');
  const config = { url: sink.url, content_type: 'json', secret: 'a secret of the receiver' };
  const hook = { name: 'web', config, events: HOOK_EVENTS };
  const hooked = await make(first, '/orgs/guard/hooks', hook, ONE_HOOK);
  if (hooked.status !== 201) throw new Error(`no hook was made: ${hooked.status} ${hooked.text}`);
  const parts = { postgres, nodes, deps, world, sink, sessions, authorization, history, over: over.signal };
  return { ...parts, call, token, check, may, warm, end };
}

/** The database as the observer sees it, past all nodes. */
export function observing(t: Test, url: string): Deps {
  const pool = openPool({ url, connections_max: 4, request_timeout_ms: 30_000, onIdleError: () => undefined });
  const log = pino({ level: 'silent' });
  const deps = composeDeps({ pool, config: loadConfig({}), clock: () => new Date(), log });
  t.teardown(async () => {
    await deps.freshness.stop();
    await deps.db.destroy();
  });
  return deps;
}
