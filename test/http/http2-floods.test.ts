// What anybody may do by HTTP/2, where many requests share a connection: it keeps nobody else waiting (promises P1 and P23, threats D1).
// Nothing is timed: it is counted what is begun, and what has a place.

import { once } from 'node:events';
import type { Server } from 'node:http';
import http2, { type ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { endWithSessions } from '../../src/http/session-ends.ts';
import { tlsOptions } from '../../src/http/tls.ts';
import { buildTestApp } from '../support/build-app.ts';
import { canMakeCertificates, makeCertificate } from '../support/certificates.ts';
import { eventually } from '../support/service.ts';

/** As arrivals.ts has it. */
const BEGUN_MAX = 64;
const STREAMS = 200;

/** An application over TLS, with a route that counts how often it was asked, and how often in one turn of the event loop. */
async function counting(t: Test, settings: Record<string, string> = {}) {
  const counts = { asked: 0, in_turn: 0, most_in_turn: 0 };
  const routes: AddRoutes = (app) => {
    app.get('/counted', { config: { access: { open: true } } }, () => {
      counts.asked += 1;
      counts.in_turn += 1;
      counts.most_in_turn = Math.max(counts.most_in_turn, counts.in_turn);
      return 'answered';
    });
  };
  let is_over = false;
  const nextTurn = (): void => {
    counts.in_turn = 0;
    if (!is_over) setImmediate(nextTurn);
  };
  nextTurn();
  t.teardown(() => {
    is_over = true;
  });
  const { cert, key } = makeCertificate(t.testdir(), 'service');
  const of_tls = { PUBLIC_URL: 'https://tokens.example', ...settings };
  const made = await buildTestApp(t, { settings: of_tls, routes, tls: { cert, key, ca: null } });
  await made.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = made.app.server.address() as AddressInfo;
  const connected = async (options: http2.SecureClientSessionOptions = {}): Promise<ClientHttp2Session> => {
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca: cert, ...options }).on('error', () => undefined);
    t.teardown(() => session.destroy());
    await once(session, 'remoteSettings');
    return session;
  };
  return { ...made, port, cert, counts, connected };
}

function statusOf(session: ClientHttp2Session, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path });
    stream.on('error', reject).on('response', (headers) => resolve(Number(headers[':status'])));
    stream.resume();
  });
}

t.test('promises P1 and P23: no more are begun in one turn of the event loop than of HTTP/1.1', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const { counts, connected } = await counting(t);
  const sessions = await Promise.all(Array.from({ length: 5 }, () => connected()));
  const asked = sessions.flatMap((each) => Array.from({ length: STREAMS }, () => statusOf(each, '/counted')));
  t.same([...new Set(await Promise.all(asked))], [200]);
  t.equal(counts.asked, 5 * STREAMS);
  t.ok(counts.most_in_turn <= BEGUN_MAX, `at most ${counts.most_in_turn} were begun in one turn`);
});

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** GET by https (entries of HPACK's static table), and a path and an authority by their names of that table. */
function headersFor(path: string): Buffer {
  const literal = (name: number, value: string) =>
    Buffer.concat([Buffer.from([name, value.length]), Buffer.from(value)]);
  return Buffer.concat([Buffer.from([0x82, 0x87]), literal(0x04, path), literal(0x01, 'x')]);
}

t.test('threats D1: what is asked and given up at once is not begun, and keeps no place', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const { port, cert, counts, inject, connected } = await counting(t);
  const socket = tls.connect({ host: '127.0.0.1', port, ca: cert, ALPNProtocols: ['h2'] }).on('error', () => undefined);
  await once(socket, 'secureConnect');
  const cancel = Buffer.from([0, 0, 0, 8]);
  const pairs = Array.from({ length: 500 }, (_, n) => [
    frame(1, 5, 2 * n + 1, headersFor('/counted')),
    frame(3, 0, 2 * n + 1, cancel),
  ]);
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const last = frame(1, 5, 1001, headersFor('/counted'));
  socket.resume().write(Buffer.concat([preface, frame(4, 0, 0, Buffer.alloc(0)), ...pairs.flat(), last]));
  await eventually(() => counts.asked > 0); // the last one, at least
  t.equal(await statusOf(await connected(), '/scopes'), 200, 'others are served');
  t.ok(counts.asked <= 20, `${counts.asked} of 501 were begun: those whose end came in another turn, and the last`);
  socket.destroy();
  await eventually(async () => (await inject('/metrics')).body.includes('gatehouse_requests_under_way 0'));
});

