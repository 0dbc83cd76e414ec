// What is read from the socket (src/http/direct/plain-connections.ts) is what Node would have read, to the byte; everything else is
// Node's, and a connection behaves alike whoever reads it. Node tells of every request that it reads: so each test knows who did.

import diagnostics from 'node:diagnostics_channel';
import http, { type IncomingMessage } from 'node:http';
import net from 'node:net';
import { duplexPair } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { PERMISSIONS } from '../../src/domain/vocabulary.ts';
import { arrivalOf } from '../../src/http/arrivals.ts';
import { linesOf } from '../../src/http/direct/plain-connections.ts';
import { type PlainRequest, readPlainRequest } from '../../src/http/direct/plain-request.ts';
import { drain } from '../../src/http/drain.ts';
import { newText } from '../../src/secrets.ts';
import { CREDENTIAL_FAILURES_MAX } from '../../src/use-cases/checks/credential-failures.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { cases } from '../support/effort.ts';
import { listeningApp } from '../support/listening.ts';
import { eventually } from '../support/service.ts';

const READ_BY_NODE = 'http.server.request.start';
const CRLF = '\r\n';

type Parts = { readonly line: string; readonly headers: readonly string[]; readonly body?: string };

function textOf({ line, headers, body = '' }: Parts): string {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  return [line, ...headers, ...length, '', body].join(CRLF);
}

const HOST = 'Host: x';
const CLIENT = 'Authorization: Basic Y2xpZW50X3g6Z2hjX3g=';
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const INTROSPECTION = textOf({
  line: 'POST /oauth/introspect HTTP/1.1',
  headers: [HOST, CLIENT, FORM],
  body: 'token=gthp_x',
});
const GATEWAY = textOf({
  line: 'GET /gateway/nginx HTTP/1.1',
  headers: [
    HOST,
    CLIENT,
    'X-Original-URI: /repos/a/b',
    'X-Original-Method: GET',
    'Connection: keep-alive',
    'Accept: */*',
  ],
});

/** What Node reads of these bytes: every request with its body. */
async function readByNode(
  text: string,
): Promise<readonly { readonly request: IncomingMessage; readonly body: string }[]> {
  const read: { request: IncomingMessage; body: string }[] = [];
  const server = http.createServer({ requireHostHeader: false, joinDuplicateHeaders: false }, (request, response) => {
    const one = { request, body: '' };
    request
      .setEncoding('latin1')
      .on('data', (part) => (one.body += part))
      .on('end', () => {
        read.push(one);
        response.end();
      });
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  const [near, far] = duplexPair();
  near.on('error', () => undefined).resume();
  server.emit('connection', far);
  near.write(Buffer.from(text, 'latin1'));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  near.destroy();
  far.destroy();
  return read;
}

const MEMBERS = {
  authorization: 'authorization',
  'content-type': 'content_type',
  'content-length': 'content_length',
  accept: 'accept',
  'x-request-id': 'request_id',
  'x-gateway-authorization': 'gateway_authorization',
  'x-original-method': 'original_method',
  'x-original-uri': 'original_uri',
  'x-forwarded-for': 'forwarded_for',
} as const satisfies Record<string, keyof PlainRequest['headers']>;

/** Bytes that are nearly a request: pieces of the two above and of what readers have been fooled with. */
const PIECES = [
  '\r',
  '\n',
  CRLF,
  ' ',
  '\t',
  '\0',
  ':',
  ',',
  ';',
  '_',
  '%',
  '"',
  '\x7f',
  '\x80',
  '\xff',
  '(',
  '0',
  '1',
  '9',
  '-',
  '+',
  'A',
  'z',
  'Host: y',
  'Connection: close',
  'Connection: Upgrade',
  'Content-Length: 5',
  'Content-Length: 0',
  'Transfer-Encoding: chunked',
  'Expect: 100-continue',
  'X-Original-URI: /x',
  'HTTP/1.0',
  'GET',
  'POST',
  'x: y',
  ': ',
  'X_Original_URI: /y',
  'gzip',
]; // prettier-ignore

/** Names mean the same however they are spelled. */
const SPELLED: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) =>
    name.replaceAll(/[a-z](?=-)|[A-Z]/gi, (letter, at: number) =>
      at % 2 ? letter.toUpperCase() : letter.toLowerCase(),
    ),
];

