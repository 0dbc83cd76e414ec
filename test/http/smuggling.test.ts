// threats T2 on the wire: bytes that two readers could cut into requests in two ways. Each is refused or is exactly one request, never
// a fault of ours; and what is hidden in a body is never answered as a request. The table is read from real sockets.

import net, { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { readPlainHeaders } from '../../src/http/direct/plain-headers.ts';
import { HEADERS_MAX } from '../../src/http/request-form.ts';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, worldOf } from '../support/world.ts';

/** Whoever answers this one was smuggled past: the id comes back in the answer. */
const HIDDEN = 'GET /scopes HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\n\r\n';
const JSON_BODY = '{"name":"a"}';
const POST = 'POST /user/repos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const length = (body: string | number) => `Content-Length: ${typeof body === 'number' ? body : body.length}\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const END = '0\r\n\r\n';

type Case = readonly [name: string, bytes: string, first: RegExp];

const REFUSED = /^400$/;
const NO_ANSWER_OR_400 = /^(?:400|none)$/;

/** Headers that say in two ways how long the body is. */
const LENGTHS: readonly Case[] = [
  ['CL.TE', `${POST}${length(6)}Transfer-Encoding: chunked\r\n\r\n${END}${HIDDEN}`, REFUSED],
  ['TE.CL', `${POST}Transfer-Encoding: chunked\r\n${length(4)}\r\n${chunk(HIDDEN)}${END}`, REFUSED],
  ['TE.TE', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${END}${HIDDEN}`, REFUSED],
  ['TE x, chunked', `${POST}Transfer-Encoding: x, chunked\r\n\r\n${END}${HIDDEN}`, REFUSED],
  ['TE chunked, x', `${POST}Transfer-Encoding: chunked, x\r\n\r\n${END}${HIDDEN}`, REFUSED],
  ['TE with a blank before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n${END}${HIDDEN}`, REFUSED],
  ['TE with a tab', `${POST}Transfer-Encoding:\tchunked\r\n${length(6)}\r\n${END}${HIDDEN}`, REFUSED],
  ['TE with an unknown word', `${POST}Transfer-Encoding: xchunked\r\n\r\n${END}${HIDDEN}`, REFUSED],
  ['TE in quotes', `${POST}Transfer-Encoding: "chunked"\r\n\r\n${END}${HIDDEN}`, REFUSED],
  ['TE on a folded line', `${POST}Transfer-Encoding:\r\n chunked\r\n${length(6)}\r\n${END}${HIDDEN}`, REFUSED],
  ['TE with an underscore', `${POST}Transfer_Encoding: chunked\r\n${length(HIDDEN)}\r\n${HIDDEN}`, /^40[01]$/],
  ['two equal lengths', `${POST}${length(12)}${length(12)}\r\n${JSON_BODY}`, REFUSED],
  ['two lengths', `${POST}${length(0)}${length(HIDDEN)}\r\n${HIDDEN}`, REFUSED],
  ['a list of lengths', `${POST}Content-Length: 12, 12\r\n\r\n${JSON_BODY}`, REFUSED],
  ['a length with a sign', `${POST}Content-Length: +12\r\n\r\n${JSON_BODY}`, REFUSED],
  ['a negative length', `${POST}Content-Length: -1\r\n\r\n${HIDDEN}`, REFUSED],
  ['a hexadecimal length', `${POST}Content-Length: 0x0c\r\n\r\n${JSON_BODY}`, REFUSED],
  ['a length with a fraction', `${POST}Content-Length: 12.0\r\n\r\n${JSON_BODY}`, REFUSED],
  ['an empty length', `${POST}Content-Length:\r\n\r\n${HIDDEN}`, NO_ANSWER_OR_400],
  ['a length beyond numbers', `${POST}Content-Length: 99999999999999999999\r\n\r\n${HIDDEN}`, REFUSED],
  ['a length that wraps', `${POST}Content-Length: 18446744073709551617\r\n\r\n${HIDDEN}`, REFUSED],
  ['a length with letters after', `${POST}Content-Length: 12abc\r\n\r\n${JSON_BODY}`, REFUSED],
  ['a length with blanks inside', `${POST}Content-Length: 1 2\r\n\r\n${JSON_BODY}`, REFUSED],
  ['the body of a GET', `GET /scopes HTTP/1.1\r\nHost: x\r\n${length(HIDDEN)}\r\n${HIDDEN}`, /^(?:200|40[015])$/],
  [
    'an import with both',
    `POST /directory/import HTTP/1.1\r\nHost: x\r\n${length(5)}Transfer-Encoding: chunked\r\n\r\n${END}`,
    REFUSED,
  ],
];

