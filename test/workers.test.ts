// WORKERS: several processes behind one port, each with the promises of a node; what is done once is done by their parent; one that ends
// is started again; and an end in order leaves nobody without an answer.

import { EventEmitter } from 'node:events';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import type { FeedEvents, FeedParts } from '../src/db/change-feed.ts';
import { newText } from '../src/secrets.ts';
import { wakingOthers, wokenByParent } from '../src/workers/wakes.ts';
import { ask } from './support/backend.ts';
import { createDatabase } from './support/database.ts';
import { depsOver } from './support/deps-over.ts';
import { type KeptConnection, keptConnection } from './support/kept-connection.ts';
import { eventually, freePort, startService } from './support/service.ts';
import { tokenRowsOf } from './support/token-rows.ts';
import { worldOf } from './support/world.ts';

const ADMIN_PASSWORD = 'a password of the test';
const JSON_BODY = 'Content-Type: application/json';
/** Ample: it is over when no connection is left. */
const DRAIN_MS = '5000';
const CONNECTIONS = 8;
const BAD_PER_MINUTE = 60;
const CLOSE = /\r\nconnection: close/i;

type Service = Awaited<ReturnType<typeof startTwo>>;

async function startTwo(t: Test) {
  const { pool, url, db } = await createDatabase(t);
  const deps = depsOver(t, pool);
  const port = await freePort();
  const settings = {
    ALLOW_UNSAFE_DATABASE: '1',
    DATABASE_URL: url,
    PORT: port,
    ADMIN_PASSWORD,
    WORKERS: '2',
    DRAIN_MS,
  };
  const service = await startService(t, settings);
  const opened: KeptConnection[] = [];
  const connect = async (from?: string): Promise<KeptConnection> => {
    const connection = await keptConnection(Number(port), from);
    opened.push(connection);
    return connection;
  };
  t.teardown(() => opened.map(({ end }) => end()));
  return { ...service, db, connect, opened, world: worldOf(deps), rows: tokenRowsOf(deps) };
}