const mutated = fc
  .record({
    text: fc
      .tuple(fc.constantFrom(INTROSPECTION, GATEWAY), fc.constantFrom(...SPELLED))
      .map(([text, spelled]) => text.replaceAll(/^[A-Za-z-]+(?=: )/gm, spelled)),
    edits: fc.array(
      fc.record({ at: fc.nat(400), cut: fc.nat(3), piece: fc.oneof(fc.constantFrom(...PIECES), fc.constant('')) }),
      {
        maxLength: 3,
      },
    ),
  })
  .map(({ text, edits }) =>
    edits.reduce((now, { at, cut, piece }) => {
      const place = at % (now.length + 1);
      return now.slice(0, place) + piece + now.slice(place + cut);
    }, text),
  );

t.test('threats T2: what is taken from the socket is one request, and the one that Node reads', async (t) => {
  const seen = { plain: 0, other: 0 };
  await fc.assert(
    fc.asyncProperty(mutated, async (text) => {
      const plain = readPlainRequest(text);
      const is_whole = plain !== null && plain.missing === 0;
      seen[is_whole ? 'plain' : 'other'] += 1;
      if (!is_whole) return true;
      const [one, ...more] = await readByNode(text);
      if (one === undefined || more.length > 0) return false;
      const { request, body } = one;
      const headers = Object.entries(MEMBERS).every(
        ([name, member]) =>
          (request.headers[name] ?? null) === plain.headers[member] &&
          (request.headersDistinct[name]?.length ?? 1) === 1,
      );
      return headers && request.method === plain.method && request.url === plain.target && body === plain.body;
    }),
    { numRuns: cases({ short: 700, long: 60_000 }) },
  );
  t.ok(seen.plain > 100 && seen.other > 100, JSON.stringify(seen));
  for (const text of [INTROSPECTION, GATEWAY]) t.ok(readPlainRequest(text), 'what clients send is plain');
  t.equal((await readByNode(INTROSPECTION + GATEWAY)).length, 2, 'the reader beside it reads all that is there');
});

