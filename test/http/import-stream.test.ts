// The bulk import as a conversation: results while lines still arrive, one import at a time, and every way of breaking off.

import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { Refusal } from '../../src/domain/refusal.ts';
import { buildApp } from '../../src/http/app.ts';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { importAnswer } from '../../src/http/import-answer.ts';
import { BATCH_LINES_MAX, batchesOf } from '../../src/http/import-body.ts';
import { importLineReader } from '../../src/http/import-line.ts';
import { importDirectory } from '../../src/use-cases/import/import-directory.ts';
import { buildTestApp } from '../support/build-app.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { bodyOf, importerOf, parseLines } from '../support/importing.ts';
import { statementsOf } from '../support/query-count.ts';
import { eventually } from '../support/service.ts';
import { bearer, worldOf } from '../support/world.ts';

const READ_BY_NODE = 'http.server.request.start';

const GIBIBYTE = 1024 * 1024 * 1024;

function userLine(i: number) {
  return { type: 'user', external_id: `u${i}`, version: 1, login: `user-${i}`, email: `user-${i}@example.test` };
}

function userLines(count: number, from = 0): string {
  return bodyOf(Array.from({ length: count }, (_, i) => userLine(from + i)));
}

type Talk = {
  readonly call: ClientRequest;
  readonly answered: Promise<IncomingMessage>;
  /** The next line of the answer. */
  readonly next: () => Promise<Record<string, unknown>>;
  readonly rest: () => Promise<Record<string, unknown>[]>;
};

/** The application on a port, and calls to it whose lines can be sent and read one by one. */
async function listening(t: Test, routes?: AddRoutes, settings: Record<string, string> = {}) {
  const app = await buildTestApp(t, { settings, ...(routes !== undefined && { routes }) });
  const importer = await importerOf(app);
  await app.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.app.server.address() as AddressInfo;

  function talk(headers: Record<string, string> = {}, path = '/directory/import'): Talk {
    const call = request({ port, path, method: 'POST', headers: { ...importer.headers, ...headers } });
    call.on('error', () => undefined);
    const answered = once(call, 'response').then(([answer]) => answer as IncomingMessage);
    let lines: AsyncIterator<string> | undefined;
    let reader: Interface | undefined;
    async function next(): Promise<Record<string, unknown>> {
      reader ??= createInterface({ input: await answered });
      lines ??= reader[Symbol.asyncIterator]();
      const { value, done } = await lines.next();
      return done ? { ended: true } : JSON.parse(value);
    }
    async function rest(): Promise<Record<string, unknown>[]> {
      const all: Record<string, unknown>[] = [];
      for (let line = await next(); !('ended' in line); line = await next()) all.push(line);
      return all;
    }
    return { call, answered, next, rest };
  }
  return { ...app, ...importer, db: app.deps.db, talk };
}

t.test('results come while the rest of the body is still to be sent', async (t) => {
  const { talk } = await listening(t);
  const { call, next } = talk();
  for (const i of [1, 2, 3]) {
    call.write(bodyOf([userLine(i)]));
    t.same(await next(), { line: i, external_id: `u${i}`, result: 'created' });
  }
  call.end(JSON.stringify(userLine(4)));
  t.match(await next(), { line: 4, result: 'created' });
  t.match(await next(), { counts: { created: 4 } });
  t.same(await next(), { ended: true });
});

t.test('contract 1: an import that is over when its answer begins tells of its change', async (t) => {
  const { talk, inject, deps } = await listening(t);
  const whole = talk();
  whole.call.end(userLines(2));
  const { headers } = await whole.answered;
  t.match(await whole.rest(), [{ line: 1 }, { line: 2 }, { counts: { created: 2 } }]);
  const { authorization } = await worldOf(deps).client(['evaluate']);
  const answer = await inject({
    ...{ method: 'POST', url: '/access/v1/evaluations', payload: { evaluations: [{}] } },
    headers: { authorization, 'x-consistency-token': String(headers['x-consistency-token']) },
  });
  t.equal(answer.statusCode, 200, 'a check may ask for it');
  const long = talk();
  long.call.write(bodyOf([userLine(3)]));
  t.notOk('x-consistency-token' in (await long.answered).headers, 'while it goes on nobody knows its end');
  long.call.end();
  t.match(await long.rest(), [{ line: 1 }, { counts: { created: 1 } }]);
});

