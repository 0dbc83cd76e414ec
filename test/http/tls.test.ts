// TLS by setting, on real sockets: HTTP/2 and HTTP/1.1 by ALPN, the same API on both, renewed certificates without a restart.

import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { HEADERS_MAX } from '../../src/http/request-form.ts';
import { renewTls, tlsOptions } from '../../src/http/tls.ts';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { followTlsFiles, readTlsFiles } from '../../src/tls-files.ts';
import { buildTestApp } from '../support/build-app.ts';
import { type Certificate, canMakeCertificates, makeCertificate } from '../support/certificates.ts';
import { eventually } from '../support/service.ts';
import { callsOf } from '../support/token-calls.ts';
import { bearer, worldOf } from '../support/world.ts';

type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string };
type Asked = { method?: string; path: string; headers?: Record<string, string>; body?: string };

async function text(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let all = '';
  for await (const part of stream) all += part;
  return all;
}

async function byHttp1(port: number, ca: Buffer, { method = 'GET', path, headers = {}, body }: Asked): Promise<Answer> {
  const agent = new https.Agent({ keepAlive: false, ALPNProtocols: ['http/1.1'] });
  const request = https.request({ host: '127.0.0.1', port, ca, agent, method, path, headers }).end(body);
  const [answer] = await once(request, 'response');
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

async function byHttp2(port: number, ca: Buffer, { method = 'GET', path, headers = {}, body }: Asked): Promise<Answer> {
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca });
  try {
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    stream.end(body);
    const [answer] = await once(stream, 'response');
    return { status: Number(answer[':status']), headers: answer, body: await text(stream) };
  } finally {
    session.close();
  }
}

async function listening(t: Test, certificate: Certificate, ca: Buffer | null = null) {
  const files = { cert: certificate.cert, key: certificate.key, ca };
  const test = await buildTestApp(t, { tls: files, settings: { PUBLIC_URL: 'https://tokens.example' } });
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...test, port: (test.app.server.address() as AddressInfo).port };
}

t.test('the same API by HTTP/2 and HTTP/1.1 on one port', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const certificate = makeCertificate(t.testdir(), 'service');
  const { port, inject, deps } = await listening(t, certificate);
  const world = worldOf(deps);
  const session = await world.session(await world.person('ada'));
  const token = (await callsOf(inject, session).classic({ name: 'ci' })).body.token;
  for (const [name, call] of [
    ['HTTP/1.1', byHttp1],
    ['HTTP/2', byHttp2],
  ] as const) {
    const ask = (asked: Asked) => call(port, certificate.cert, asked);
    const user = await ask({ path: '/user', headers: bearer(token) });
    t.equal(user.status, 200, name);
    t.match(user.headers, { 'x-oauth-scopes': '', 'strict-transport-security': /max-age/, 'x-request-id': /./ }, name);
    t.equal(JSON.parse(user.body).login, 'ada', name);
    const made = await ask({
      method: 'POST',
      path: '/user/repos',
      headers: { ...bearer(session), 'content-type': 'application/json', 'idempotency-key': name },
      body: JSON.stringify({ name: `over-${name.replace('/', '-')}` }),
    });
    t.equal(made.status, 201, made.body);
    t.equal((await ask({ path: '/absent' })).status, 404, name);
    t.equal((await ask({ method: 'PURGE', path: '/user' })).status, 405, name);
    t.equal((await ask({ path: '/user', headers: { authorization: 'Bearer nonsense' } })).status, 401, name);
    t.equal((await ask({ path: '/users/%zz' })).status, 404, name);
    const many = Object.fromEntries(Array.from({ length: HEADERS_MAX }, (_, n) => [`x-${n}`, '1']));
    t.equal((await ask({ path: '/scopes', headers: many })).status, 400, `${name}: more headers than anybody needs`);
    const usual = Object.fromEntries(Array.from({ length: HEADERS_MAX - 10 }, (_, n) => [`x-${n}`, '1']));
    t.equal((await ask({ path: '/scopes', headers: usual })).status, 200, name);
    const large = { ...bearer(session), 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'x'.repeat(1_100_000) });
    t.equal((await ask({ method: 'POST', path: '/user/repos', headers: large, body })).status, 413, name);
  }
  const hosts = (host: string) => ({ ':authority': 'here', host });
  const one_host = await byHttp2(port, certificate.cert, { path: '/scopes', headers: hosts('here') });
  t.equal(one_host.status, 200, 'the same host twice');
  const two_hosts = await byHttp2(port, certificate.cert, { path: '/scopes', headers: hosts('elsewhere') });
  t.equal(two_hosts.status, 400, 'an authority and another host');
});