t.test('threats T2: what could be read in two ways, or by none, is not plain', async (t) => {
  const get = (...headers: string[]) => textOf({ line: 'GET /gateway/nginx HTTP/1.1', headers });
  const post = (headers: readonly string[], body: string) =>
    ['POST /oauth/introspect HTTP/1.1', HOST, ...headers, '', body].join(CRLF);
  const others: Readonly<Record<string, string>> = {
    nothing: '',
    'half a head': GATEWAY.slice(0, 40),
    'two requests': GATEWAY + GATEWAY,
    'more than the body': `${INTROSPECTION}x`,
    'a body of a GET': `${get(HOST, 'Content-Length: 1')}x`,
    'no length': post([], ''),
    'no length with a body': post([], 'x'),
    'a length of nothing': post(['Content-Length: 0'], ''),
    'two lengths': post(['Content-Length: 1', 'Content-Length: 1'], 'x'),
    'a length with a zero before': post(['Content-Length: 01'], 'x'),
    'a length with a sign': post(['Content-Length: +1'], 'x'),
    chunks: post(['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'),
    'no host': get('Accept: */*'),
    'two hosts': get(HOST, HOST),
    'a folded line': get(HOST, 'X-A: b', ' c'),
    'a blank before the colon': get(HOST, 'X-A : b'),
    'no blank after it': get(HOST, 'X-A:b'),
    'two blanks after it': get(HOST, 'X-A:  b'),
    'a blank at the end': get(HOST, 'X-A: b '),
    'an empty value': get(HOST, 'X-A: '),
    'a bare LF': get(`${HOST}\nX-A: b`),
    'a bare CR': get(`${HOST}\rX-A: b`),
    'a byte beyond ASCII': get(HOST, 'X-A: \xfc'),
    'an expectation': get(HOST, 'Expect: 100-continue'),
    'a wish of the connection that Node grants': get(HOST, 'Proxy-Connection: close'),
    'an upgrade': get(HOST, 'Connection: Upgrade', 'Upgrade: h2c'),
    'a list of wishes for the connection': get(HOST, 'Connection: keep-alive, close'),
    'HTTP/1.0': GATEWAY.replace('HTTP/1.1', 'HTTP/1.0'),
    'absolute form': GATEWAY.replace('GET /', 'GET http://x/'),
    'an empty line before': `${CRLF}${GATEWAY}`,
    'another method': GATEWAY.replace('GET', 'PUT'),
    'a long head': get(HOST, `X-A: ${'a'.repeat(16_384)}`),
    '101 headers': get(HOST, ...Array.from({ length: 100 }, () => 'a: b')),
  };
  for (const [name, text] of Object.entries(others)) t.equal(readPlainRequest(text), null, name);
  t.equal(readPlainRequest(INTROSPECTION.slice(0, -1))?.missing, 1, 'half a body');
  t.equal(readPlainRequest(INTROSPECTION.slice(0, INTROSPECTION.indexOf('token=')))?.missing, 12, 'no body yet');
  t.equal(
    readPlainRequest(post(['Content-Length: 20000'], 'x')),
    null,
    'a body that is too long to come in two pieces',
  );
  const most = get(HOST, ...Array.from({ length: 99 }, () => 'a: b'));
  t.ok(readPlainRequest(most), 'as many headers as there may be');
});

async function started(t: Test) {
  const test = await listeningApp(t, { settings: { FRESHNESS_MS: '30000' }, is_fenced: false });
  const { world, rows } = test;
  const port = Number(test.issuer.port);
  const ada = await world.person('ada');
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const { authorization } = await world.client(['introspect', 'evaluate', 'gateway']);
  let by_node = 0;
  const onRead = () => {
    by_node += 1;
  };
  diagnostics.subscribe(READ_BY_NODE, onRead);
  t.teardown(() => diagnostics.unsubscribe(READ_BY_NODE, onRead));
  const introspection = (id: string, more: readonly string[] = [], token = text) =>
    textOf({
      line: 'POST /oauth/introspect HTTP/1.1',
      headers: [HOST, FORM, `Authorization: ${authorization}`, `X-Request-Id: ${id}`, ...more],
      body: `token=${token}`,
    });
  const scopes = (id: string) => textOf({ line: 'GET /scopes HTTP/1.1', headers: [HOST, `X-Request-Id: ${id}`] });
  /** Everything that it needs is known from now on. */
  await eventually(async () => {
    const before = by_node;
    await talk(port, [introspection('warm', ['Connection: close'])]);
    return by_node === before;
  }, 20_000);
  return { ...test, port, text, rows, ada, authorization, introspection, scopes, byNode: () => by_node };
}

const answered = (received: string) => [...received.matchAll(/^x-request-id: (\S+)/gim)].map(([, id]) => id);

/** What comes back until the server closes; each piece is sent when there are as many answers as pieces before it. */
function talk(port: number, pieces: readonly string[], { half_closes = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let received = '';
    let sent = 0;
    const send = () => {
      const piece = pieces[sent];
      sent += 1;
      if (piece === undefined) return;
      socket.write(Buffer.from(piece, 'latin1'));
      if (half_closes && sent === pieces.length) socket.end();
    };
    socket
      .on('connect', send)
      .setEncoding('latin1')
      .on('data', (part) => {
        received += part;
        if (answered(received).length >= sent) send();
      });
    socket
      .on('error', reject)
      .on('end', () => socket.end())
      .on('close', () => resolve(received));
  });
}

/** What comes back until the server closes; the pieces are sent one by one, whatever comes. */
function sendPieces(
  port: number,
  pieces: readonly string[],
  { half_closes = false, goes = false, pause_ms = 10 } = {},
) {
  return new Promise<string>((resolve) => {
    let received = '';
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }, async () => {
      socket.setNoDelay();
      for (const piece of pieces) {
        socket.write(Buffer.from(piece, 'latin1'));
        await delay(pause_ms);
      }
      if (half_closes) socket.end();
      if (goes) socket.destroy();
    });
    socket.on('data', (part) => (received += part)).on('end', () => socket.end());
    socket.on('error', () => undefined).on('close', () => resolve(received));
  });
}