t.test('one import at a time: 409 for another, which may come when the first has ended', async (t) => {
  const { talk, post } = await listening(t);
  const first = talk();
  first.call.write(userLines(1));
  t.match(await first.next(), { result: 'created' });
  const refused = await post(userLines(1));
  t.equal(refused.statusCode, 409);
  t.equal(refused.json().code, 'conflict');
  first.call.end();
  t.match(await first.next(), { counts: { created: 1 } });
  t.same(await first.next(), { ended: true });
  t.equal((await post(userLines(1))).statusCode, 200);
});

t.test(
  'F21: nothing but another import waits for one: signing keys are made and withdrawn while it runs',
  async (t) => {
    const { talk, inject, deps } = await listening(t);
    const world = worldOf(deps);
    const headers = bearer(await world.session(await world.person('root', { site_admin: true })));
    const { call, next, rest } = talk();
    call.write(userLines(1));
    await next();
    const made = await inject({ method: 'POST', url: '/admin/signing-keys', headers });
    t.equal(made.statusCode, 201);
    const withdrawn = await inject({ method: 'DELETE', url: `/admin/signing-keys/${made.json().kid}`, headers });
    t.equal(withdrawn.statusCode, 204);
    call.end(userLines(1, 1));
    t.match((await rest()).at(-1), { counts: { created: 2 } });
  },
);

t.test(
  'who goes away in the middle of a request is forgotten at once, not when the request would have been given up',
  async (t) => {
    const { app, headers } = await listening(t, undefined, { REQUEST_TIMEOUT_MS: '60000' });
    const { port } = app.server.address() as AddressInfo;
    const kept: WeakRef<IncomingMessage>[] = [];
    const listen = (message: unknown) =>
      kept.push(new WeakRef((message as { readonly request: IncomingMessage }).request));
    diagnostics.subscribe(READ_BY_NODE, listen);
    t.teardown(() => diagnostics.unsubscribe(READ_BY_NODE, listen));
    for (const [path, type] of [
      ['/directory/import', 'application/x-ndjson'],
      ['/sessions', 'application/json'],
    ]) {
      const call = request({ port, path, method: 'POST', headers: { ...headers, 'content-type': type } });
      call.on('error', () => undefined);
      call.write('{');
      const before = kept.length;
      await eventually(async () => kept.length > before, 20_000);
      call.destroy();
    }
    await eventually(async () => {
      collectGarbage();
      return kept.every((each) => each.deref() === undefined);
    }, 20_000);
  },
);

t.test('another node is kept out as well', async (t) => {
  const { talk, deps, headers } = await listening(t);
  const first = talk();
  first.call.write(userLines(1));
  t.match(await first.next(), { result: 'created' });
  const other = await buildApp({ ...deps }); // other dependencies are another node on the same database
  t.teardown(() => other.close());
  const post = () => other.inject({ method: 'POST', url: '/directory/import', headers, payload: userLines(1) });
  t.equal((await post()).statusCode, 409);
  first.call.end();
  t.same((await first.rest()).length, 1);
  t.equal((await post()).statusCode, 200);
});

t.test('two at the same moment: each line counts once', async (t) => {
  const { post, db } = await listening(t);
  const answers = await Promise.all([1, 2, 3, 4].map(() => post(userLines(2000))));
  const statuses = answers.map(({ statusCode }) => statusCode);
  t.ok(statuses.includes(200));
  t.ok(statuses.every((status) => status === 200 || status === 409));
  t.equal((await db.selectFrom('users').select('id').execute()).length, 2000);
  t.equal((await db.selectFrom('audit_entries').select('id').execute()).length, 2000);
});

