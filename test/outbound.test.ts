// Calls to addresses that others have given (promises P21): which are made, to where, and how they end.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { createOutbound, type OutboundCall } from '../src/outbound.ts';
import { addressJudge } from '../src/outbound-addresses.ts';
import type { Resolve } from '../src/outbound-names.ts';
import { programs } from './support/programs.ts';

const CALL = { method: 'GET', timeout_ms: 5000, response_bytes_max: 1000, plain_http: false } as const;
const LOOPBACK = { allow: ['127.0.0.0/8'] };

type Closable = Pick<Server, 'listen' | 'close' | 'address'>;

async function listen(t: { teardown: (end: () => unknown) => void }, server: Closable): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  t.teardown(() => new Promise((resolve) => void server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const serve = (t: { teardown: (end: () => unknown) => void }, answer: RequestListener) =>
  listen(t, createServer(answer));

t.test('addresses that are not public are refused, in every form', async (t) => {
  const judge = addressJudge([]);
  const refused = [
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.255'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.168.0.1', '198.18.0.1', '198.19.1.1'],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255'],
    ...['168.63.129.16', '::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:a00:1', '::7f00:1', 'fe80::1'],
    ...['fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '64:ff9b::a00:1', '100::1', '2001:db8::1', '2001::1'],
    ...['2002:a00:1::1', '3fff::1', '5f00::1', 'fec0::1', '', 'name', '127.1', '1.2.3.4/8'],
  ];
  for (const address of refused) t.equal(judge(address), 'refused', address);
  const open = [
    '1.1.1.1',
    '8.8.8.8',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '223.255.255.255',
  ];
  for (const address of [...open, '168.63.129.15', '2606:4700::1111', '2a00::1']) {
    t.equal(judge(address), 'public', address);
  }
});

t.test('OUTBOUND_ALLOW opens the named networks and nothing beside them', async (t) => {
  const judge = addressJudge(['127.0.0.0/8', '10.1.2.3', 'fd00::/64']);
  for (const address of ['127.0.0.1', '127.9.9.9', '10.1.2.3', 'fd00::1', '::ffff:127.0.0.1', '::ffff:7f00:1']) {
    t.equal(judge(address), 'allowed', address);
  }
  for (const address of ['10.1.2.4', '::1', 'fd00:0:0:1::1', '192.168.0.1', '::ffff:10.1.2.4']) {
    t.equal(judge(address), 'refused', address);
  }
});

t.test('what a URL itself tells against it', async (t) => {
  const closed = createOutbound({ allow: [] });
  const open = createOutbound(LOOPBACK);
  const fault = (url: string, plain_http = false, outbound = closed) => outbound.urlFault(url, { plain_http });
  t.equal(fault('https://keys.example/a?b=c'), null);
  t.equal(fault('https://8.8.8.8/'), null);
  t.match(fault('http://keys.example/'), /https/);
  t.equal(fault('http://keys.example/', true), null);
  t.match(fault('http://8.8.8.8/'), /https/);
  t.match(fault('http://127.0.0.1/', true), /not public/);
  t.equal(fault('http://127.0.0.1/', false, open), null, 'in an opened network http will do');
  t.equal(fault('http://localhost:1234/', false, open), null);
  t.match(fault('http://[::1]/', false, open), /not public/);
  t.match(fault('http://8.8.8.8/', false, open), /https/);
  t.equal(fault('http://name.example/', false, open), null, 'where it leads is seen when it is called');
  for (const url of ['', 'name', '//name', 'https://', 'https:///', 'javascript:1', 'ftp://name', 'ws://name']) {
    t.ok(fault(url), url);
  }
  t.match(fault('https://user@name.example'), /user/);
  t.ok(fault(`https://name.example/${'x'.repeat(2048)}`));
});

t.test('a call answers status, headers and body, and follows no redirect', async (t) => {
  const seen: string[] = [];
  const port = await serve(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers.host} ${Buffer.concat(chunks)}`);
      response.writeHead(302, { location: 'http://169.254.169.254/', 'x-a': 'b' }).end('moved');
    });
  });
  const { call } = createOutbound(LOOPBACK);
  const answer = await call({ ...CALL, method: 'POST', url: `http://localhost:${port}/a?b=c`, body: 'text' });
  t.match(answer, { outcome: 'answered', status: 302, headers: { 'x-a': 'b' } });
  t.equal(answer.outcome === 'answered' && answer.body.toString(), 'moved');
  t.same(seen, [`POST /a?b=c localhost:${port} text`]);
});

t.test('a name is resolved once, and the connection goes to what was judged', async (t) => {
  let calls = 0;
  const port = await serve(t, (request, response) => {
    calls += 1;
    response.end(request.headers.host);
  });
  let asked = 0;
  // The second answer would be another: who controls the name waits for it.
  const flipping: Resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
  const answer = await createOutbound({ ...LOOPBACK, resolve: flipping }).call({
    ...CALL,
    url: `http://name.example:${port}/`,
  });
  t.match(answer, { outcome: 'answered', status: 200 });
  t.equal(asked, 1);
  t.equal(calls, 1);
  const refused = async (resolve: Resolve, url: string, plain_http = true) => {
    const { call } = createOutbound({ allow: [], resolve });
    return call({ ...CALL, url, plain_http });
  };
  const inside: Resolve = async () => [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  t.match(await refused(inside, `http://name.example:${port}/`), { outcome: 'failed', failure: 'address_refused' });
  t.match(await refused(inside, `http://127.0.0.1:${port}/`), { failure: 'address_refused' });
  t.match(await refused(async () => [], `http://name.example:${port}/`), { failure: 'address_refused' });
  const outside: Resolve = async () => [{ address: '192.0.2.1', family: 4 }];
  t.match(await refused(outside, 'https://name.example/'), { failure: 'address_refused' });
  t.equal(calls, 1, 'nothing was connected to');
});

t.test('by http only what is opened is connected to, where http will not do elsewhere', async (t) => {
  const resolve: Resolve = async () => [{ address: '8.8.8.8', family: 4 }];
  const answer = await createOutbound({ ...LOOPBACK, resolve }).call({ ...CALL, url: 'http://name.example/' });
  t.match(answer, { outcome: 'failed', failure: 'address_refused' });
});

t.test('of several addresses only those that may be reached are', async (t) => {
  const port = await serve(t, (_request, response) => void response.end('here'));
  const resolve: Resolve = async () => [
    { address: '10.0.0.1', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const answer = await createOutbound({ ...LOOPBACK, resolve }).call({ ...CALL, url: `http://name.example:${port}/` });
  t.match(answer, { outcome: 'answered', status: 200 });
});

t.test('every end that is none is a value', async (t) => {
  const { call } = createOutbound(LOOPBACK);
  const large = await serve(t, (_request, response) => void response.end('x'.repeat(1001)));
  const exact = await serve(t, (_request, response) => void response.end('x'.repeat(1000)));
  const cut = await serve(t, (request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('x');
    request.socket.destroySoon();
  });
  const upgrade = await serve(t, (request) => {
    request.socket.end('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  });
  const garbage = await listen(
    t,
    createTcpServer((socket) => void socket.resume().end('no http\r\n\r\n')) as unknown as Closable,
  );
  const silent = await listen(t, createTcpServer((socket) => void socket.resume().end()) as unknown as Closable);
  const free = await serve(t, () => undefined);
  const at = (port: number, options: Partial<OutboundCall> = {}) =>
    call({ ...CALL, url: `http://127.0.0.1:${port}/`, ...options });
  t.match(await at(large), { outcome: 'failed', failure: 'too_large', status: 200 });
  t.match(await at(exact), { outcome: 'answered' });
  t.match(await at(cut), { outcome: 'failed', failure: 'unreachable' });
  t.match(await at(upgrade), { outcome: 'failed', failure: 'unreachable' });
  t.match(await at(garbage), { outcome: 'failed', failure: 'unreachable' });
  t.match(await at(silent), { outcome: 'failed', failure: 'unreachable' });
  t.match(await at(1), { outcome: 'failed', failure: 'unreachable', detail: /ECONNREFUSED/ });
  t.match(await at(free, { timeout_ms: 50 }), { outcome: 'failed', failure: 'timed_out' });
  t.match(await at(exact, { url: `https://127.0.0.1:${exact}/` }), { outcome: 'failed', failure: 'unreachable' });
  const never: Resolve = () => new Promise(() => undefined);
  const { call: waiting } = createOutbound({ allow: [], resolve: never });
  t.match(await waiting({ ...CALL, url: 'https://name.example/', timeout_ms: 50 }), { failure: 'timed_out' });
});

t.test('promises P21: a certificate that nobody vouches for gets nothing, whatever the environment says', async (t) => {
  const found = await programs(t, { openssl: { name: 'openssl', debian_package: 'openssl' } });
  if (found === null) return;
  const folder = t.testdir();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    ...names,
  ];
  execFileSync(found.openssl, [...made, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  let requests = 0;
  const answer: RequestListener = (_request, response) => {
    requests += 1;
    response.end('here');
  };
  const identity = { key: readFileSync(key), cert: readFileSync(cert) };
  const port = await listen(t, createSecureServer(identity, answer));
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  for (const said of ['1', '0']) {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = said;
    const refused = await createOutbound(LOOPBACK).call({ ...CALL, url: `https://127.0.0.1:${port}/` });
    t.match(refused, { outcome: 'failed', failure: 'unreachable', detail: /self-signed/ });
  }
  t.equal(requests, 0);
});
