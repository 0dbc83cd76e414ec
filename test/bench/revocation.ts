// `npm run bench:revocation`: how long after a revocation was answered another node still says yes (promises P1: p99 at most 100 ms, never
// beyond 2 s). Two services over one database, both asked all the while; each revocation is made on the first, and its token is
// asked about on the second until it says no. `-- --revocations 300 --connections 16 --freshness-ms 2000`.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { ask } from '../support/backend.ts';
import { startTestServer } from '../support/server.ts';
import { freePort } from '../support/service.ts';
import { bearer, worldOf } from '../support/world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    revocations: { type: 'string', default: '300' },
    connections: { type: 'string', default: '16' },
    'freshness-ms': { type: 'string', default: '2000' },
  },
});

type Node = { readonly url: string; readonly child: ChildProcess };

async function startNode(database_url: string): Promise<Node> {
  const port = await freePort();
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: ROOT,
    env: {
      ...{ PATH: process.env.PATH, DATABASE_URL: database_url, PORT: port, FRESHNESS_MS: values['freshness-ms'] },
      ...{ ADMIN_PASSWORD: 'a password of the test', ALLOW_UNSAFE_DATABASE: '1', LOG_LEVEL: 'warn' },
      ...{ RATE_LIMIT_PER_HOUR: '1000000000' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (output += part));
  while (!output.includes('Gatehouse listens on')) {
    if (child.exitCode !== null) throw new Error(`a node ended with ${child.exitCode}: ${output}`);
    await delay(50);
  }
  return { url: `http://127.0.0.1:${port}`, child };
}

const server = await startTestServer();
const nodes: Node[] = [];
try {
  const url = server.template_url;
  const pool = openPool({ url, connections_max: 2, request_timeout_ms: 60_000, onIdleError: () => undefined });
  const config = loadConfig({});
  const deps = composeDeps({ pool, config, clock: () => new Date(), log: pino({ level: 'silent' }) });
  const world = worldOf(deps);
  const ada = await world.person('ada');
  await world.repository(await world.organization('acme', ada), 'mill');
  const session = bearer(await world.session(ada));
  const { authorization } = await world.client(['evaluate']);
  await deps.freshness.stop();
  await deps.db.destroy();
  nodes.push(await startNode(url), await startNode(url));
  await measure(nodes, { session, authorization });
} finally {
  for (const { child } of nodes) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await server.stop();
}

type Callers = { readonly session: Record<string, string>; readonly authorization: string };

async function measure([first, second]: readonly Node[], { session, authorization }: Callers): Promise<void> {
  if (first === undefined || second === undefined) throw new Error('two nodes are needed');
  const json = { 'content-type': 'application/json' };
  const may = async ({ url }: Node, text: string): Promise<boolean> => {
    const body = JSON.stringify(ask(text, 'contents:write', ['repository', 'acme/mill']));
    const answer = await fetch(`${url}/access/v1/evaluation`, {
      method: 'POST',
      headers: { authorization, ...json },
      body,
    });
    return ((await answer.json()) as { decision: boolean }).decision;
  };
  const make = async (name: string): Promise<{ id: number; token: string }> => {
    const body = JSON.stringify({ kind: 'classic', name, scopes: ['repo'] });
    const url = `${first.url}/user/personal-access-tokens`;
    const answer = await fetch(url, { method: 'POST', headers: { ...session, ...json }, body });
    if (answer.status !== 201) throw new Error(`no token was made: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: number; token: string };
  };

  let is_over = false;
  let checks = 0;
  const standing = await make('standing');
  const load = async (node: Node): Promise<void> => {
    while (!is_over) {
      if (!(await may(node, standing.token))) throw new Error('a token that nobody revoked was refused');
      checks += 1;
    }
  };
  const connections = Number(values.connections);
  const loads = [first, second].flatMap((node) => Array.from({ length: connections }, () => load(node)));
  const began = performance.now();
  const seen_ms: number[] = [];
  for (let round = 0; round < Number(values.revocations); round += 1) {
    const { id, token } = await make(`token ${round}`);
    while (!(await may(second, token)));
    await may(second, token);
    const url = `${first.url}/user/personal-access-tokens/${id}`;
    const ended = await fetch(url, { method: 'DELETE', headers: session });
    const answered = performance.now();
    if (ended.status !== 204) throw new Error(`not revoked: ${ended.status}`);
    for (;;) {
      const sent = performance.now();
      if (await may(second, token)) continue;
      seen_ms.push(sent - answered);
      break;
    }
    if (await may(first, token)) throw new Error('the node that revoked it says yes');
  }
  const seconds = (performance.now() - began) / 1000;
  is_over = true;
  await Promise.all(loads);
  seen_ms.sort((a, b) => a - b);
  const at = (share: number): string => (seen_ms[Math.ceil(share * seen_ms.length) - 1] ?? 0).toFixed(1);
  process.stdout.write(
    `${seen_ms.length} revocations, ${Math.round(checks / seconds)} checks a second beside them: ` +
      `the other node said no after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms\n`,
  );
}