t.test(
  'a connection is answered from its socket until something is not plain, and then by Node, in order',
  async (t) => {
    const { port, introspection, scopes, byNode } = await started(t);
    const before = byNode();
    const pieces = [
      introspection('a'),
      introspection('b'),
      scopes('c'),
      introspection('d'),
      introspection('e', ['Connection: close']),
    ];
    const received = await talk(port, pieces);
    t.same(answered(received), ['a', 'b', 'c', 'd', 'e']);
    t.equal(byNode() - before, 3, 'the first two were not read by Node');
    const heads = received
      .split('HTTP/1.1 200 OK\r\n')
      .map((each) => each.replace(/^(x-request-id|Date): .*$/gim, '$1'));
    const [, first, second, , fourth, last = ''] = heads;
    t.equal(first, second);
    t.equal(first, fourth, 'Node answers with the same bytes');
    t.match(first, /\r\nConnection: keep-alive\r\nKeep-Alive: timeout=72\r\n\r\n/);
    t.match(last, /\r\nConnection: close\r\n\r\n/);
  },
);

t.test('a client that is not known yet is asked for, and its connection stays', async (t) => {
  const { port, byNode, world, text, scopes } = await started(t);
  const { authorization } = await world.client(['introspect', 'gateway']);
  const known = await world.client(['evaluate']);
  const from = (client: string, id: string) =>
    textOf({
      line: 'GET /gateway/nginx HTTP/1.1',
      headers: [
        HOST,
        `X-Gateway-Authorization: ${client}`,
        `Authorization: Bearer ${text}`,
        'X-Original-Method: GET',
        'X-Original-URI: /user',
        `X-Request-Id: ${id}`,
      ],
    });
  const before = byNode();
  t.match(
    await talk(port, [
      from(authorization, 'a'),
      from(authorization, 'b').replace(HOST, `${HOST}\r\nConnection: close`),
    ]),
    'x-auth-user: ada',
  );
  t.equal(byNode(), before, 'Node has read nothing');
  for (const [what, client] of [
    ['another secret', `${authorization}x`],
    ['without the capability', known.authorization],
  ] as const) {
    const received = await talk(port, [from(client, 'a'), scopes('b').replace(HOST, `${HOST}\r\nConnection: close`)]);
    t.match(received, /^HTTP\/1.1 403 /, what);
    t.match(received, 'gateway_unauthenticated', what);
  }
});

t.test('of requests in one piece each is answered, whichever way each has to go', async (t) => {
  const { port, introspection, text } = await started(t);
  const general = (id: string) => introspection(id, [], `${text}&unknown=1`);
  const last = introspection('last', ['Connection: close']);
  for (const pieces of [
    [general('a') + last],
    [introspection('a') + general('b') + last],
    [general('a') + general('b') + last],
  ]) {
    const received = await talk(port, pieces);
    t.equal(answered(received).at(-1), 'last');
    t.equal((received.match(/"active":true/g) ?? []).length, answered(received).length);
  }
});

t.test('what comes before its turn waits for it', async (t) => {
  const { port, introspection, scopes, deps, rows, ada } = await started(t);
  const { text } = await rows.classic(ada, { scopes: [] });
  const { loadOrLastKnown } = deps.facts;
  const slow: typeof loadOrLastKnown = async (asked) => {
    await delay(100);
    return loadOrLastKnown(asked);
  };
  Object.assign(deps.facts, { loadOrLastKnown: slow });
  const cold = introspection('cold', [], text);
  const last = introspection('last', ['Connection: close']);
  const cases: readonly (readonly [next: string, ids: readonly string[]])[] = [
    [last, ['cold', 'last']],
    [scopes('next') + last, ['cold', 'next', 'last']],
  ];
  for (const [next, ids] of cases) {
    const received = await sendPieces(port, [cold, next], { pause_ms: 30 });
    t.same(answered(received), ids);
    t.equal((received.match(/"active":true/g) ?? []).length, 2);
  }
});