/** How many such requests were answered, by all of them together. */
async function answered({ connect }: Service, route: string): Promise<number> {
  const { text } = await (await connect()).ask('GET /metrics');
  const name = 'gatehouse_http_request_duration_seconds_count';
  return Number(new RegExp(`^${name}{method="GET",route="${route}",status="200"} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** The numbers of the workers that have answered such a request, with how many: by the lines of the log. */
function answeredBy({ output }: Service, route: string): Readonly<Record<string, number>> {
  const lines = [...output().matchAll(new RegExp(`"worker":"(\\w+)".*"route":"${route}"`, 'g'))];
  const count = (worker: string | undefined) => lines.filter((line) => line[1] === worker).length;
  return Object.fromEntries(lines.map(([, worker]) => [worker, count(worker)]));
}

function processesIn(text: string): Readonly<Record<string, string>> {
  const series = text.matchAll(/^process_resident_memory_bytes\{worker="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...series].map(([, worker, at]) => [worker, at]));
}

/** The process of a worker, by a line of its log. */
function processOf({ output }: Service, worker: string): number {
  const lines = output().matchAll(new RegExp(`"pid":(\\d+),"hostname":"[^"]*","worker":"${worker}"`, 'g'));
  return Number([...lines].at(-1)?.[1]);
}

t.test('two workers', async (t) => {
  const service = await startTwo(t);
  const { world, rows, db, connect, opened } = service;
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  await world.repository(acme, 'mill');
  const { authorization } = await world.client(['evaluate', 'revoke']);
  const own = [`Authorization: ${authorization}`, JSON_BODY];
  const connections: KeptConnection[] = [];
  for (let count = 0; count < CONNECTIONS; count += 1) {
    const connection = await connect();
    await connection.ask('GET /health/live');
    connections.push(connection);
  }
  const token = async () => (await rows.classic(ada, { scopes: ['repo'] })).text;
  const may = async (connection: KeptConnection, text: string, headers: readonly string[] = []) => {
    const question = JSON.stringify(ask(text, 'contents:write', ['repository', 'acme/mill']));
    const { status, text: answer } = await connection.ask('POST /access/v1/evaluation', [...own, ...headers], question);
    return status === 200 ? (JSON.parse(answer) as { decision: boolean }).decision : status;
  };
  const everywhere = (text: string) => Promise.all(connections.map((connection) => may(connection, text)));
  const revoke = async (text: string) =>
    (await connect()).ask(
      'POST /oauth/revoke',
      [`Authorization: ${authorization}`, 'Content-Type: application/x-www-form-urlencoded'],
      `token=${text}`,
    );

  await t.test('connections that are kept are dealt out to both, and each is seen in metrics and log', async (t) => {
    // Added up over both, and (below) over those that have ended; on a busy machine one may answer only the next scrape.
    await eventually(async () => (await answered(service, '/health/live')) === CONNECTIONS);
    await eventually(
      () => Object.values(answeredBy(service, '/health/live')).join() === `${CONNECTIONS / 2},${CONNECTIONS / 2}`,
    );
    const { text } = await (await connect()).ask('GET /metrics');
    t.same(Object.keys(processesIn(text)).sort(), ['1', '2', 'parent']);
    t.equal(text.match(/^# TYPE gatehouse_decisions_total /gm)?.length, 1, 'as one document');
    t.match(text.match(/^gatehouse_database_up.*$/gm), [/^gatehouse_database_up\{worker="parent"\} [01]$/]);
    t.match(service.output(), /"worker":"1".*"request_id"/);
    t.match(service.output(), /"worker":"2".*"request_id"/);
  });

  await t.test('P1, P4: what one of them ends has ended in both', async (t) => {
    const first = await token();
    for (let round = 0; round < 3; round += 1) t.same(new Set(await everywhere(first)), new Set([true]));
    const ended = await revoke(first);
    t.equal(ended.status, 200);
    const told = /x-consistency-token: (\S+)/i.exec(ended.head)?.[1];
    t.type(told, 'string');
    for (const connection of connections)
      t.equal(await may(connection, first, [`X-Consistency-Token: ${told}`]), false);
    await eventually(async () => (await everywhere(first)).every((each) => each === false), 5000);
  });

  await t.test('one process of the machine is told of commits, and each reads by itself', async (t) => {
    const { rows: found } = await sql<{ name: string; query: string }>`
      select application_name as name, query from pg_stat_activity where datname = current_database()`.execute(db);
    const following = found.filter(({ name }) => name === 'gatehouse changes');
    t.equal(following.length, 3);
    const pooled = found.filter(({ name }) => name === 'gatehouse');
    t.ok(pooled.length <= 10 + 5, 'and the pools are shares of one (five are of this test)');
  });

  await t.test('one that ends is started again; the others answer meanwhile', async (t) => {
    const killed = processOf(service, '2');
    const counted = await answered(service, '/health/live');
    process.kill(killed, 'SIGKILL');
    await eventually(() => /"ended":2.*a worker has ended/.test(service.output()));
    for (let count = 0; count < 4; count += 1) t.equal((await (await connect()).ask('GET /health/ready')).status, 200);
    await eventually(() => processOf(service, '2') !== killed);
    await eventually(async () => {
      await Promise.all([connect(), connect()].map(async (each) => (await each).ask('GET /health/ready')));
      return '2' in answeredBy(service, '/health/ready');
    });
    await eventually(async () => (await answered(service, '/health/live')) === counted);
    const again = await token();
    const fresh = await Promise.all([connect(), connect()]);
    for (const connection of fresh) t.equal(await may(connection, again), true);
    await revoke(again);
    await eventually(
      async () => (await Promise.all(fresh.map((each) => may(each, again)))).every((each) => !each),
      5000,
    );
  });

  await t.test('T4: who has to wait at one of them has to wait at both', async (t) => {
    const fresh = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect()));
    const bad = async (connection: KeptConnection) =>
      (await connection.ask('GET /user', [`Authorization: Bearer ${newText('classic', 'gth')}`])).status;
    for (let count = 0; count < BAD_PER_MINUTE; count += 1) await bad(fresh[count % CONNECTIONS] as KeptConnection);
    await eventually(async () => (await Promise.all(fresh.map(bad))).every((status) => status === 429), 5000);
    t.equal(await may(fresh[0] as KeptConnection, await token()), true, 'a backend service has not');
  });

  await t.test(
    'who has asked at the end is answered, whoever kept his connection is told, and nobody is cut off',
    async (t) => {
      for (const connection of opened) connection.end();
      const { text: live, id } = await rows.classic(ada, { scopes: ['repo'] });
      const busy = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect()));
      // From an address that has not presented what is bad (T4).
      const [idle, slow] = await Promise.all([connect(), connect('127.0.0.2')]);
      await idle.ask('GET /health/live');
      const answers: unknown[] = [];
      /** Asks until it is told that the connection ends. */
      const askOn = async (connection: KeptConnection): Promise<void> => {
        const question = JSON.stringify(ask(live, 'contents:write', ['repository', 'acme/mill']));
        const { head, text } = await connection.ask('POST /access/v1/evaluation', own, question);
        answers.push((JSON.parse(text) as { decision?: boolean }).decision);
        if (!CLOSE.test(head)) await askOn(connection);
      };
      const asking = Promise.all(busy.map(askOn));
      await eventually(() => answers.length > 10 * CONNECTIONS);
      const session = slow.ask(
        'POST /sessions',
        [JSON_BODY],
        JSON.stringify({ login: 'admin', password: ADMIN_PASSWORD }),
      );
      const exit_code = service.end('SIGTERM');
      await asking;
      t.same(new Set(answers), new Set([true]), 'every answer is the right one');
      t.equal((await session).status, 201, 'a request that takes its time is answered');
      slow.end();
      const readiness = await idle.ask('GET /health/ready');
      t.equal(readiness.status, 503, 'it says that it is not ready');
      t.match(readiness.head, CLOSE);
      t.equal(await exit_code, 0);
      const faults = service
        .output()
        .split('\n')
        .filter((line) => /"level":60|^\w*Error:/.test(line));
      t.same(faults, []);
      const { rows: counted } = await sql<{ checks: number }>`
        select sum(checks)::int as checks from token_usage where token_id = ${id}`.execute(db);
      t.same(counted, [{ checks: answers.length }], 'U1: what each of them counted is written');
      const { rows: used } = await sql`select 1 from tokens where id = ${id} and last_used_at is not null`.execute(db);
      t.equal(used.length, 1, 'M9: and when the token was used');
    },
  );
});

t.test('a commit that the parent hears of wakes it and the workers; a worker listens to nobody else', async (t) => {
  const woken: string[] = [];
  const asked: unknown[] = [];
  const hears: (() => void)[] = [];
  const open = async (parts: FeedParts, { onWake }: FeedEvents) => {
    asked.push(parts.is_told);
    hears.push(onWake);
    const read = () => Promise.reject(new Error('not asked'));
    return { read, leave: async () => undefined, close: () => void woken.push('closed') };
  };
  const parts = { url: '', connect_ms_max: 1, relied_ms: 1, node: { id: null }, onSetBack: () => undefined };
  const events = (name: string) => ({ onWake: () => void woken.push(name), onLost: () => undefined });
  const channel = new EventEmitter();
  const feed = await wokenByParent(open, channel)(parts, events('worker'));
  await wakingOthers(open, () => void channel.emit('message', { type: 'wake' }))(parts, events('parent'));
  t.same(asked, [false, undefined], 'the database tells the parent only');
  hears[1]?.();
  t.same(woken, ['worker', 'parent']);
  channel.emit('message', { type: 'tell metrics', question: 1 });
  feed.close();
  hears[1]?.();
  t.same(woken, ['worker', 'parent', 'closed', 'parent']);
});