t.test('what speaks no TLS, or an old one, gets no answer, and nothing breaks', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const certificate = makeCertificate(t.testdir(), 'service');
  const { port } = await listening(t, certificate);
  const plain = net.connect(port, '127.0.0.1').on('error', () => undefined);
  plain.write('GET /scopes HTTP/1.1\r\nHost: x\r\n\r\n');
  t.notMatch(await text(plain).catch(() => ''), /HTTP\/1\.1 200/);
  const old = tls.connect({
    port,
    host: '127.0.0.1',
    ca: certificate.cert,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  });
  const [error] = await once(old, 'error');
  t.ok(error);
  const garbage = tls.connect({ port, host: '127.0.0.1', ca: certificate.cert, ALPNProtocols: ['http/1.1'] });
  garbage.write('nonsense\r\n\r\n');
  const answer = await text(garbage);
  t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  t.match(answer, /strict-transport-security: max-age/i);
  t.equal((await byHttp1(port, certificate.cert, { path: '/scopes' })).status, 200, 'others are served');
});

t.test(
  'threats D1: who resets his connection over TLS while he is answered, whatever he has sent, ends nothing but it',
  async (t) => {
    if (!(await canMakeCertificates(t))) return;
    const certificate = makeCertificate(t.testdir(), 'service');
    const { port } = await listening(t, certificate);

    /** Sends over TLS, and resets the connection below it as soon as something comes back, or nothing does for a while. */
    async function hangUp(protocol: 'http/1.1' | 'h2', send: (secure: tls.TLSSocket) => void): Promise<void> {
      const socket = net.connect(port, '127.0.0.1').on('error', () => undefined);
      const secure = tls.connect({ socket, host: '127.0.0.1', ca: certificate.cert, ALPNProtocols: [protocol] });
      secure.on('error', () => undefined);
      await once(secure, 'secureConnect');
      t.equal(secure.alpnProtocol, protocol);
      send(secure);
      await Promise.race([once(secure, 'data'), delay(200)]);
      socket.resetAndDestroy();
      await once(socket, 'close');
    }

    const head = 'HTTP/1.1\r\nHost: x\r\n';
    for (const bytes of [
      `CONNECT x:1 ${head}\r\n`,
      'nonsense\r\n\r\n',
      `GET /scopes ${head}\r\n`,
      `POST /sessions ${head}Content-Length: 9\r\n\r\n{`,
      `POST /directory/import ${head}Transfer-Encoding: chunked\r\n\r\n1\r\n`,
    ]) {
      await hangUp('http/1.1', (secure) => secure.write(bytes));
    }
    for (const headers of [{ ':method': 'CONNECT', ':authority': 'x:1' }, { ':path': '/scopes' }]) {
      await hangUp('h2', (secure) => {
        const session = http2
          .connect('https://127.0.0.1', { createConnection: () => secure })
          .on('error', () => undefined);
        session.request(headers).on('error', () => undefined);
      });
    }
    t.equal((await byHttp1(port, certificate.cert, { path: '/health/live' })).status, 200, 'the service goes on');
  },
);

t.test('threats D1: who begins a handshake and does not end it is not waited for', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const { cert, key } = makeCertificate(t.testdir(), 'service');
  const { headersTimeout, ...http1 } = { headersTimeout: 300, maxHeaderSize: 16_384 };
  const server = http2.createSecureServer(tlsOptions({ cert, key, ca: null }, { headersTimeout, ...http1 }));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  for (const begin of ['', '\x16\x03\x01']) {
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.resume().write(Buffer.from(begin, 'latin1'));
    await Promise.race([once(socket, 'close'), delay(20_000, null, { ref: false })]);
    t.ok(socket.destroyed, `after ${begin.length} bytes`);
    socket.destroy();
  }
});

