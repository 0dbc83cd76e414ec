// Nodes of one service over one database, as they run: nothing is fenced, each has connections of its own, and the way between it
// and the database can fail.

import { type Logger, pino } from 'pino';
import type { Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import type { Deps } from '../../src/deps.ts';
import { buildApp } from '../../src/http/app.ts';
import type { Environment } from '../../src/settings.ts';
import { ask, backendOf } from './backend.ts';
import { createDatabase } from './database.ts';
import { statementsOf } from './query-count.ts';
import { databaseProxy, type TcpProxy } from './tcp-proxy.ts';
import { bearer, tokensOf, worldOf } from './world.ts';

/** The connection over which a node follows changes. */
export const FEED = { named: 'gatehouse changes' };

/** A bound that no test reaches, however busy the machine is: for what is to be answered from memory. */
export const LONG_BOUND = { settings: { FRESHNESS_MS: '30000' } };
export const LONG_BOUND_MS = 30_000;

/** How long things take is tested where it is meant; elsewhere a busy machine would only make tests fail. */
const AMPLE = {
  CACHE_MIB: '4',
  REQUEST_TIMEOUT_MS: '20000',
};

type NodeOptions = {
  readonly settings?: Environment;
  readonly monotonic_ms?: () => number;
  /** The process's own clock. */
  readonly clock?: () => Date;
};

export type Node = {
  readonly deps: Deps;
  readonly inject: Awaited<ReturnType<typeof buildApp>>['inject'];
  /** The way to the database. */
  readonly way: TcpProxy;
  readonly logged: () => string;
};

async function startNode(
  t: Test,
  url: string,
  { settings = {}, monotonic_ms, clock, is_direct = true }: NodeOptions & { readonly is_direct?: boolean },
): Promise<Node> {
  const way = await databaseProxy(t, url);
  const config = loadConfig({ FRESHNESS_MS: '2000', ...AMPLE, ...settings });
  const { request_timeout_ms } = config;
  const onIdleError = (): undefined => undefined;
  const pool = openPool({ url: way.url, connections_max: 3, request_timeout_ms, is_direct, onIdleError });
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }) as Logger;
  const steady = monotonic_ms === undefined ? {} : { monotonic_ms };
  const deps = composeDeps({ pool, config, clock: clock ?? (() => new Date()), log, ...steady });
  const app = await buildApp(deps);
  t.teardown(() => deps.db.destroy());
  t.teardown(() => app.close());
  t.teardown(() => deps.freshness.stop());
  return { deps, inject: app.inject.bind(app) as Node['inject'], way, logged: () => lines.join('') };
}

type NodesOptions = { readonly first?: NodeOptions; readonly second?: NodeOptions };

/** Two nodes over a database of their own. */
export async function startNodes(t: Test, options: NodesOptions = {}) {
  const { url, db } = await createDatabase(t);
  return { db, ...(await startNodesOver(t, url, options)) };
}

/** Two nodes over the empty database with this URL, with a person, a repository and a backend service that asks. */
export async function startNodesOver(
  t: Test,
  url: string,
  { is_direct = true, ...options }: NodesOptions & { readonly is_direct?: boolean } = {},
) {
  const first = await startNode(t, url, { ...options.first, is_direct });
  const second = await startNode(t, url, { ...options.second, is_direct });
  const world = worldOf(first.deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  await world.repository(acme, 'mill');
  const session = await world.session(ada);
  const { authorization } = await world.client(['evaluate', 'introspect', 'gateway', 'exchange']);
  const tokens = tokensOf(first);
  const classic = () => tokens.classicToken(session, { scopes: ['repo'] });
  const at = ({ inject }: Node) => backendOf(inject as never, authorization);

  /** Whether the node says that the token may write to the repository. */
  async function may(node: Node, text: string, consistency_token?: string): Promise<boolean> {
    const context = consistency_token === undefined ? {} : { context: { consistency_token } };
    const question = { ...ask(text, 'contents:write', ['repository', 'acme/mill']), ...context };
    return (await at(node).evaluate(question)).body.decision;
  }

  /** Both nodes answer this token from memory. */
  async function warm(text: string): Promise<void> {
    for (const node of [first, second]) {
      await node.deps.freshness.catchUp();
      await may(node, text);
      await node.deps.freshness.catchUp();
      const put = await statementsOf(async () => t.ok(await may(node, text)));
      t.same(put, [], 'from memory');
    }
  }

  /** Ends the token on the first node; `query` and `headers` go with the call. */
  async function end(id: number, query = '', headers: Readonly<Record<string, string>> = {}) {
    const url = `/user/personal-access-tokens/${id}${query}`;
    const ended = await first.inject({ method: 'DELETE', url, headers: { ...bearer(session), ...headers } });
    t.equal(ended.statusCode, 204, ended.body);
    return ended;
  }

  return { first, second, world, ada, acme, session, authorization, classic, at, may, warm, end };
}
