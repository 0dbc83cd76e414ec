// A platform behind a gateway: the service on a socket, a server behind the gateway that tells what reached it, people and tokens;
// and what every gateway must do with them.

import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { buildTestApp } from './build-app.ts';
import { tokensOf, worldOf } from './world.ts';

const SHIPPED = join(import.meta.dirname, '../../docs/gateways');

/** What the platform is told, and what else it may take for that. */
const TOLD = ['x-auth-scopes', 'x-auth-token-id', 'x-auth-user', 'x-auth-user-id', 'x-auth-workflows'];
const ALIAS = /^x[-_]auth[-_]/;
const ALIASES = ['x_auth_user', 'X_Auth_User_Id', 'x-auth_user', 'X_Auth-Scopes', 'x_auth_is_admin', 'X-Auth-User_Id'];
/** By these some platforms take another method or path. */
const OVERRIDES = ['x-http-method', 'x-http-method-override', 'x-method-override', 'x-original-url', 'x-rewrite-url'];

type Reached = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders };

/** A server that answers 200 and remembers what reached it. */
async function startPlatform(t: Test): Promise<{ readonly port: number; readonly reached: Reached[] }> {
  const reached: Reached[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    reached.push({ method, url, headers });
    response.end('the platform');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return { port: (server.address() as AddressInfo).port, reached };
}

/** The service, the platform behind, and who calls. */
export async function gatewayWorld(t: Test) {
  const { app, deps, inject } = await buildTestApp(t, { settings: { BAD_CREDENTIALS_PER_MINUTE: '1000000' } });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const service_port = (app.server.address() as AddressInfo).port;
  const platform = await startPlatform(t);
  const world = worldOf(deps);
  const tokens = tokensOf({ inject });
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const [mill, open] = [await world.repository(acme, 'mill'), await world.repository(acme, 'open', 'public')];
  const session = await world.session(ada);
  const gateway = await world.client(['gateway']);
  const credential = Buffer.from(`${gateway.client_id}:${gateway.secret}`).toString('base64');
  return { app, deps, world, tokens, ada, acme, mill, open, session, credential, service_port, platform };
}
export type GatewayWorld = Awaited<ReturnType<typeof gatewayWorld>>;

/** Whether somebody listens there. */
export async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

/** The shipped file with its addresses and words replaced. */
export function shippedConfiguration(name: string, replaced: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(SHIPPED, name), 'utf8');
  for (const [word, instead] of Object.entries(replaced)) {
    if (!text.includes(word)) throw new Error(`${name} has no \`${word}\``);
    text = text.replaceAll(word, instead);
  }
  return text;
}