t.test(
  'who goes away ends the import after a batch: what was told is in force, and the next one may come',
  async (t) => {
    const { talk, post, db } = await listening(t);
    const { call, next } = talk();
    call.write(userLines(1));
    t.match(await next(), { result: 'created' });
    call.write(userLines(5000, 1));
    call.destroy();
    let answer = await post(userLines(1));
    await eventually(async () => {
      if (answer.statusCode === 409) answer = await post(userLines(1));
      return answer.statusCode !== 409;
    });
    t.same(parseLines(answer.body).slice(0, 1), [{ line: 1, external_id: 'u0', result: 'unchanged' }]);
    const objects = await db.selectFrom('imported_objects').select('external_id').execute();
    const people = await db.selectFrom('users').select('id').execute();
    const entries = await db.selectFrom('audit_entries').select('id').execute();
    t.equal(people.length, objects.length);
    t.equal(entries.length, objects.length);
  },
);

t.test('a service that stops ends the import after a batch, and says so', async (t) => {
  const { app, talk } = await listening(t);
  const { call, next, rest } = talk();
  call.write(userLines(1));
  t.match(await next(), { result: 'created' });
  const closed = app.close();
  call.write(userLines(2000, 1));
  t.match((await rest()).at(-1), { code: 'unavailable', status: '503', message: String });
  call.end();
  await closed;
});

t.test('F3: an import that loses the database says so in its last line, and has no counts', async (t) => {
  const { talk, db, post } = await listening(t);
  const { call, next, rest } = talk();
  call.write(userLines(1));
  t.match(await next(), { result: 'created' });
  await sql`
    select pg_terminate_backend(held.pid) from pg_locks held join pg_database here on here.oid = held.database
    where held.locktype = 'advisory' and here.datname = current_database()`.execute(db);
  call.end(userLines(1, 1));
  t.match(await rest(), [{ code: 'unavailable', status: '503', request_id: String, documentation_url: String }]);
  t.equal((await post(userLines(2))).statusCode, 200);
});

t.test('a body of more than 1 GiB is 413 before anything of it is read', async (t) => {
  const { talk, db } = await listening(t);
  const { call, answered } = talk({ 'content-length': String(GIBIBYTE + 1) });
  call.flushHeaders();
  t.equal((await answered).statusCode, 413);
  call.destroy();
  t.same(await db.selectFrom('imported_objects').selectAll().execute(), []);
});

t.test('a body that turns out to be too large says so in the last line, after the lines before it', async (t) => {
  const small: AddRoutes = (app, deps) => {
    const config = { access: { client: 'directory', audit: null }, body: 'lines' } as const;
    app.post('/small-import', { bodyLimit: 300_000, config }, async (request, reply) => {
      const chunks = request.body as AsyncIterable<Buffer>;
      const batches = batchesOf(chunks, { read: importLineReader(), signal: new AbortController().signal });
      const { lines } = await importAnswer(deps, request, importDirectory(deps, request.caller, batches));
      return reply.type('application/x-ndjson').send(lines);
    });
  };
  const { talk } = await listening(t, small);
  const { call, rest } = talk({}, '/small-import');
  for (let from = 0; from < 10_000; from += 100) {
    if (!call.write(userLines(100, from))) await once(call, 'drain');
  }
  call.end();
  const lines = await rest();
  t.ok(lines.length > 1000 && lines.length < 4000, `${lines.length} lines`);
  t.ok(lines.slice(0, -1).every(({ result }) => result === 'created'));
  t.match(lines.at(-1), { code: 'body_too_large', status: '413' });
});