t.test('a body that follows its head in one piece is read here, any other by Node, and all alike', async (t) => {
  const { port, introspection, scopes, byNode, rows, ada, logged } = await started(t);
  const first = introspection('a');
  const whole = introspection('b', ['Connection: close']);
  const [head, body] = [whole.slice(0, whole.indexOf('\r\n\r\n') + 4), whole.slice(whole.indexOf('\r\n\r\n') + 4)];
  const expected = await sendPieces(port, [whole]);
  const like = (received: string) =>
    received
      .slice(received.lastIndexOf('HTTP/1.1 '))
      .replace(/^(x-request-id|Date): .*$/gim, '$1')
      .split(CRLF)
      .sort(); // the general way has the lines in another order
  const cases: readonly (readonly [name: string, pieces: readonly string[], read_by_node: number])[] = [
    ['the body follows', [head, body], 0],
    ['the end of the body follows', [head + body.slice(0, 9), body.slice(9)], 0],
    ['after an answer', [first, head, body], 0],
    ['the body in two pieces', [head, body.slice(0, 9), body.slice(9)], 1],
    ['the head in two pieces', [head.slice(0, 30), head.slice(30) + body], 1],
    ['another request with the body', [introspection('c').slice(0, -3), introspection('c').slice(-3) + whole], 2],
  ];
  // A busy machine joins pieces, or delays one.
  for (const [name, pieces, read_by_node] of cases)
    await eventually(async () => {
      const before = byNode();
      t.same(like(await sendPieces(port, pieces)), like(expected), name);
      return byNode() - before === read_by_node;
    }, 20_000);
  const { text } = await rows.classic(ada, { scopes: [] });
  const cold = introspection('cold', ['Connection: close'], text);
  t.match(await sendPieces(port, [cold.slice(0, -5), cold.slice(-5)]), '"active":true');
  // Late: Node reads it, and waits.
  const late = await sendPieces(port, [head, body], { pause_ms: 400 });
  t.same(like(late), like(expected), 'a body that is late');

  // Never: as by Node, which an empty line before the request calls.
  for (const how of [{ half_closes: true }, { goes: true }] as const) {
    const lines = () => logged().match(/"aborted":true/g)?.length ?? 0;
    const told = [];
    for (const pieces of [[head], [`\r\n${head}`]]) {
      const before = lines();
      const received = await sendPieces(port, pieces, how);
      await eventually(async () => lines() > before, 20_000);
      told.push([received.slice(0, 12), /"code":"[a-z_]+"/.exec(received)?.[0], lines() - before]);
    }
    t.same(told[0], told[1], JSON.stringify(how));
  }
  t.match(await talk(port, [scopes('z').replace(HOST, `${HOST}\r\nConnection: close`)]), /^HTTP\/1.1 200 /);
});

t.test('contract 10: who sends a body late waits no longer than all others', async (t) => {
  const { port, introspection } = await started(t);
  const whole = introspection('a', ['Connection: close']);
  const [head, half] = [whole.slice(0, -12), whole.slice(-12, -6)];
  for (const [name, next] of [
    ['no more for now', ''],
    ['half of the rest', half],
  ] as const) {
    const socket = net.connect(port, '127.0.0.1').setNoDelay();
    let received = '';
    socket.on('data', (part) => (received += part));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const read = new Promise<{ readonly request: IncomingMessage; readonly read_ms: number }>((resolve) => {
      const onRead = (message: unknown) => {
        diagnostics.unsubscribe(READ_BY_NODE, onRead);
        resolve({ request: (message as { readonly request: IncomingMessage }).request, read_ms: performance.now() });
      };
      diagnostics.subscribe(READ_BY_NODE, onRead);
    });
    socket.write(head);
    if (next !== '') await delay(30);
    socket.write(next);
    const { request, read_ms } = await read;
    socket.write(whole.slice(head.length + next.length));
    await closed;
    t.match(received, '"active":true', name);
    t.ok((arrivalOf(request) ?? read_ms) < read_ms, `${name}: since its head arrived`);
  }
});

t.test('pieces of a request are put together by Node, whatever was answered before', async (t) => {
  const { port, introspection } = await started(t);
  const whole = introspection('b', ['Connection: close']);
  for (const at of [1, 20, whole.indexOf('\r\n\r\n') + 2, whole.indexOf('\r\n\r\n') + 4, whole.length - 1]) {
    const received = await new Promise<string>((resolve) => {
      let all = '';
      const socket = net.connect(port, '127.0.0.1', () => socket.write(introspection('a')));
      socket.once('data', () => {
        socket.write(whole.slice(0, at));
        setTimeout(() => socket.write(whole.slice(at)), 20);
      });
      socket.on('data', (part) => (all += part)).on('close', () => resolve(all));
    });
    t.same(answered(received), ['a', 'b'], `divided after ${at}`);
  }
});

