// TLS by setting, on real sockets: HTTP/2 and HTTP/1.1 by ALPN, the same API on both, renewed certificates without a restart.

import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { HEADERS_MAX } from '../../src/http/request-form.ts';
import { renewTls } from '../../src/http/tls.ts';
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
  if (!canMakeCertificates(t)) return;
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
  if (!canMakeCertificates(t)) return;
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

t.test('a renewed certificate serves new connections without a restart; half of one does not', async (t) => {
  if (!canMakeCertificates(t)) return;
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

t.test('files that cannot be used refuse the start, and no key is quoted', async (t) => {
  if (!canMakeCertificates(t)) return;
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
