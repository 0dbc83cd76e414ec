// What only a socket shows: bytes that are no HTTP, slow and endless senders, paths that a client library would tidy up, and
// the end of the process. Each answer is read from the wire.

import { EventEmitter } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { Type } from 'typebox';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';

const OPEN = { access: { open: true as const } };
const TIMEOUT_MS = 250;

/** Tells when a request has reached its handler. */
const arrivals = new EventEmitter();

const routes: AddRoutes = (app) => {
  app.get(
    '/words/:login',
    { config: OPEN, schema: { params: Type.Object({ login: Type.String({ pattern: '^[a-z]+$' }) }) } },
    () => ({}),
  );
  app.post('/made', { config: OPEN, schema: { body: Type.Object({}) } }, () => ({}));
  app.post('/never-made', { config: OPEN, schema: { body: Type.Object({}) } }, () => new Promise(() => undefined));
  app.get('/never', { config: OPEN }, () => {
    arrivals.emit('never');
    return new Promise(() => undefined);
  });
  app.get('/late', { config: OPEN }, async (request) => {
    await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
    throw new Error('too late');
  });
  app.post('/lines', { config: { ...OPEN, body: 'lines' }, bodyLimit: 1000 }, async (request) => {
    let bytes = 0;
    for await (const chunk of request.body as AsyncIterable<Buffer>) bytes += chunk.length;
    return { bytes };
  });
};

async function listen(t: Test): Promise<TestApp & { port: number }> {
  const settings = { REQUEST_TIMEOUT_MS: String(TIMEOUT_MS) };
  const test = await buildTestApp(t, { routes, settings });
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...test, port: (test.app.server.address() as AddressInfo).port };
}

/** Everything that the server sends until it closes the connection; `send` may write piece by piece. */
function converse(port: number, send: string | ((socket: net.Socket) => void)): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (part) => {
      received += part;
    });
    socket.on('error', reject).on('close', () => resolve(received));
    if (typeof send === 'string') socket.write(send);
    else send(socket);
  });
}