t.test('a renewed certificate serves new connections without a restart; half of one does not', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const folder = t.testdir();
  const [first, second] = [makeCertificate(folder, 'first'), makeCertificate(folder, 'second')];
  const [cert_file, key_file] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const put = (from: Certificate) => {
    copyFileSync(from.cert_file, cert_file);
    copyFileSync(from.key_file, key_file);
  };
  put(first);
  const config = { tls: { cert_file, key_file, client_ca_file: null } };
  const files = await readTlsFiles(config);
  if (files === null) throw new Error('no files');
  const { port, app } = await listening(t, first);
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  t.teardown(followTlsFiles(config, { first: files, take: (found) => renewTls(app.server, found), log, look_ms: 20 }));
  const open = http2.connect(`https://127.0.0.1:${port}`, { ca: first.cert });
  await once(open, 'connect');
  const works = (ca: Buffer) =>
    byHttp1(port, ca, { path: '/scopes' }).then(
      ({ status }) => status === 200,
      () => false,
    );

  copyFileSync(second.cert_file, cert_file);
  await eventually(() => lines.some((line) => line.includes('cannot be used')));
  t.ok(await works(first.cert), 'the certificate of another key is not taken up');
  writeFileSync(key_file, 'half of a');
  t.ok(await works(first.cert));
  put(second);
  await eventually(() => lines.some((line) => line.includes('in use')));
  t.ok(await works(second.cert), 'the new one');
  t.notOk(await works(first.cert));
  const stream = open.request({ ':path': '/scopes' });
  t.equal((await once(stream, 'response'))[0][':status'], 200, 'connections that are open go on');
  await text(stream);
  open.close();
  t.notMatch(lines.join(''), 'PRIVATE KEY');
});

