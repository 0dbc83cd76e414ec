// docs/logs.md: a line of the access log has the members that are documented, whichever way a request was answered.

import { readdirSync, readFileSync } from 'node:fs';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { ask } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { canMakeCertificates, makeCertificate } from '../support/certificates.ts';
import { listeningApp } from '../support/listening.ts';
import { eventually } from '../support/service.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const PAGE = readFileSync(join(ROOT, 'docs/logs.md'), 'utf8');
const [, ACCESS = '', OTHERS = ''] = PAGE.split(/^## /m);
const ONLY_SOMETIMES = ['worker', 'trace_id', 'aborted'];

const firstColumn = (text: string): string[] => [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);

type Line = Readonly<Record<string, unknown>>;

const linesIn = (log: string): readonly Line[] =>
  log
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line) => JSON.parse(line) as Line);

t.test('every line of the access log has the documented members, and no path, query or text of a caller', async (t) => {
  const { url, world, rows, logged } = await listeningApp(t, { is_fenced: false });
  const ada = await world.person('ada');
  await world.repository(ada, 'mill');
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const { authorization } = await world.client(['evaluate', 'introspect']);
  const bearer = { authorization: `Bearer ${text}` };
  const evaluation = () =>
    fetch(`${url}/access/v1/evaluation`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'x-request-id': 'known-1' },
      body: JSON.stringify(ask(text, 'contents:read', ['repository', 'ada/mill'])),
    });
  for (let round = 0; round < 2; round += 1) {
    await evaluation();
    await fetch(`${url}/repos/ada/mill?secret=query`, { headers: bearer });
    await fetch(`${url}/repos/ada/mill`, { headers: bearer });
    await fetch(`${url}/user`, { headers: { authorization: 'Bearer secret-text' } });
    await fetch(`${url}/secret/path`);
  }
  const lines = linesIn(logged());
  t.equal(lines.length, 10);
  const documented = firstColumn(ACCESS);
  const usual = documented.filter((name) => !ONLY_SOMETIMES.includes(name)).sort();
  for (const line of lines) {
    t.same(Object.keys(line).sort(), usual, `${line.method} ${line.route} ${line.status}`);
    t.match(line, { level: 30, time: Number, pid: process.pid, status: Number, ms: Number, msg: 'request' });
    t.ok(Number(line.ms) >= 0);
  }
  t.same(
    lines.slice(0, 5).map(({ method, route, status }) => `${method} ${route} ${status}`),
    [
      'POST /access/v1/evaluation 200',
      'GET /repos/:owner/:repo 200',
      'GET /repos/:owner/:repo 200',
      'GET /user 401',
      'GET none 404',
    ],
  );
  t.equal(lines.filter(({ request_id }) => request_id === 'known-1').length, 2);
  t.notMatch(logged(), /secret/);
  t.notOk(logged().includes(text));
});

/** Routes that answer when the test says so, and one that begins an answer without an end. */
function patientRoutes() {
  const word = Promise.withResolvers<void>();
  let waiting = 0;
  const config = { access: { open: true as const } };
  const routes: AddRoutes = (app) => {
    app.get('/patient', { config }, async () => {
      waiting += 1;
      await word.promise;
      return {};
    });
    app.post('/bodily', { config }, () => ({}));
    app.get('/endless', { config }, (_request, reply) => {
      const endless = new Readable({ read: () => undefined });
      endless.push('{');
      return reply.type('application/json').send(endless);
    });
  };
  return { routes, goOn: word.resolve, waiting: () => waiting };
}

type Caller = {
  readonly send: string;
  readonly leaves: 'resets' | 'ends';
  /** What grows when the request has come so far that its caller may go. */
  readonly seen: (received: string) => number;
};

async function callAndLeave(port: number, { send, leaves, seen }: Caller): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  let received = '';
  socket
    .on('error', () => undefined)
    .on('data', (part) => {
      received += part;
    });
  await new Promise((resolve) => socket.once('connect', resolve));
  const from = seen(received);
  socket.write(send, 'latin1');
  await eventually(() => seen(received) > from);
  if (leaves === 'resets') socket.resetAndDestroy();
  else socket.end();
}

function head(line: string, ...more: readonly string[]): string {
  return `${[`${line} HTTP/1.1`, 'Host: x', ...more].join('\r\n')}\r\n\r\n`;
}

const countedIn = (metrics: string): number => Number(/^gatehouse_given_up_requests_total (\d+)$/m.exec(metrics)?.[1]);

/** Given up at two of the routes, by all tests of this process. */
const leftIn = (metrics: string): readonly [number, number] => {
  const [patient, introspection] = ['method="GET",route="/patient"', 'method="POST",route="/oauth/introspect"'].map(
    (of) => Number(metrics.split(`request_duration_seconds_count{${of},status="499"} `)[1]?.split('\n')[0] ?? 0),
  );
  return [patient ?? 0, introspection ?? 0];
};