t.test(
  'promises P23, threats D1: who does not take his answers keeps no places, and no more than so many answers',
  async (t) => {
    if (!(await canMakeCertificates(t))) return;
    const { counts, inject, connected } = await counting(t, { MAX_REQUESTS: '20', REQUEST_TIMEOUT_MS: '250' });
    const deaf = await connected({ settings: { initialWindowSize: 0 } });
    let [given_up, asked] = [0, 0];
    async function ask(): Promise<void> {
      asked += 1;
      const stream = deaf.request({ ':path': '/counted' }).on('error', () => undefined);
      stream.on('close', () => {
        given_up += 1;
      });
      await once(stream, 'response');
    }
    for (let n = 0; n < 20; n += 1) await ask();
    t.match((await inject('/metrics')).body, /^gatehouse_requests_under_way 0$/m, 'no place is kept');
    t.equal((await inject('/counted')).statusCode, 200, 'others are served');
    for (let n = 0; n < 20; n += 1) await ask();
    t.equal(counts.asked, asked + 1);
    await eventually(() => given_up >= 20); // of more than MAX_REQUESTS the oldest
    await eventually(() => given_up === asked); // 12 times the time of a request later
  },
);

t.test('promises P23, threats D1: nor does who does not take files', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const { inject, connected } = await counting(t, { MAX_REQUESTS: '20' });
  const deaf = await connected({ settings: { initialWindowSize: 0 } });
  for (let n = 0; n < 15; n += 1) {
    const stream = deaf.request({ ':path': '/docs/static/swagger-ui-bundle.js' }).on('error', () => undefined);
    const [headers] = await once(stream, 'response');
    t.equal(headers[':status'], 200);
  }
  t.match((await inject('/metrics')).body, /^gatehouse_requests_under_way 0$/m, 'no place is kept');
});

t.test('promises P23, threats D1: nor does who does not end his bodies', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const { inject, connected } = await counting(t, {
    MAX_REQUESTS: '20',
    STANDING_REQUESTS: '10',
    REQUEST_TIMEOUT_MS: '60000',
  });
  const session = await connected();
  const statuses: number[] = [];
  const begin = () => {
    const form = {
      ':method': 'POST',
      ':path': '/oauth/introspect',
      'content-type': 'application/x-www-form-urlencoded',
    };
    const stream = session.request(form).on('error', () => undefined);
    stream.on('response', (headers) => statuses.push(Number(headers[':status']))).resume();
    stream.write('token=');
  };
  for (let n = 0; n < 40; n += 1) begin();
  await eventually(() => statuses.length === 30);
  t.same([...new Set(statuses)], [503], 'of more than so many the oldest are given up');
  t.match((await inject('/metrics')).body, /^gatehouse_requests_under_way 0$/m, 'no place is kept');
});

t.test('threats D1: a connection ends with its session, though what is written on it is never taken', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const { cert, key } = makeCertificate(t.testdir(), 'service');
  const server = http2.createSecureServer(
    tlsOptions({ cert, key, ca: null }, { headersTimeout: 10_000, maxHeaderSize: 16_384 }),
  );
  t.teardown(() => server.close());
  const sockets: tls.TLSSocket[] = [];
  server.on('secureConnection', (socket: tls.TLSSocket) => {
    socket.end = () => socket; // as where it never comes to an end
    sockets.push(socket);
  });
  t.teardown(endWithSessions(server as unknown as Server, 20));
  const sessions: http2.ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clients = [1, 2].map(() =>
    http2.connect(`https://127.0.0.1:${port}`, { ca: cert }).on('error', () => undefined),
  );
  t.teardown(() => clients.map((each) => each.destroy()));
  await eventually(() => sessions.length === 2);
  sessions[0]?.destroy();
  await eventually(() => sockets[0]?.destroyed === true);
  t.notOk(sockets[1]?.destroyed, 'others go on');
});