t.test('RFC 8705: a backend service presents itself by its certificate, and by nothing less', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const folder = t.testdir();
  const service = makeCertificate(folder, 'service');
  const [authority, stranger] = [makeCertificate(folder, 'authority'), makeCertificate(folder, 'stranger')];
  const known = makeCertificate(folder, 'known', authority);
  const unregistered = makeCertificate(folder, 'unregistered', authority);
  const forged = makeCertificate(folder, 'forged', stranger);
  const { port, inject, deps } = await listening(t, service, authority.cert);
  const world = worldOf(deps);
  const root = await world.session(await world.person('root', { site_admin: true }));
  const ada = await world.session(await world.person('ada'));
  const { token } = (await callsOf(inject, ada).classic()).body;
  const as_root = async (method: 'POST' | 'PUT', url: string, payload: object) => {
    const answer = await inject({ method, url, headers: bearer(root), payload });
    return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() };
  };
  const make = async (capabilities: string[]) =>
    (await as_root('POST', '/admin/clients', { name: 'c', capabilities })).body;
  const [forge, other] = [await make(['introspect', 'evaluate']), await make(['introspect'])];
  t.same(forge.certificates, []);
  const register = (client_id: string, certificates: unknown) =>
    as_root('PUT', `/admin/clients/${client_id}/certificates`, { certificates });
  t.equal((await register(forge.client_id, [known.thumbprint, forged.thumbprint])).status, 204);
  t.match(await register(other.client_id, [known.thumbprint]), {
    status: 422,
    body: { errors: [{ code: 'already_exists' }] },
  });
  t.equal((await register('client_none', [])).status, 404);
  for (const wrong of ['x'.repeat(42), 'x'.repeat(44), `${'x'.repeat(42)}=`, forge.client_secret, 7]) {
    t.equal((await register(forge.client_id, [wrong])).status, 422, String(wrong));
  }
  const many = Array.from({ length: 11 }, (_, n) => String(n).padStart(43, 'A'));
  t.equal((await register(other.client_id, many)).status, 422);
  t.equal((await register(other.client_id, many.slice(1))).status, 204);

  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const question = JSON.stringify({
    subject: { type: 'token', id: token },
    action: { name: 'GET /user' },
    resource: { type: 'user', id: 'ada' },
  });
  async function ask(shown: Certificate | null, asked: Asked): Promise<string> {
    const identity = shown === null ? {} : { cert: shown.cert, key: shown.key };
    const agent = new https.Agent({ keepAlive: false, ca: service.cert, ...identity });
    const request = https.request({
      host: '127.0.0.1',
      port,
      agent,
      method: 'POST',
      path: asked.path,
      headers: asked.headers,
    });
    const [answer] = await once(request.end(asked.body), 'response');
    const body = JSON.parse(await text(answer));
    return `${answer.statusCode} ${body.active ?? body.decision ?? body.error ?? body.code}`;
  }
  const introspect = (shown: Certificate | null, more = '', headers = {}) =>
    ask(shown, { path: '/oauth/introspect', headers: { ...form, ...headers }, body: `token=${token}${more}` });
  const evaluate = (shown: Certificate | null, headers = {}) =>
    ask(shown, {
      path: '/access/v1/evaluation',
      headers: { 'content-type': 'application/json', ...headers },
      body: question,
    });

  t.equal(await introspect(known), '200 true');
  t.equal(await introspect(known, `&client_id=${forge.client_id}`), '200 true');
  t.equal(await introspect(known, `&client_id=${other.client_id}`), '401 invalid_client', 'the certificate of another');
  t.equal(await evaluate(known), '200 true');
  for (const [name, shown] of [
    ['none', null],
    ['not registered', unregistered],
    ['registered, but of an authority that nobody named', forged],
  ] as const) {
    t.equal(await introspect(shown), '401 invalid_client', name);
    t.equal(await introspect(shown, `&client_id=${forge.client_id}`), '401 invalid_client', name);
    t.equal(await evaluate(shown), '401 authentication_required', name);
  }
  t.equal(await evaluate(known, bearer(token)), '401 bad_credential', 'what is presented beside it is what counts');
  t.equal(await introspect(known, '', bearer(token)), '401 invalid_client');
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });
  t.equal(await evaluate(known, basic(other.client_id, other.client_secret)), '403 capability_missing');
  t.equal(
    await introspect(null, '', basic(forge.client_id, known.thumbprint)),
    '401 invalid_client',
    'it is no secret',
  );

  const session = http2.connect(`https://127.0.0.1:${port}`, { ca: service.cert, cert: known.cert, key: known.key });
  const by_http2 = async () => {
    const stream = session.request({ ':method': 'POST', ':path': '/oauth/introspect', ...form });
    return JSON.parse(await text(stream.end(`token=${token}`))).active ?? 'refused';
  };
  t.equal(await by_http2(), true, 'by HTTP/2');
  t.equal((await as_root('POST', `/admin/clients/${forge.client_id}/secret`, {})).status, 201);
  t.equal(await by_http2(), true, 'a new secret ends the old one, not the certificate');
  t.equal((await register(forge.client_id, [])).status, 204);
  t.equal(await by_http2(), 'refused', 'what is taken away ends on open connections too');
  session.close();
  const metadata = await inject({ url: '/.well-known/oauth-authorization-server' });
  t.notOk(metadata.json().token_endpoint_auth_methods_supported.includes('tls_client_auth'), 'no authority by setting');
});

t.test('files that cannot be used refuse the start, and no key is quoted', async (t) => {
  if (!(await canMakeCertificates(t))) return;
  const folder = t.testdir({ 'no.pem': 'nonsense nonsense' });
  const [one, two] = [makeCertificate(folder, 'one'), makeCertificate(folder, 'two')];
  const none = join(folder, 'no.pem');
  for (const [cert_file, key_file, client_ca_file, setting] of [
    [join(folder, 'absent'), one.key_file, null, 'TLS_CERT_FILE'],
    [none, one.key_file, null, 'TLS_CERT_FILE'],
    [one.cert_file, none, null, 'TLS_KEY_FILE'],
    [one.cert_file, one.cert_file, null, 'TLS_KEY_FILE'],
    [one.cert_file, two.key_file, null, 'TLS_KEY_FILE'],
    [one.cert_file, one.key_file, none, 'TLS_CLIENT_CA_FILE'],
  ] as const) {
    const error = await readTlsFiles({ tls: { cert_file, key_file, client_ca_file } }).catch((each: unknown) => each);
    t.ok(isStartRefusal(error), setting);
    t.match(String(error), `\`${setting}\``);
    t.notMatch(String(error), /nonsense|PRIVATE/);
  }
  t.equal(await readTlsFiles({ tls: null }), null);
});