/** Chunks that are none, or say more than they should. */
const CHUNKS: readonly Case[] = [
  ['a chunk', `${POST}Transfer-Encoding: chunked\r\n\r\n${chunk(JSON_BODY)}${END}`, /^401$/],
  ['a chunk with an extension', `${POST}Transfer-Encoding: chunked\r\n\r\nc;a=b\r\n${JSON_BODY}\r\n${END}`, /^40[01]$/],
  ['an extension with a bare LF', `${POST}Transfer-Encoding: chunked\r\n\r\n0;a\n${HIDDEN}\r\n\r\n`, REFUSED],
  ['a size with LF only', `${POST}Transfer-Encoding: chunked\r\n\r\nc\n${JSON_BODY}\r\n${END}`, REFUSED],
  ['a size with 0x', `${POST}Transfer-Encoding: chunked\r\n\r\n0xc\r\n${JSON_BODY}\r\n${END}`, REFUSED],
  ['a size with a sign', `${POST}Transfer-Encoding: chunked\r\n\r\n+c\r\n${JSON_BODY}\r\n${END}`, REFUSED],
  [
    'a size that wraps',
    `${POST}Transfer-Encoding: chunked\r\n\r\n10000000000000000c\r\n${JSON_BODY}\r\n${END}`,
    REFUSED,
  ],
  ['a chunk that goes on', `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\n${JSON_BODY}\r\n${END}`, REFUSED],
  ['a chunk that ends with LF', `${POST}Transfer-Encoding: chunked\r\n\r\nc\r\n${JSON_BODY}\n${END}`, REFUSED],
  [
    'a trailer',
    `${POST}Transfer-Encoding: chunked\r\n\r\n${chunk(JSON_BODY)}0\r\nAuthorization: Bearer x\r\n\r\n`,
    /^40[01]$/,
  ],
  [
    'a trailer that is no header',
    `${POST}Transfer-Encoding: chunked\r\n\r\n${chunk(JSON_BODY)}0\r\nnonsense\r\n\r\n`,
    /^40[01]$/,
  ],
  ['no size', `${POST}Transfer-Encoding: chunked\r\n\r\n\r\n${HIDDEN}`, REFUSED],
];

