// Webhooks and what can go wrong (promises P21): addresses that may not be reached, answers that are traps, workers that die.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompiledQuery, sql } from 'kysely';
import { PgBoss } from 'pg-boss';
import t, { type Test } from 'tap';
import { openDeliveryQueue } from '../../src/db/job-queue.ts';
import type { Deps } from '../../src/deps.ts';
import { HOOKS_MAX } from '../../src/domain/hook.ts';
import { createOutbound, type OutboundCall } from '../../src/outbound.ts';
import { deliverMessage } from '../../src/use-cases/webhooks/deliver-message.ts';
import { sweepHookMessages } from '../../src/use-cases/webhooks/sweep-hook-messages.ts';
import { databaseUrl, TEMPLATE_URL } from '../support/database.ts';
import { hookWorld, startReceiver, startWorker } from '../support/hook-world.ts';
import { eventually, freePort, startService } from '../support/service.ts';

t.test('promises P21: a name is judged at each delivery by what it resolves to then', async (t) => {
  let address = '127.0.0.1';
  const outbound = createOutbound({
    allow: ['127.0.0.0/8'],
    resolve: async () => [{ address, family: 4 }],
  });
  const { hook, call, owner, deps, deliveries } = await hookWorld(t, { deps: { outbound } });
  const receiver = await startReceiver(t);
  const url = receiver.url.replace('127.0.0.1', 'receiver.example');
  const id = await hook(url);
  await startWorker(t, deps);
  t.match(await deliveries(id, 1), [{ status: 'OK' }]);
  for (const [index, inside] of ['10.0.0.1', '169.254.169.254', '100.64.0.1', '192.168.1.1'].entries()) {
    address = inside;
    await call(owner, `POST /orgs/acme/hooks/${id}/pings`);
    const [latest] = await deliveries(id, index + 2);
    t.match(latest, { status: 'address not allowed', status_code: 0 }, inside);
  }
  t.equal(receiver.received.length, 1);
});