/** The answer to raw bytes, so that no client of ours tidies them up; the connection is then closed. */
export function rawRequest(port: number, head: readonly string[]): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n`),
    );
    let text = '';
    socket.setEncoding('latin1').on('data', (part) => (text += part));
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text }));
  });
}

/** What the gateway is told to forward, or refuse, whatever it is. */
export async function checkGateway(t: Test, port: number, world: GatewayWorld): Promise<void> {
  const { tokens, session, platform, ada } = world;
  const reader = await tokens.fineGrainedToken(session, {
    resource_owner: 'acme',
    repository_selection: 'subset',
    repositories: ['mill'],
    permissions: { metadata: 'read' },
  });
  const classic = await tokens.classicToken(session, { scopes: ['repo'] });
  const base = `http://127.0.0.1:${port}`;
  const call = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${base}${path}`, { method, headers, redirect: 'manual' });
  const as = (text: string) => ({ authorization: `Bearer ${text}` });

  await t.test(
    'what is allowed goes on, and the platform learns from Gatehouse alone who calls (C4, F5.9)',
    async (t) => {
      platform.reached.length = 0;
      const spoofed = {
        'x-auth-user': 'root',
        'x-auth-user-id': '1',
        'x-auth-scopes': 'admin:org',
        ...Object.fromEntries([...ALIASES, ...OVERRIDES].map((name) => [name, 'root'])),
      };
      const answer = await call('GET', '/repos/acme/mill?page=2', { ...as(reader.token), ...spoofed });
      t.equal(answer.status, 200);
      t.equal(await answer.text(), 'the platform');
      const [reached] = platform.reached;
      t.equal(reached?.url, '/repos/acme/mill?page=2', 'the path as it came');
      t.equal(reached?.headers['x-auth-user'], 'ada');
      t.equal(reached?.headers['x-auth-user-id'], String(ada.id));
      t.equal(reached?.headers['x-auth-token-id'], String(reader.id));
      t.equal(reached?.headers['x-auth-scopes'], 'metadata:read');
      const stray = Object.keys(reached?.headers ?? {}).filter((name) => !TOLD.includes(name) && ALIAS.test(name));
      t.strictSame(stray, [], 'nor what a platform that reads `_` as `-` takes for one of these');
      const overrides = OVERRIDES.filter((name) => name in (reached?.headers ?? {}));
      t.strictSame(overrides, [], 'nor another method or path than was asked about');
      t.notOk(reached?.headers.authorization, 'the token stays at the gateway');
      t.notOk(reached?.headers['x-gateway-authorization'], 'and so does the credential of the gateway');
      const stranger = await call('GET', '/repos/acme/open', { 'x-auth-user': 'root' });
      t.equal(stranger.status, 200, 'a public read without a credential');
      t.notOk(platform.reached.at(-1)?.headers['x-auth-user'], 'by nobody');
    },
  );

  await t.test('what the platform learns cannot be taken away by the caller (RFC 9110, 7.6.1)', async (t) => {
    platform.reached.length = 0;
    const line = 'GET /repos/acme/mill HTTP/1.1';
    const names = ['X-Auth-User', 'X-Auth-User-Id', 'X-Auth-Token-Id', 'X-Auth-Scopes', 'X-Auth-Workflows'];
    const bearer = `Authorization: Bearer ${reader.token}`;
    for (const nominated of [names.join(', '), names.join(',').toLowerCase(), `${names[0]}, x-auth-scopes`]) {
      await rawRequest(port, [line, `Host: 127.0.0.1:${port}`, bearer, `Connection: ${nominated}`]);
    }
    for (const { headers } of platform.reached)
      t.match(headers, { 'x-auth-user': 'ada', 'x-auth-scopes': 'metadata:read' });
    t.ok(platform.reached.length > 0, 'control: some reach it');
  });

  await t.test('what is refused goes no further, with the status that a resource server gives (F5)', async (t) => {
    platform.reached.length = 0;
    const cases: readonly (readonly [string, string, Readonly<Record<string, string>>, number])[] = [
      ['GET', '/repos/acme/mill', {}, 401],
      ['GET', '/repos/acme/mill', as(`${reader.token.slice(0, -1)}!`), 401],
      ['GET', '/repos/acme/open', as('gthp_000000000000000000000000000000000000'), 401],
      ['GET', '/repos/acme/absent', as(classic.token), 404],
      ['PATCH', '/repos/acme/mill', as(reader.token), 403],
      ['GET', '/nothing/of/this/name', as(classic.token), 403],
      ['GET', '/nothing/of/this/name', {}, 401],
      ['OPTIONS', '/repos/acme/open', as(classic.token), 403],
      ['GET', '/repos/acme/open%2f..%2fmill', as(reader.token), 400],
      ['GET', '/repos/acme/mill%252e', as(reader.token), 400],
    ];
    for (const [method, path, headers, status] of cases) {
      const answer = await call(method, path, headers);
      t.equal(answer.status, status, `${method} ${path} ${headers.authorization?.slice(0, 16) ?? 'nobody'}`);
      await answer.arrayBuffer();
    }
    t.equal(platform.reached.length, 0);
    const unauthenticated = await call('GET', '/repos/acme/mill');
    t.match(unauthenticated.headers.get('www-authenticate'), /^Bearer/);
    const git = await call('GET', '/acme/mill.git/info/refs?service=git-upload-pack');
    t.match(git.headers.get('www-authenticate'), /^Basic/, 'Git is asked for a password (contract 8)');
  });

  await t.test('no spelling of a path or header reaches what the caller may not (C3)', async (t) => {
    const head = (line: string, ...headers: readonly string[]) => [line, `Host: 127.0.0.1:${port}`, ...headers];
    const bearer = `Authorization: Bearer ${reader.token}`;
    const hidden = await world.world.repository(world.acme, `hidden${port}`);
    const name = hidden.full_name;
    platform.reached.length = 0;
    const lines = [
      `GET /repos/acme/mill/../hidden${port} HTTP/1.1`,
      `GET /repos/acme/mill/%2e%2e/hidden${port} HTTP/1.1`,
      `GET /repos/acme/mill/..%2fhidden${port} HTTP/1.1`,
      `GET //repos/${name} HTTP/1.1`,
      `GET /repos//${name} HTTP/1.1`,
      `GET /repos/${name};/acme/mill HTTP/1.1`,
      `GET /repos/${name}\\..\\mill HTTP/1.1`,
      `GET /repos/${name}#/repos/acme/mill HTTP/1.1`,
      `GET /repos/${name}?/repos/acme/mill HTTP/1.1`,
      `GET /REPOS/${name} HTTP/1.1`,
      `GET /repos/${name}/ HTTP/1.1`,
      `GET http://127.0.0.1:${port}/repos/${name} HTTP/1.1`,
    ];
    for (const line of lines) {
      for (const extra of [[], ['X-Original-URI: /repos/acme/mill'], ['X-Forwarded-Uri: /repos/acme/mill']]) {
        await rawRequest(port, head(line, bearer, ...extra));
      }
    }
    const through = platform.reached.filter(({ url }) => url.toLowerCase().includes(`hidden${port}`));
    t.strictSame(through, [], 'nothing that names it got through');
    const allowed = [
      head('GET /repos/acme/mill HTTP/1.1', bearer),
      head('GET /repos/acme/mill HTTP/1.1', bearer, 'X-Original-URI: /nothing', 'X-Forwarded-Uri: /nothing'),
      head('HEAD /repos/acme/mill HTTP/1.1', bearer, 'X-HTTP-Method-Override: DELETE'),
    ];
    for (const request of allowed) t.equal((await rawRequest(port, request)).status, 200, request.join(' | '));
    const two = await rawRequest(
      port,
      head('GET /repos/acme/mill HTTP/1.1', bearer, `Authorization: Bearer ${classic.token}`),
    );
    t.equal(two.status, 400, 'two credentials');
    const override = await rawRequest(
      port,
      head('PATCH /repos/acme/mill HTTP/1.1', bearer, 'X-Forwarded-Method: GET', 'X-Original-Method: GET'),
    );
    t.equal(override.status, 403, 'the method is the one that was used');
  });

  await t.test('while the service cannot answer, nothing goes through (contract 10)', async (t) => {
    platform.reached.length = 0;
    await world.app.close();
    const answer = await call('GET', '/repos/acme/mill', as(classic.token));
    t.ok(answer.status >= 500, `${answer.status}`);
    t.equal(platform.reached.length, 0);
  });
}