const GET = 'GET /scopes HTTP/1.1\r\n';
/** Lines and headers that readers end, fold and name in different ways. */
const LINES: readonly Case[] = [
  ['a request', `${GET}Host: x\r\n\r\n`, /^200$/],
  ['lines with LF only', 'GET /scopes HTTP/1.1\nHost: x\n\n', REFUSED],
  ['a header with LF only', `${GET}Host: x\nX-A: b\r\n\r\n`, REFUSED],
  ['a bare CR', `${GET}Host: x\r\nX-A: b\rX-B: c\r\n\r\n`, REFUSED],
  ['CR CR LF', `${GET}Host: x\r\r\n\r\n`, REFUSED],
  ['a folded header', `${GET}Host: x\r\nX-A: b\r\n c\r\n\r\n`, REFUSED],
  ['a folded first header', `${GET} Host: x\r\n\r\n`, REFUSED],
  ['NUL in a value', `${GET}Host: x\r\nX-A: b\0c\r\n\r\n`, REFUSED],
  ['NUL in a name', `${GET}Host: x\r\nX\0A: b\r\n\r\n`, REFUSED],
  ['DEL in a value', `${GET}Host: x\r\nX-A: b\x7f\r\n\r\n`, REFUSED],
  ['a blank before the colon', `${GET}Host : x\r\n\r\n`, REFUSED],
  ['a header without a colon', `${GET}Host: x\r\nnonsense\r\n\r\n`, REFUSED],
  ['a header without a name', `${GET}Host: x\r\n: y\r\n\r\n`, REFUSED],
  ['a name that is no token', `${GET}Host: x\r\nX(A): y\r\n\r\n`, REFUSED],
  ['no host', `${GET}\r\n`, REFUSED],
  ['two hosts', `${GET}Host: x\r\nHost: y\r\n\r\n`, REFUSED],
  ['two equal hosts', `${GET}Host: x\r\nhost: x\r\n\r\n`, REFUSED],
  ['HTTP/1.0', 'GET /scopes HTTP/1.0\r\n\r\n', /^200$/],
  [
    'HTTP/1.0 with chunks',
    `POST /user/repos HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${END}${HIDDEN}`,
    /^40[01]$/,
  ],
  ['HTTP/0.9', 'GET /scopes\r\n\r\n', REFUSED],
  ['HTTP/1.2', 'GET /scopes HTTP/1.2\r\nHost: x\r\n\r\n', REFUSED],
  ['HTTP/2.0 in words', 'GET /scopes HTTP/2.0\r\nHost: x\r\n\r\n', REFUSED],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', NO_ANSWER_OR_400],
  ['http in small letters', 'GET /scopes http/1.1\r\nHost: x\r\n\r\n', REFUSED],
  ['a method in small letters', 'get /scopes HTTP/1.1\r\nHost: x\r\n\r\n', REFUSED],
  ['no method', ' /scopes HTTP/1.1\r\nHost: x\r\n\r\n', REFUSED],
  ['two blanks', 'GET  /scopes HTTP/1.1\r\nHost: x\r\n\r\n', /^(?:200|400)$/],
  ['a tab', 'GET\t/scopes HTTP/1.1\r\nHost: x\r\n\r\n', REFUSED],
  ['a blank in the path', 'GET /scopes /x HTTP/1.1\r\nHost: x\r\n\r\n', REFUSED],
  ['NUL in the path', 'GET /sco\0pes HTTP/1.1\r\nHost: x\r\n\r\n', REFUSED],
  ['bytes beyond ASCII in the path', 'GET /sc\xf6pes HTTP/1.1\r\nHost: x\r\n\r\n', /^40[04]$/],
  ['absolute form', 'GET http://evil.example/scopes HTTP/1.1\r\nHost: x\r\n\r\n', REFUSED],
  ['absolute form of ours', 'GET http://x/user HTTP/1.1\r\nHost: x\r\n\r\n', /^40[04]$/],
  ['authority form', 'GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n', /^40[04]$/],
  ['asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', /^40[04]$/],
  ['a fragment', 'GET /scopes#x HTTP/1.1\r\nHost: x\r\n\r\n', /^(?:200|40[04])$/],
  ['CONNECT', 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', /^40[045]$/],
  ['an upgrade', `${GET}Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, /^(?:200|40[05])$/],
  [
    'an upgrade to h2c',
    `${GET}Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n`,
    /^(?:200|400)$/,
  ],
  ['an empty line before', `\r\n${GET}Host: x\r\n\r\n`, /^(?:200|400)$/],
  ['junk before', `junk${GET}Host: x\r\n\r\n`, REFUSED],
  ['a method override', `${GET}Host: x\r\nX-HTTP-Method-Override: DELETE\r\n\r\n`, /^200$/],
  ['101 headers', `${GET}Host: x\r\n${'a: b\r\n'.repeat(100)}\r\n`, REFUSED],
  ['100 headers', `${GET}Host: x\r\n${'a: b\r\n'.repeat(99)}\r\n`, /^200$/],
  [
    'a second Authorization after 3,000 headers',
    `${GET}Host: x\r\n${'a:\r\n'.repeat(3000)}Authorization: x\r\n\r\n`,
    REFUSED,
  ],
  ['headers of 16 KiB', `${GET}Host: x\r\nX-A: ${'a'.repeat(16_400)}\r\n\r\n`, /^431$/],
  ['a URL of 16 KiB', `GET /${'a'.repeat(16_400)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^431$/],
  ['a URL of 8 KiB', `GET /scopes?${'a'.repeat(8000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^200$/],
];

/** Sent when the first answer is complete: what is answered before it was taken for a request. */
const LAST = 'GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: last\r\nConnection: close\r\n\r\n';
/** Where the server may wait for more, or may answer nothing. */
const SILENT_MS = 3000;
/** Where what is sent last was the rest of a body: it is read for a while, and the connection closed. */
const SWALLOWED_MS = 1000;
/** Who waits for an answer that does not come hangs up after so long. */
const HANGS_UP_AFTER_MS = 100;

function hasAnswer(received: string): boolean {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(head)?.[1] ?? '0';
  return rest.length > 0 && rest.join('\r\n\r\n').length >= Number(length);
}

/** What the server answers until it closes. */
function converse(port: number, bytes: string, silent_ms?: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    let received = '';
    let is_last = false;
    let swallowed: NodeJS.Timeout | undefined;
    const clock = silent_ms === undefined ? undefined : setTimeout(() => socket.destroy(), silent_ms);
    socket.setEncoding('latin1').on('data', (part) => {
      received += part;
      if (is_last || !hasAnswer(received)) return;
      is_last = true;
      socket.write(LAST);
      swallowed = setTimeout(() => socket.destroy(), SWALLOWED_MS);
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(clock);
        clearTimeout(swallowed);
        resolve(received);
      });
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}

const statusesOf = (answer: string) => [...answer.matchAll(/^HTTP\/1\.[01] (\d{3}) /gm)].map(([, status]) => status);

const DATE = /^date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r$/im;

/** What stands above every answer, by whomever it was written (RFC 9110 sections 6.6.1, 8.6, 11.6.1 and 15.5.6). */
function checkHead(t: Test, head: string, name: string): void {
  t.match(head, /x-content-type-options: nosniff/i, `${name}: with the headers of every answer`);
  t.match(head, DATE, `${name}: with its time`);
  t.match(head, /^content-length: \d+\r$/im, `${name}: with its length`);
  const [, status] = head.split(' ');
  if (status === '401') t.match(head, /^www-authenticate: /im, `${name}: says how to present a credential`);
  if (status === '405') t.match(head, /^allow:/im, `${name}: says which methods there are`);
}

async function listening(t: Test, settings: Record<string, string> = {}, routes: AddRoutes = () => undefined) {
  const test = await buildTestApp(t, { settings, routes });
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...test, port: (test.app.server.address() as AddressInfo).port };
}

t.test('threats T2: bytes that can be cut in two ways are refused, and hide nothing', async (t) => {
  const { port, logged } = await listening(t);
  for (const [name, bytes, first] of [...LENGTHS, ...CHUNKS, ...LINES]) {
    const answer = await converse(port, bytes, first === NO_ANSWER_OR_400 ? SILENT_MS : undefined);
    const [status = 'none', ...more] = statusesOf(answer);
    t.match(status, first, `${name}: ${[status, ...more]}`);
    t.notOk(
      [status, ...more].some((each) => each?.startsWith('5')),
      `${name}: no fault of ours`,
    );
    t.notMatch(answer, 'smuggled', `${name}: nothing was smuggled`);
    for (const [head] of answer.matchAll(/^HTTP\/1\.1 [\s\S]*?\r\n\r\n/gm)) checkHead(t, head, name);
    const [last] = [...answer.matchAll(/"code":"([a-z_]+)"/g)];
    if (/^4/.test(status)) t.ok(last, `${name}: in our shape`);
  }
  const many = Array.from({ length: HEADERS_MAX + 1 }, (_, n) => [n === 0 ? 'Host' : `x-${n}`, 'x']).flat();
  t.ok(readPlainHeaders(many.slice(0, -2)), 'as many as there may be');
  t.equal(readPlainHeaders(many), null, 'the direct way takes no more headers either');
  t.notMatch(logged(), '"level":50', 'nothing was an error');
});

/** Sends the bytes, and resets the connection as soon as something comes back, or nothing does for a while. */
function hangUpOn(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const reset = () => socket.resetAndDestroy();
    const clock = setTimeout(reset, HANGS_UP_AFTER_MS);
    socket
      .on('data', reset)
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(clock);
        resolve();
      });
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}

t.test(
  'threats D1: who resets his connection while he is answered, whatever he has sent, ends nothing but it',
  async (t) => {
    const { port, logged } = await listening(t);
    for (const [, bytes] of [...LENGTHS, ...CHUNKS, ...LINES]) await hangUpOn(port, bytes);
    t.same(statusesOf(await converse(port, LAST)).slice(0, 1), ['200'], 'the service goes on');
    t.notMatch(logged(), '"level":50', 'nothing was an error');
  },
);

t.test('requests one behind the other are answered in their order, each for its own credential', async (t) => {
  const { port, deps } = await listening(t);
  const world = worldOf(deps);
  const people = await Promise.all(['ada', 'bob', 'eve'].map((login) => world.person(login)));
  const sessions = await Promise.all(people.map((person) => world.session(person)));
  const one = (n: number, path = '/user') =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: r${n}\r\nAuthorization: ${bearer(sessions[n % 3] ?? '').authorization}\r\n\r\n`;
  const count = 30;
  const answer = await converse(port, Array.from({ length: count }, (_, n) => one(n)).join(''));
  const ids = [...answer.matchAll(/x-request-id: (r\d+)/gi)].map(([, id]) => id);
  t.same(
    ids,
    Array.from({ length: count }, (_, n) => `r${n}`),
  );
  const logins = [...answer.matchAll(/"login":"([a-z]+)"/g)].map(([, login]) => login);
  t.same(
    logins,
    Array.from({ length: count }, (_, n) => ['ada', 'bob', 'eve'][n % 3]),
  );
  const broken = await converse(port, `${one(0)}nonsense\r\n\r\n${one(1)}`);
  t.equal(statusesOf(broken).at(-1), '400');
  t.notMatch(broken, 'r1', 'after what is no request nothing is read');
});

t.test('threats T2: that something cannot be read is not told within an answer that has begun', async (t) => {
  async function* endless() {
    for (;;) {
      yield 'more\n';
      await delay(10);
    }
  }
  const routes: AddRoutes = (app) => {
    app.get('/endless', { config: { access: { open: true } } }, (_request, reply) =>
      reply.send(Readable.from(endless())),
    );
  };
  const { port } = await listening(t, {}, routes);
  for (const next of ['nonsense\r\n\r\n', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n']) {
    const received = await new Promise<string>((resolve) => {
      let all = '';
      const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /endless HTTP/1.1\r\nHost: x\r\n\r\n'));
      socket.once('data', () => socket.write(next));
      socket.setEncoding('latin1').on('data', (part) => {
        all += part;
      });
      socket.on('error', () => undefined).on('close', () => resolve(all));
    });
    t.same(statusesOf(received), ['200'], JSON.stringify(next));
  }
});

t.test('who sends slowly is not waited for, and does not keep others waiting', async (t) => {
  const { app, port } = await listening(t, { REQUEST_TIMEOUT_MS: '300' });
  const slow = (begin: string, piece: string) =>
    new Promise<string>((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      let received = '';
      socket.setEncoding('latin1').on('data', (part) => {
        received += part;
      });
      socket.write(begin);
      const clock = setInterval(() => socket.write(piece), 50);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          clearInterval(clock);
          resolve(received);
        });
    });
  const body = slow(`${POST}${length(1000)}\r\n{`, ' ');
  const chunks = slow(`${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n');
  await delay(50);
  t.same(
    statusesOf(await converse(port, `${GET}Host: x\r\nConnection: close\r\n\r\n`)),
    ['200'],
    'others are answered',
  );
  // Nobody is authenticated: he is refused before the body is waited for.
  for (const answer of [await body, await chunks]) t.match(statusesOf(answer)[0], /^(?:401|503|408)$/);
  t.equal(app.server.headersTimeout, 10_000, 'nor for headers that never end');
});