t.test(
  'promises P21: without OUTBOUND_ALLOW nothing on this machine is reached, also under a name of it',
  async (t) => {
    const outbound = createOutbound({ allow: [], resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    const { hook, deps, deliveries } = await hookWorld(t, { deps: { outbound } });
    const receiver = await startReceiver(t);
    const id = await hook(receiver.url.replace('http://127.0.0.1', 'https://receiver.example'));
    await startWorker(t, deps);
    t.match(await deliveries(id, 1), [{ status: 'address not allowed' }]);
    t.equal(receiver.received.length, 0);
  },
);

t.test(
  'promises P21: no redirect is followed; of a long answer the beginning is kept, of an endless one nothing',
  async (t) => {
    const { hook, call, owner, deps, deliveries } = await hookWorld(t);
    const inside = await startReceiver(t);
    const redirecting = await startReceiver(t, (response) => response.writeHead(302, { location: inside.url }).end());
    const long = await startReceiver(t, (response) => response.end(`\0${'x'.repeat(60_000)}`));
    const endless = await startReceiver(t, (response) => {
      response.statusCode = 500;
      response.end('x'.repeat(1_000_000));
    });
    const ids = [await hook(redirecting.url), await hook(long.url), await hook(endless.url)];
    await startWorker(t, deps);
    t.match(await deliveries(ids[0] ?? 0, 1), [{ status: 'Invalid HTTP Response: 302', status_code: 302 }]);
    const [delivered] = await deliveries(ids[1] ?? 0, 1);
    t.equal(delivered.status, 'OK');
    const { body } = await call(owner, `GET /orgs/acme/hooks/${ids[1]}/deliveries/${delivered.id}`);
    t.equal(body.response.payload, `\uFFFD${'x'.repeat(4095)}`);
    t.match(await deliveries(ids[2] ?? 0, 1), [{ status: 'response too large', status_code: 500 }]);
    t.equal(inside.received.length, 0);
  },
);

t.test('promises P21: an attempt has 10 s and 64 KiB; one that takes longer has failed, and says so', async (t) => {
  const asked: OutboundCall[] = [];
  const call = async (each: OutboundCall) => {
    asked.push(each);
    return { outcome: 'failed', failure: 'timed_out', detail: 'too slow' } as const;
  };
  const { hook, deps, deliveries } = await hookWorld(t, {
    deps: { outbound: { ...createOutbound({ allow: [] }), call } },
  });
  const id = await hook('https://receiver.example/');
  await startWorker(t, deps);
  t.match(await deliveries(id, 1), [{ status: 'timed out', status_code: 0 }]);
  t.match(asked, [{ method: 'POST', timeout_ms: 10_000, response_bytes_max: 65_536 }]);
});

t.test('promises P21: a receiver that is not there, or closes, is a failed attempt', async (t) => {
  const { hook, deps, deliveries } = await hookWorld(t);
  const closing = createServer((request) => request.socket.destroy());
  await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
  t.teardown(() => closing.close());
  const { port } = closing.address() as AddressInfo;
  const ids = [await hook(`http://127.0.0.1:${port}/`), await hook(`http://127.0.0.1:${await freePort()}/`)];
  await startWorker(t, deps);
  for (const id of ids) t.match(await deliveries(id, 1), [{ status: 'failed to connect to host', status_code: 0 }]);
});

/** What one node of all does every few seconds. */
async function lookForTheDead(t: Test, { db }: Deps): Promise<void> {
  const executeSql = async (text: string, values: unknown[] = []) => {
    return { rows: [...(await db.executeQuery(CompiledQuery.raw(text, values))).rows] };
  };
  const boss = new PgBoss({ db: { executeSql }, migrate: false });
  boss.on('error', (error) => t.fail(String(error)));
  await boss.start();
  await boss.supervise('webhook_deliveries');
  await boss.stop({ graceful: false, close: false });
}

t.test('promises P21: a living process says so of what it is at, which stays its own', async (t) => {
  const { hook, deps, idle } = await hookWorld(t);
  const word = Promise.withResolvers<void>();
  const receiver = await startReceiver(t, (response) => void word.promise.then(() => response.end()));
  t.teardown(() => word.resolve());
  await hook(receiver.url);
  const stop = await startWorker(t, deps);
  await receiver.until(1);
  const job = async () => {
    const found = await sql<{ state: string; retry_count: number; heard: string; is_watched: boolean }>`
      select state::text, retry_count, heartbeat_on::text as heard, heartbeat_seconds = 10 as is_watched
      from pgboss.job`.execute(deps.db);
    return found.rows[0];
  };
  const before = await job();
  await eventually(async () => (await job())?.heard !== before?.heard);
  await lookForTheDead(t, deps);
  t.match(await job(), { state: 'active', retry_count: 0, is_watched: true });
  word.resolve();
  await idle();
  await stop();
  t.equal(receiver.received.length, 1);
});

t.test('promises P21: what a killed process was delivering is delivered by another', async (t) => {
  const { hook, deps, jobs, idle } = await hookWorld(t);
  const receiver = await startReceiver(t, (response, n) => {
    if (n > 1) response.end();
  });
  await hook(receiver.url);
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(deps.db);
  const service = await startService(t, {
    DATABASE_URL: databaseUrl(process.env[TEMPLATE_URL] ?? '', rows[0]?.name ?? ''),
    ALLOW_UNSAFE_DATABASE: '1',
    OUTBOUND_ALLOW: '127.0.0.0/8',
    PORT: await freePort(),
  });
  await receiver.until(1);
  await service.end('SIGKILL');
  t.same(
    (await jobs()).map(({ state }) => state),
    ['active'],
  );
  // So long after its last word a worker is taken for dead.
  await sql`update pgboss.job set heartbeat_on = heartbeat_on - interval '10 seconds', expire_seconds = 3600`.execute(
    deps.db,
  );
  const stop = await startWorker(t, deps);
  await lookForTheDead(t, deps);
  const all = await receiver.until(2);
  await idle();
  await stop();
  const [first, second] = all.map(({ headers }) => headers['x-github-delivery']);
  t.equal(second, first, 'the same message');
  t.equal(receiver.received.length, 2);
});

t.test(
  'promises P21: who was taken for dead, and was not, asks for no further attempt: another one does',
  async (t) => {
    const { hook, deps, jobs } = await hookWorld(t);
    const receiver = await startReceiver(t, (response) => response.writeHead(500).end());
    await hook(receiver.url);
    const queue = openDeliveryQueue(deps.db, (error) => t.fail(String(error)));
    await queue.start();
    t.teardown(queue.stop);
    const [job] = await queue.take(1, 1);
    if (job === undefined) throw new Error('no job was taken');
    const delivering = { queue, retry_delays_seconds: [3600, 3600] };
    const states = async () => (await jobs()).map(({ state }) => state).sort();
    await deliverMessage(deps, delivering, { ...job, retryCount: job.retryCount + 1 });
    t.same(await states(), ['active'], 'it is at work elsewhere');
    await deliverMessage(deps, delivering, job);
    t.same(await states(), ['completed', 'created'], 'control: whose attempt it is asks for the next one');
    t.equal(receiver.received.length, 2);
  },
);

t.test('promises P21: deliveries are kept for 30 days, by the clock of the database', async (t) => {
  let now = new Date();
  const { hook, call, owner, deps, deliveries } = await hookWorld(t, { deps: { clock: () => now } });
  const receiver = await startReceiver(t);
  const id = await hook(receiver.url);
  const stop = await startWorker(t, deps);
  await deliveries(id, 1);
  await stop();
  const count = async () => (await deps.db.selectFrom('hook_deliveries').select('id').execute()).length;
  const swept = async (age: string) => {
    await sql.raw(`update hook_messages set created_at = now() - interval '${age}'`).execute(deps.db);
    await sweepHookMessages(deps);
    return count();
  };
  t.equal(await swept('29 days 23:59'), 1);
  t.equal(await swept('30 days 00:01'), 0);
  await call(owner, `POST /orgs/acme/hooks/${id}/pings`);
  now = new Date(now.getTime() + 400 * 24 * 60 * 60 * 1000);
  await sweepHookMessages(deps);
  const waiting = await deps.db.selectFrom('hook_messages').select('id').execute();
  t.equal(waiting.length, 1, 'a node whose clock is ahead takes away nothing that waits');
});

t.test('promises P21: the hooks of an organization that answer nowhere keep no other one waiting', async (t) => {
  const { call, owner, hook, deps, world, ada } = await hookWorld(t);
  const word = Promise.withResolvers<void>();
  t.teardown(() => word.resolve());
  const silent = await startReceiver(t, (response) => void word.promise.then(() => response.end()));
  // Each has had its `ping`, and two more of them wait: more than are under way at once.
  for (let n = 0; n < HOOKS_MAX; n += 1) {
    const id = await hook(silent.url);
    for (let again = 0; again < 2; again += 1) await call(owner, `POST /orgs/acme/hooks/${id}/pings`);
  }
  await world.organization('globex', ada);
  const heard = await startReceiver(t);
  await startWorker(t, deps);
  await silent.until(2 * HOOKS_MAX);
  await call(owner, 'POST /orgs/globex/hooks', { name: 'web', config: { url: heard.url } });
  const begun = performance.now();
  await heard.until(1);
  t.ok(performance.now() - begun < 6000, `heard after ${performance.now() - begun} ms; an attempt takes 10 s`);
});