t.test('what is refused of the body comes after the lines before it', async (t) => {
  async function* tooLong(): AsyncGenerator<Buffer> {
    yield Buffer.from(userLines(3));
    yield Buffer.from(userLines(2, 3).slice(0, -20));
    throw new Refusal('body_too_large');
  }
  const batches = batchesOf(tooLong(), { read: importLineReader(), signal: new AbortController().signal });
  const read: number[] = [];
  const all = async (): Promise<void> => {
    for await (const batch of batches) read.push(...batch.map(({ line }) => line));
  };
  await t.rejects(all(), { code: 'body_too_large' });
  t.same(read, [1, 2, 3, 4], 'but for the line that was cut off');
});

t.test('lines are cut where they end, however the bytes arrive', async (t) => {
  const body = Buffer.from(`${userLines(40)}\n\n${'{"a":"é😀"}\r\n'.repeat(3)}${JSON.stringify(userLine(99))}`);
  const read = importLineReader();
  const linesOf = async (size: number) => {
    async function* chunks(): AsyncGenerator<Buffer> {
      for (let from = 0; from < body.length; from += size) yield body.subarray(from, from + size);
    }
    const lines: unknown[] = [];
    for await (const batch of batchesOf(chunks(), { read, signal: new AbortController().signal })) lines.push(...batch);
    return lines;
  };
  const whole = await linesOf(body.length);
  t.equal(whole.length, 44);
  for (const size of [1, 2, 3, 7, 64, 1000]) t.same(await linesOf(size), whole, `${size} bytes a chunk`);
});

t.test('a batch is full while the source is faster than the work, wherever the chunks end', async (t) => {
  const [chunks_count, lines_of_chunk] = [30, 700];
  async function* quick(): AsyncGenerator<Buffer> {
    for (let each = 0; each < chunks_count; each += 1)
      yield Buffer.from(userLines(lines_of_chunk, each * lines_of_chunk));
  }
  const sizes: number[] = [];
  const numbers: number[] = [];
  for await (const batch of batchesOf(quick(), { read: importLineReader(), signal: new AbortController().signal })) {
    sizes.push(batch.length);
    numbers.push(...batch.map(({ line }) => line));
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  const count = chunks_count * lines_of_chunk;
  t.same(
    numbers,
    Array.from({ length: count }, (_, i) => i + 1),
    'every line once, in order',
  );
  // The first is what has arrived when it is asked for.
  t.ok(sizes.length <= count / BATCH_LINES_MAX + 2, `${sizes.length} batches of ${count} lines`);
  t.ok(Math.max(...sizes) <= BATCH_LINES_MAX);
});

t.test('the body is read a batch ahead of the work, and no further', async (t) => {
  const line = Buffer.from(userLines(1));
  let sent = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      sent += 1;
      yield line;
    }
  }
  const batches = batchesOf(endless(), { read: importLineReader(), signal: new AbortController().signal });
  await batches.next();
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  t.ok(sent >= BATCH_LINES_MAX, `${sent} lines`);
  t.ok(sent <= 2 * BATCH_LINES_MAX + 1, `${sent} lines`);
  await batches.return(undefined);
});

t.test('a client that sends everything before it reads anything is not waited for', async (t) => {
  const { talk } = await listening(t);
  const { call, rest } = talk();
  const count = 40_000;
  for (let from = 0; from < count; from += 1000) {
    const broken = Array.from({ length: 1000 }, () => '{"type":"user"}');
    if (!call.write(bodyOf(broken))) await once(call, 'drain');
  }
  call.end();
  await once(call, 'finish');
  const lines = await rest();
  t.equal(lines.length, count + 1);
  t.same(lines.at(-1), { counts: { created: 0, updated: 0, unchanged: 0, stale: 0, error: count } });
});

t.test('an import that has ended lets the next one in before its answer does', async (t) => {
  const { send } = await importerOf(await buildTestApp(t));
  const put = await statementsOf(() => send([userLine(1)]));
  // The end of a connection is noticed by the server some time later.
  t.match(put.at(-2), /^select pg_advisory_unlock/);
  t.match(put.at(-1), 'commit');
  for (let n = 2; n < 12; n += 1) t.match(await send([userLine(n)]), [{ result: 'created' }]);
});