t.test('a connection that is Node’s from now on is so as a whole: long bodies, a tunnel that is refused', async (t) => {
  const { port, introspection, text, byNode } = await started(t);
  const long = introspection('b', [], `${text}&unknown=${'x'.repeat(600_000)}`);
  const last = introspection('d', ['Connection: close']);
  const before = byNode();
  const received = await talk(port, [introspection('a'), long, long.replace(': b', ': c'), last]);
  t.same(answered(received), ['a', 'b', 'c', 'd']);
  t.equal((received.match(/"active":true/g) ?? []).length, 4);
  t.equal(byNode() - before, 3, 'but the first');
  const tunnel = `CONNECT x:1 HTTP/1.1\r\n${HOST}\r\n\r\n`;
  for (const more of ['', 'x'.repeat(100_000)]) {
    const refused = await talk(port, [introspection('a'), tunnel + more]);
    t.match(refused.split('HTTP/1.1 ').at(-1), /^405 /);
  }
});

t.test('what is no socket of the system is read as usual', async (t) => {
  const { app, introspection, scopes, byNode } = await started(t);
  const [near, far] = duplexPair();
  Object.assign(far, { setTimeout: () => far, destroySoon: () => far.end(), remoteAddress: '127.0.0.1' });
  let received = '';
  near.setEncoding('latin1').on('data', (part) => (received += part));
  const before = byNode();
  app.server.emit('connection', far);
  for (const [id, request] of [
    ['a', introspection('a')],
    ['b', introspection('b')],
    ['c', scopes('c')],
  ] as const) {
    near.write(Buffer.from(request, 'latin1'));
    await eventually(async () => answered(received).at(-1) === id, 20_000);
  }
  t.equal(byNode() - before, 1, 'only what has no direct way');
  near.destroy();
  far.destroy();
});

t.test('who ends his side is told what was under way no more, as by Node, and the connection ends', async (t) => {
  const { port, introspection, deps, rows, ada } = await started(t);
  const { text } = await rows.classic(ada, { scopes: [] });
  const { loadOrLastKnown } = deps.facts;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: typeof loadOrLastKnown = async (asked) => {
    await released;
    return loadOrLastKnown(asked);
  };
  Object.assign(deps.facts, { loadOrLastKnown: slow });
  t.same(answered(await talk(port, [introspection('cold', [], text)], { half_closes: true })), []);
  release();
  t.same(answered(await talk(port, [introspection('warm', ['Connection: close'], text)])), ['warm'], 'who waits');
  t.equal(
    await talk(port, ['POST /oauth/introspect HTTP/1.1\r\n'], { half_closes: true }).then(
      (all) => answered(all).length,
    ),
    1,
    'a 400',
  );
});

t.test('after the last answer the connection is gone, whatever else comes and whoever keeps his side', async (t) => {
  const { app, port, introspection } = await started(t);
  const connections = () =>
    new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));
  for (const more of ['', introspection('b'), 'GET /sc', introspection('b') + introspection('c')]) {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let received = '';
    socket.setNoDelay().on('error', () => undefined);
    socket.on('data', (part) => (received += part));
    socket.write(introspection('a', ['Connection: close']));
    await new Promise((resolve) => socket.once('data', resolve));
    if (more !== '') socket.write(more);
    await eventually(async () => (await connections()) === 0, 20_000);
    t.same(answered(received), ['a']);
    socket.destroy();
  }
});

t.test('P17: who ends his side before he is answered has tried all the same, and is told of no secret', async (t) => {
  const { app, port, world, text } = await started(t);
  const { authorization, client_id } = await world.client(['introspect']);
  const hits = async () =>
    /limit_hits_total\{[^}]*"credential"[^}]*\} (\d+)/.exec((await app.inject('/metrics')).body)?.[1];
  const from = (client: string) =>
    textOf({
      line: 'POST /oauth/introspect HTTP/1.1',
      headers: [HOST, FORM, `Authorization: ${client}`],
      body: `token=${text}`,
    });
  const wrong = () => `Basic ${Buffer.from(`${client_id}:${newText('client', 'gth')}`).toString('base64')}`;
  for (let n = 0; n < CREDENTIAL_FAILURES_MAX; n += 1)
    t.notMatch(await talk(port, [from(wrong())], { half_closes: true }), /^HTTP\/1.1 (?!401)/);
  const before = Number((await hits()) ?? 0);
  t.match(await talk(port, [from(authorization).replace(HOST, `${HOST}\r\nConnection: close`)]), /^HTTP\/1.1 429 /);
  t.equal(Number(await hits()), before + 1, 'refused once, and counted once');
});