t.test('who goes away before he is answered has one line that says so, whichever way his request went', async (t) => {
  const { routes, goOn, waiting } = patientRoutes();
  const { app, deps, url, rows, world, inject, logged } = await listeningApp(t, { is_fenced: false, routes });
  t.teardown(goOn);
  const { text } = await rows.classic(await world.person('ada'), { scopes: ['repo'] });
  const { authorization } = await world.client(['introspect']);
  let read = 0;
  app.server.on('request', () => {
    read += 1;
  });
  const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  const ask = (token: string) =>
    fetch(`${url}/oauth/introspect`, { method: 'POST', headers: form, body: `token=${token}` });
  t.equal((await ask('x')).status, 200, 'who calls is known from here on');
  // What has to ask the database waits for a word of the test.
  const word = Promise.withResolvers<void>();
  const { loadOrLastKnown } = deps.facts;
  let loading = 0;
  const slow: typeof loadOrLastKnown = async (question) => {
    loading += 1;
    await word.promise;
    return loadOrLastKnown(question);
  };
  Object.assign(deps.facts, { loadOrLastKnown: slow });

  const told_before = (await inject('/metrics')).body;
  const [before, left_before] = [countedIn(told_before), leftIn(told_before)];
  const body = `token=${text}`;
  const asking = (id: string, sent: string): string => {
    const headers = [`authorization: ${authorization}`, `content-type: ${form['content-type']}`];
    return head('POST /oauth/introspect', ...headers, `content-length: ${body.length}`, `x-request-id: ${id}`) + sent;
  };
  const json = ['content-type: application/json', 'content-length: 10'];
  const isRead = () => read;
  const isLoaded = () => loading;
  const given_up = { status: 499, aborted: true };
  const direct = { method: 'POST', route: '/oauth/introspect', ...given_up };
  const patient = { method: 'GET', route: '/patient', ...given_up };
  const cases: Readonly<Record<string, Caller & { readonly expected: Line }>> = {
    'general-reset': {
      send: head('GET /patient', 'x-request-id: general-reset'),
      leaves: 'resets',
      seen: waiting,
      expected: patient,
    },
    'general-end': {
      send: head('GET /patient', 'x-request-id: general-end'),
      leaves: 'ends',
      seen: waiting,
      expected: patient,
    },
    'half-body': {
      send: `${head('POST /bodily', ...json, 'x-request-id: half-body')}{`,
      leaves: 'resets',
      seen: isRead,
      expected: { method: 'POST', route: '/bodily', ...given_up },
    },
    'no-form': { send: asking('no-form', ''), leaves: 'resets', seen: isRead, expected: direct },
    'half-form': { send: asking('half-form', 'token'), leaves: 'resets', seen: isRead, expected: direct },
    'direct-reset': { send: asking('direct-reset', body), leaves: 'resets', seen: isLoaded, expected: direct },
    'direct-end': { send: asking('direct-end', body), leaves: 'ends', seen: isLoaded, expected: direct },
    begun: {
      send: head('GET /endless', 'x-request-id: begun'),
      leaves: 'resets',
      seen: ({ length }) => length,
      expected: { method: 'GET', route: '/endless', status: 200, aborted: true },
    },
  };
  const linesOf = (id: string) => linesIn(logged()).filter(({ request_id }) => request_id === id);
  const told = async (id: string, expected: Line): Promise<void> => {
    await eventually(() => linesOf(id).length > 0).catch(() => undefined);
    t.match(linesOf(id), [expected], id);
  };
  for (const each of Object.values(cases)) await callAndLeave(Number(new URL(url).port), each);
  goOn();
  word.resolve();
  for (const [id, { expected }] of Object.entries(cases)) await told(id, expected);

  t.equal((await fetch(`${url}/patient`, { headers: { 'x-request-id': 'patient' } })).status, 200);
  await told('patient', { route: '/patient', status: 200 });
  t.notOk(
    linesOf('patient').some((line) => 'aborted' in line),
    'who stays has none of it',
  );
  for (const id of Object.keys(cases))
    t.equal(linesOf(id).length, 1, `${id}: an answer that comes too late writes none`);
  const metrics = (await inject('/metrics')).body;
  t.equal(countedIn(metrics), before + Object.keys(cases).length);
  t.same(leftIn(metrics), [left_before[0] + 2, left_before[1] + 4], 'of each route');
});

t.test('HTTP/2: a stream that its caller resets has one line that says so', async (t) => {
  if (!canMakeCertificates(t)) return;
  const { cert, key } = makeCertificate(t.testdir(), 'service');
  const { routes, goOn, waiting } = patientRoutes();
  const settings = { PUBLIC_URL: 'https://tokens.example' };
  const { app, logged } = await buildTestApp(t, { routes, settings, tls: { cert, key, ca: null } });
  t.teardown(goOn);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const session = http2.connect(`https://127.0.0.1:${(app.server.address() as AddressInfo).port}`, { ca: cert });
  t.teardown(() => session.close());
  const given_up = session.request({ ':path': '/patient' }).on('error', () => undefined);
  await eventually(() => waiting() === 1);
  given_up.close(http2.constants.NGHTTP2_CANCEL);
  await eventually(() => linesIn(logged()).length > 0).catch(() => undefined);
  goOn();
  const stays = session.request({ ':path': '/patient' }).resume();
  await new Promise((resolve) => stays.on('end', resolve));
  await eventually(() => linesIn(logged()).length > 1);
  t.match(linesIn(logged()), [
    { method: 'GET', route: '/patient', status: 499, aborted: true },
    { method: 'GET', route: '/patient', status: 200, aborted: undefined },
  ]);
});

t.test('the other lines that the page names are written somewhere', async (t) => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const source = files.map((file) => readFileSync(join(ROOT, 'src', file), 'utf8')).join('\n');
  const named = firstColumn(OTHERS).filter((name) => name !== 'msg');
  t.ok(named.length > 5);
  for (const message of named) t.ok(source.includes(`'${message}'`), message);
});
