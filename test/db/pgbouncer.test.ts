// A real PgBouncer between nodes and the database, which has each transaction done by whichever session is free: nothing that is set or
// prepared lasts, and nobody is told of commits. Everything is as correct as without, and as fresh within the bound.

import t from 'tap';
import { isReachedDirectly } from '../../src/db/direct.ts';
import { openImportConnection } from '../../src/db/import/connection.ts';
import { openPool } from '../../src/db/pool.ts';
import { ask, backendOf } from '../support/backend.ts';
import { createDatabase, createEmptyDatabase } from '../support/database.ts';
import { startNodesOver } from '../support/nodes.ts';
import { pooled } from '../support/pooler.ts';
import { programs } from '../support/programs.ts';
import { rawCall, rawRequest } from '../support/raw-http.ts';
import { eventually, freePort, startService } from '../support/service.ts';
import { bearer } from '../support/world.ts';

t.test('PgBouncer', async (t) => {
  const found = await programs(t, { pgbouncer: { name: 'pgbouncer', debian_package: 'pgbouncer' } });
  if (found === null) return;

  t.test('F18: is noticed, whichever way it pools', async (t) => {
    const { url } = await createDatabase(t);
    t.ok(await isReachedDirectly(url));
    for (const mode of ['transaction', 'session'] as const) {
      t.notOk(await isReachedDirectly(await pooled(t, url, found.pgbouncer, mode)), mode);
    }
  });

  t.test('F18: statements with a name fail there, and ours have none', async (t) => {
    const { url } = await createDatabase(t);
    const through = await pooled(t, url, found.pgbouncer, 'transaction');
    const limits = { connections_max: 10, request_timeout_ms: 60_000, onIdleError: () => undefined };
    const each = { name: 'facts', text: 'select $1::int as n', values: [1] };
    const outcomes = async (is_direct: boolean): Promise<ReadonlySet<unknown>> => {
      const pool = openPool({ url: through, is_direct, ...limits });
      t.teardown(() => pool.end());
      const all = await Promise.allSettled(Array.from({ length: 100 }, () => pool.query(each)));
      return new Set(all.map((one) => (one.status === 'fulfilled' ? 'answered' : 'failed')));
    };
    t.ok((await outcomes(true)).has('failed'), 'control');
    t.same([...(await outcomes(false))], ['answered']);
  });

  t.test('P1, P3, P4: nodes behind it hear of every change, by asking', async (t) => {
    const { url } = await createDatabase(t);
    const through = await pooled(t, url, found.pgbouncer, 'transaction');
    const { first, second, classic, may, warm, end } = await startNodesOver(t, through, { is_direct: false });
    const importing = await openImportConnection(first.deps.openImportDatabase());
    t.ok(importing);
    t.equal(await openImportConnection(second.deps.openImportDatabase()), null, 'one import at a time');
    await importing?.close();
    for (let round = 0; round < 5; round += 1) {
      const [soon, waited, told] = [await classic(), await classic(), await classic()];
      for (const { token } of [soon, waited, told]) await warm(token);
      await end(soon.id);
      await eventually(async () => !(await may(second, soon.token)), 5000);
      t.equal((await end(waited.id, '?wait=all')).headers['x-wait'], 'all');
      t.notOk(await may(second, waited.token));
      const { headers } = await end(told.id);
      t.notOk(await may(second, told.token, String(headers['x-consistency-token'])));
    }
  });

  t.test('F18: services start there at the same moment on an empty database, and answer', async (t) => {
    const url = await createEmptyDatabase(t);
    const DATABASE_URL = await pooled(t, url, found.pgbouncer, 'transaction');
    const settings = {
      DATABASE_URL,
      ALLOW_UNSAFE_DATABASE: '1',
      ADMIN_PASSWORD: 'a password of the test',
      REQUEST_TIMEOUT_MS: '30000',
    };
    const services = await Promise.all(
      [await freePort(), await freePort()].map((PORT) =>
        startService(t, { ...settings, PORT, JOB_INTERVAL_SECONDS: '1' }),
      ),
    );
    const [first, second] = services;
    const post = async (at: string, path: string, headers: Record<string, string>, body: object) =>
      fetch(`${at}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    const signed_in = await post(
      first?.url ?? '',
      '/sessions',
      {},
      { login: 'admin', password: settings.ADMIN_PASSWORD },
    );
    t.equal(signed_in.status, 201);
    const session = bearer(((await signed_in.json()) as { token: string }).token);
    const client = { name: 'backend', capabilities: ['directory', 'evaluate'], organizations: 'all' };
    const made = (await (await post(first?.url ?? '', '/admin/clients', session, client)).json()) as Record<
      string,
      string
    >;
    const authorization = `Basic ${Buffer.from(`${made.client_id}:${made.client_secret}`).toString('base64')}`;
    const lines = Array.from({ length: 300 }, (_, n) =>
      JSON.stringify({
        type: 'user',
        external_id: `u${n}`,
        version: 1,
        login: `user-${n}`,
        email: `u${n}@example.test`,
      }),
    );
    const directory = async (at: string, text: string) => {
      const headers = [`Authorization: ${authorization}`, 'Content-Type: application/x-ndjson'];
      const head = rawRequest('POST /directory/import HTTP/1.1', [...headers, `Content-Length: ${text.length}`]);
      return rawCall(Number(new URL(at).port), Buffer.concat([head, Buffer.from(text)]));
    };
    const imported = await directory(first?.url ?? '', `${lines.join('\n')}\n`);
    t.match(imported.body, /"counts":\{"created":300,.*"error":0/);
    const again = await directory(second?.url ?? '', `${lines[0]}\n`);
    t.match(again.body, '"unchanged":1', 'the lock went with the import');
    t.match(first?.output(), 'a connection pooler stands before the database');
    const { evaluate } = backendOf(
      (async ({ url: path, headers, payload }: { url: string; headers: Record<string, string>; payload: object }) => {
        const answer = await post(second?.url ?? '', path, headers, payload);
        return { statusCode: answer.status, body: await answer.text(), headers: {} };
      }) as never,
      authorization,
    );
    const question = { ...ask('', 'metadata:read', ['user', 'user-1']), subject: { type: 'user', id: 'user-1' } };
    t.equal((await evaluate(question)).status, 200);
  });
});