t.test('P19: while the node ends, each connection is told, and none that is idle keeps it', async (t) => {
  const { app, port, introspection } = await started(t);
  const open = (): Promise<net.Socket> =>
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
    });
  const [silent, idle, asking] = await Promise.all([open(), open(), open()]);
  const answerTo = (socket: net.Socket, id: string) =>
    new Promise<string>((resolve) => {
      socket.once('data', (bytes) => resolve(String(bytes)));
      socket.write(introspection(id));
    });
  const closed = [silent, idle, asking].map((socket) => new Promise((resolve) => socket.on('close', resolve).resume()));
  t.match(await answerTo(idle, 'a'), 'Connection: keep-alive');
  t.match(await answerTo(asking, 'b'), 'Connection: keep-alive');
  const drained = drain(app, 500);
  t.match(await answerTo(asking, 'c'), 'Connection: close', 'the answer is the last');
  await drained;
  await Promise.all(closed);
});

t.test('an idle connection is closed after its time, one that asks is not', async (t) => {
  const { app, port, introspection } = await started(t);
  app.server.headersTimeout = 300;
  const begun = performance.now();
  await talk(port, []);
  t.ok(performance.now() - begun >= 250, 'who says nothing');
  t.match(await talk(port, [introspection('a'), introspection('b', ['Connection: close'])]), '"active":true');
});

t.test('a value that would end its line is never written', (t) => {
  const head = { status: 200, pairs: [], text: '' };
  const answer = (value: string) => ({ head, request_id: 'a', more: ['x-auth-user', value], body: '' });
  t.match(linesOf(answer('ada'), 0), /x-auth-user: ada\r\n$/);
  for (const value of ['a\r\nx: y', 'a\n', 'a\rb', '\0', '\xfc'])
    t.throws(() => linesOf(answer(value), 0), JSON.stringify(value));
  t.end();
});

t.test('P15: of a request nothing is kept but the names that are new in it', async (t) => {
  const { port, authorization, byNode } = await started(t);
  const LENGTH = 14_000;
  const [, id = '', secret = ''] =
    /^(.*):(.*)$/.exec(Buffer.from(authorization.slice('Basic '.length), 'base64').toString()) ?? [];
  /** The same client, each time in another spelling. */
  const spelled = (n: number) =>
    [...id].map((c, at) => ((n >> at) & 1 ? `%${c.charCodeAt(0).toString(16)}` : c)).join('');
  const question = (action: string, client: string) =>
    textOf({
      line: 'POST /access/v1/evaluation HTTP/1.1',
      headers: [
        HOST,
        'Content-Type: application/json',
        `Authorization: Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
        `X-Long: ${'x'.repeat(LENGTH)}`,
      ],
      body: JSON.stringify({
        subject: { type: 'anonymous', id: 'anonymous' },
        action: { name: action },
        resource: { type: 'user', id: 'ada' },
      }),
    });
  const ask = (socket: net.Socket, text: string) =>
    new Promise<string>((resolve) => {
      socket.once('data', (part) => resolve(String(part)));
      socket.write(text);
    });
  const asked = async (texts: readonly string[]) => {
    const socket = net.connect(port, '127.0.0.1');
    const answers: string[] = [];
    for (const text of texts) answers.push(await ask(socket, text));
    socket.destroy();
    t.ok(answers.every((each) => each.includes('"decision":')));
  };
  const grownBy = async (texts: readonly string[]) => {
    await asked(Array.from({ length: 200 }, () => question('metadata:read', id)));
    collectGarbage();
    const [before, read] = [process.memoryUsage().heapUsed, byNode()];
    await asked(texts);
    collectGarbage();
    t.equal(byNode(), read, 'all from the socket');
    return (process.memoryUsage().heapUsed - before) / texts.length;
  };
  const clients = Array.from({ length: 500 }, (_, n) => question('metadata:read', spelled(n + 1)));
  t.ok((await grownBy(clients)) < LENGTH / 2, 'clients');
  const actions = PERMISSIONS.flatMap(({ name, levels }) => levels.map((level) => `${name}:${level}`));
  t.ok((await grownBy(actions.map((each) => question(each, id)))) < LENGTH / 2, 'actions');
});
