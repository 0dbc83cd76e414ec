// Three nodes on one PostgreSQL behind HAProxy with the shipped configuration: requests are spread, a change on one is seen through all,
// a node that is killed fails nobody but whom it was just answering, one that ends in order fails nobody.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { ask } from './support/backend.ts';
import { createDatabase } from './support/database.ts';
import { depsOver } from './support/deps-over.ts';
import { type KeptConnection, keptConnection } from './support/kept-connection.ts';
import { programs, runProgram } from './support/programs.ts';
import { scratchFolder } from './support/scratch-folder.ts';
import { eventually, freePort, startService } from './support/service.ts';
import { tokenRowsOf } from './support/token-rows.ts';
import { worldOf } from './support/world.ts';

const SHIPPED = new URL('../docs/many-nodes/haproxy.cfg', import.meta.url);
const NODES = 3;
const CLIENTS = 6;
const PAUSE_MS = 5;
/** So long after a node has gone is looked for who is failed. */
const AFTER_MS = 700;

async function startNodes(t: Test, haproxy: string) {
  const { pool, url } = await createDatabase(t);
  const deps = depsOver(t, pool);
  const settings = {
    ALLOW_UNSAFE_DATABASE: '1',
    DATABASE_URL: url,
    ADMIN_PASSWORD: 'a password of the test',
    TRUSTED_PROXIES: '127.0.0.1',
    LOG_LEVEL: 'warn',
  };
  const ports = await Promise.all(Array.from({ length: NODES }, freePort));
  const nodes = await Promise.all(ports.map((PORT) => startService(t, { ...settings, PORT })));
  const port = await freePort();
  const file = join(scratchFolder(t), 'haproxy.cfg');
  writeFileSync(file, configuration(port, ports));
  const through = (): Promise<KeptConnection> => keptConnection(Number(port));
  await runProgram(t, [haproxy, '-db', '-f', file], { until: () => isReady(through) });
  const direct = (index: number): Promise<KeptConnection> => keptConnection(Number(ports[index]));
  return { nodes, through, direct, world: worldOf(deps), rows: tokenRowsOf(deps) };
}

function configuration(port: string, ports: readonly string[]): string {
  const shipped = readFileSync(SHIPPED, 'utf8');
  const adapted = shipped
    .replace('bind 127.0.0.1:8000', `bind 127.0.0.1:${port}`)
    .replace(/(server node(\d) 127\.0\.0\.1:)\d+/g, (_all, name, number) => `${name}${ports[Number(number) - 1]}`);
  return adapted;
}

async function isReady(through: () => Promise<KeptConnection>): Promise<boolean> {
  try {
    const connection = await through();
    const { status } = await connection.ask('GET /health/ready');
    connection.end();
    return status === 200;
  } catch {
    return false;
  }
}

t.test('three nodes behind HAProxy', async (t) => {
  const found = await programs(t, { haproxy: { name: 'haproxy', debian_package: 'haproxy' } });
  if (found === null) return;
  const { nodes, through, direct, world, rows } = await startNodes(t, found.haproxy);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  await world.repository(acme, 'mill');
  const { authorization } = await world.client(['evaluate', 'revoke']);
  const own = [`Authorization: ${authorization}`];
  const token = async () => (await rows.classic(ada, { scopes: ['repo'] })).text;
  const evaluate = (connection: KeptConnection, text: string, headers: readonly string[] = []) => {
    const question = JSON.stringify(ask(text, 'contents:write', ['repository', 'acme/mill']));
    return connection.ask(
      'POST /access/v1/evaluation',
      [...own, 'Content-Type: application/json', ...headers],
      question,
    );
  };
  const may = async (...args: Parameters<typeof evaluate>) => {
    const { status, text } = await evaluate(...args);
    return status === 200 ? (JSON.parse(text) as { decision: boolean }).decision : status;
  };
  const once = async (...[text, headers]: [string, (readonly string[])?]) => {
    const connection = await through();
    const answer = await may(connection, text, headers);
    connection.end();
    return answer;
  };
  const answered = async (index: number): Promise<number> => {
    const connection = await direct(index);
    const { text } = await connection.ask('GET /metrics');
    connection.end();
    return Number(/^gatehouse_decisions_total{effect="allow",reason="allowed"} (\d+)/m.exec(text)?.[1] ?? 0);
  };

  /** What clients are answered that keep asking while something happens; one of each kind, over connections that are kept. */
  async function failuresWhile(text: string, happen: () => Promise<unknown>): Promise<readonly string[]> {
    const failures: string[] = [];
    let is_over = false;
    async function keepAsking(number: number): Promise<void> {
      let connection = await through();
      for (let count = number; !is_over; count += 1) {
        const kind = count % 2 === 0 ? 'GET' : 'POST';
        try {
          const { status } = await (kind === 'GET' ? connection.ask('GET /health/live') : evaluate(connection, text));
          if (status !== 200) failures.push(`${kind} ${status}`);
        } catch {
          failures.push(`${kind} cut`);
        }
        if (connection.is_over()) connection = await through();
        await delay(PAUSE_MS);
      }
      connection.end();
    }
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => keepAsking(number)));
    await delay(PAUSE_MS * 10);
    await happen();
    await delay(AFTER_MS);
    is_over = true;
    await clients;
    return failures;
  }

  await t.test('requests are spread over all of them', async (t) => {
    const text = await token();
    for (let count = 0; count < 4 * NODES; count += 1) t.equal(await once(text), true);
    for (const index of nodes.keys()) t.ok((await answered(index)) > 0, `node ${index + 1}`);
  });

  await t.test('P1, P4: what one of them ends has ended behind all of them', async (t) => {
    const text = await token();
    const each = await Promise.all([...nodes.keys()].map(direct));
    for (let round = 0; round < 3; round += 1)
      for (const connection of each) t.equal(await may(connection, text), true);
    const [first] = each;
    const ended = await first?.ask(
      'POST /oauth/revoke',
      [...own, 'Content-Type: application/x-www-form-urlencoded'],
      `token=${text}`,
    );
    const told = /x-consistency-token: (\S+)/i.exec(ended?.head ?? '')?.[1];
    t.type(told, 'string');
    const carried = [`X-Consistency-Token: ${told}`];
    for (let count = 0; count < 2 * NODES; count += 1) t.equal(await once(text, carried), false);
    for (const connection of each) t.equal(await may(connection, text, carried), false);
    await eventually(
      async () => (await Promise.all(each.map((connection) => may(connection, text)))).every((yes) => yes === false),
      5000,
    );
    for (const connection of each) connection.end();
  });

  await t.test('a node that ends in order fails nobody', async (t) => {
    const text = await token();
    t.same(await failuresWhile(text, async () => t.equal(await nodes[1]?.end('SIGTERM'), 0)), []);
  });

  await t.test('a node that is killed fails nobody who may ask again', async (t) => {
    const text = await token();
    t.same(await failuresWhile(text, async () => nodes[2]?.end('SIGKILL')), []);
    t.equal(await once(text), true, 'one is left');
  });
});