const request = (line: string, ...headers: string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;

function bodyOf(answer: string): Record<string, unknown> {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
}

t.test('no request waits longer than REQUEST_TIMEOUT_MS: 503 with Retry-After', async (t) => {
  const { port, logged } = await listen(t);
  for (const path of ['/never', '/late']) {
    const answer = await converse(port, request(`GET ${path}?q=hidden`));
    t.match(answer, /^HTTP\/1\.1 503 /, path);
    t.match(answer, /retry-after: 1/i, path);
    t.match(bodyOf(answer), { code: 'unavailable', status: '503' }, path);
  }
  t.notMatch(logged(), 'hidden', 'what comes after the answer is not logged with its URL');
});

t.test('nor does one whose body has been read', async (t) => {
  const { port } = await listen(t);
  const json = ['Content-Type: application/json', 'Content-Length: 2'];
  const answer = await converse(port, `${request('POST /never-made', ...json)}{}`);
  t.match(answer, /^HTTP\/1\.1 503 /);
  t.match(bodyOf(answer), { code: 'unavailable', status: '503' });
});

t.test('a body that does not end is not waited for either', async (t) => {
  const { port } = await listen(t);
  const head = [
    'POST /made HTTP/1.1',
    'Host: x',
    'Connection: close',
    'Content-Type: application/json',
    'Content-Length: 100',
    '',
    '{',
  ];
  const answer = await converse(port, head.join('\r\n'));
  t.match(answer, /^HTTP\/1\.1 503 /);
});

t.test(
  'a start takes as long as it takes: beside full cores the framework would end it after ten seconds',
  async (t) => {
    const { app } = await listen(t);
    t.equal(app.initialConfig.pluginTimeout, 0);
  },
);

t.test('bytes that are no HTTP request are answered in our shape, and not logged', async (t) => {
  const { port, logged } = await listen(t);
  const secret = 'gthp_verysecretverysecretverysecret';
  for (const bytes of [
    `nonsense ${secret}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nbroken ${secret}\r\n\r\n`,
    'GET / HTTP/1.1\r\n\r\n',
    'GET /words/a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
  ]) {
    const answer = await converse(port, bytes);
    t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    t.match(answer, /x-request-id: [0-9a-f-]{36}\r\n/);
    t.match(bodyOf(answer), { code: 'malformed_request', status: '400' });
  }
  const overflow = await converse(port, request('GET /words/a', `X-Long: ${'a'.repeat(20_000)}`));
  t.match(overflow, /^HTTP\/1\.1 431 /);
  t.notMatch(logged(), 'verysecret');
});

t.test('an older client needs no Host, and an unknown expectation is passed over', async (t) => {
  const { port } = await listen(t);
  t.match(await converse(port, 'GET /words/a HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
  const answer = await converse(port, request('GET /words/a', 'Expect: miracles'));
  t.match(answer, /^HTTP\/1\.1 200 /);
  t.match(answer, /x-request-id: /);
});

t.test('contradicting lengths are refused before any route', async (t) => {
  const { port } = await listen(t);
  const smuggled = await converse(
    port,
    `${request('POST /made', 'Content-Type: application/json', 'Content-Length: 2', 'Transfer-Encoding: chunked')}{}`,
  );
  t.match(smuggled, /^HTTP\/1\.1 400 /);
  const twice = await converse(
    port,
    `${request('POST /made', 'Content-Type: application/json', 'Content-Length: 2', 'Content-Length: 3')}{}`,
  );
  t.match(twice, /^HTTP\/1\.1 400 /);
});

t.test('a path is taken as it was sent: nothing is tidied up on the way to the router', async (t) => {
  const { port } = await listen(t);
  t.match(await converse(port, request('GET /words/a')), /^HTTP\/1\.1 200 /);
  for (const path of [
    '/words/../words/a',
    '/./words/a',
    '//words/a',
    '/words//a',
    '/words/a/.',
    '/words/%00',
    '/words/a%00',
    '/words/%',
    '/words/a%2f',
    '/words/%2e%2e',
    '/words/a;x',
    '/words\\a',
    '*',
    '/words/a%c0%af',
    'http://evil.example/absent',
  ]) {
    t.match(await converse(port, request(`GET ${path}`)), /^HTTP\/1\.1 40[04] /, path);
  }
});

t.test('the stream of lines has its own limit and no time limit', async (t) => {
  const { port } = await listen(t);
  const head = (length: string): string => request('POST /lines', 'Content-Type: application/x-ndjson', length);
  t.same(bodyOf(await converse(port, `${head('Content-Length: 6')}{}\n{}\n`)), { bytes: 6 });
  const slow = await converse(port, (socket) => {
    socket.write(`${head('Content-Length: 6')}{}\n`);
    setTimeout(() => socket.write('{}\n'), TIMEOUT_MS * 2);
  });
  t.match(slow, /^HTTP\/1\.1 200 /);
  t.match(await converse(port, head('Content-Length: 1001')), /^HTTP\/1\.1 413 /);
  const chunked = await converse(port, `${head('Transfer-Encoding: chunked')}400\r\n${'a'.repeat(0x400)}\r\n0\r\n\r\n`);
  t.match(chunked, /^HTTP\/1\.1 413 /);
  t.match(
    await converse(port, `${request('POST /lines', 'Content-Type: application/json', 'Content-Length: 2')}{}`),
    /^HTTP\/1\.1 415 /,
  );
});

t.test('while the application closes, requests on open connections get 503 in our shape', async (t) => {
  const { app, port } = await listen(t);
  let closed: Promise<unknown> = Promise.resolve();
  const answers = await converse(port, (socket) => {
    socket.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
    arrivals.once('never', () => {
      closed = app.close();
      setImmediate(() => socket.write('GET /words/a HTTP/1.1\r\nHost: x\r\n\r\n'));
    });
  });
  await closed;
  t.equal(answers.match(/HTTP\/1\.1 503 /g)?.length, 2);
  t.match(bodyOf(answers.slice(answers.lastIndexOf('HTTP/1.1'))), { code: 'unavailable' });
});
