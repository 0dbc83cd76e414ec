// Headers that protect who reads an answer in a browser: on every answer, whatever it is; and which other origins may read one.

import t, { type Test } from 'tap';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { buildTestApp } from '../support/build-app.ts';
import { callsOf } from '../support/token-calls.ts';
import { bearer, worldOf } from '../support/world.ts';

type Headers = Readonly<Record<string, unknown>>;

function checkHeaders(t: Test, headers: Headers, name: string): void {
  t.equal(headers['x-content-type-options'], 'nosniff', name);
  t.equal(headers['x-frame-options'], 'DENY', name);
  t.equal(headers['referrer-policy'], 'no-referrer', name);
  t.match(headers['content-security-policy'], /^default-src '(?:none|self)'.*frame-ancestors 'none'/, name);
  t.match(headers['cache-control'], /no-cache|no-store|immutable|max-age/, name);
  t.match(headers['strict-transport-security'], /^max-age=31536000/, name);
  t.match(headers['x-request-id'], /^[!-~]+$/, name);
  t.notOk('access-control-allow-origin' in headers, name);
  for (const banner of ['server', 'x-powered-by', 'set-cookie', 'access-control-allow-credentials']) {
    t.notOk(banner in headers, `${name}: ${banner}`);
  }
}

t.test('contract 1: every answer protects its reader, also of what is not there, not allowed or broken', async (t) => {
  const { app, inject, deps } = await buildTestApp(t, { settings: { PUBLIC_URL: 'https://tokens.example' } });
  const world = worldOf(deps);
  const session = await world.session(await world.person('ada'));
  const origin = { origin: 'https://evil.example' };
  for (const { method, url } of declaredRoutes(app)) {
    const path = url.replace(/:[a-z_]+/g, '1').replace('*', 'x');
    for (const headers of [{ ...origin }, { ...origin, ...bearer(session) }]) {
      const answer = await inject({ method: method as 'GET', url: path, headers });
      checkHeaders(t, answer.headers, `${method} ${path} ${answer.statusCode}`);
    }
  }
  for (const [method, url] of [
    ['GET', '/absent'],
    ['GET', '/absent/%zz'],
    ['GET', `/users/${'x'.repeat(2000)}`],
    ['PURGE', '/user'],
    ['OPTIONS', '/user'],
    ['TRACE', '/user'],
    ['GET', '/docs/static/index.html'],
    ['GET', '/docs/absent'],
    ['GET', '/docs/%2e%2e/package.json'],
  ] as const) {
    const answer = await inject({ method: method as 'GET', url, headers: origin });
    checkHeaders(t, answer.headers, `${method} ${url.slice(0, 40)} ${answer.statusCode}`);
  }
});

const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };

t.test('CORS: closed unless an origin is named, and then for that origin only', async (t) => {
  const settings = { CORS_ORIGINS: 'https://app.example, http://localhost:5173' };
  const { inject, deps } = await buildTestApp(t, { settings });
  const world = worldOf(deps);
  const session = await world.session(await world.person('ada'));
  for (const origin of ['https://app.example', 'http://localhost:5173']) {
    const answer = await inject({ url: '/user', headers: { origin, ...bearer(session) } });
    t.equal(answer.statusCode, 200);
    t.match(answer.headers, { 'access-control-allow-origin': origin, vary: /Origin/ });
    t.match(answer.headers['access-control-expose-headers'], /X-RateLimit-Remaining.*X-Request-Id/);
    const refused = await inject({ url: '/absent', headers: { origin } });
    t.equal(refused.statusCode, 404);
    t.equal(refused.headers['access-control-allow-origin'], origin, 'a page can read why not');
    const preflight = await inject({ method: 'OPTIONS', url: '/user/repos', headers: { origin, ...PREFLIGHT } });
    t.equal(preflight.statusCode, 204);
    t.equal(preflight.body, '');
    t.equal(preflight.headers['access-control-allow-origin'], origin);
    t.match(preflight.headers['access-control-allow-methods'], /POST/);
    t.match(preflight.headers['access-control-allow-headers'], /Authorization.*Idempotency-Key/);
    t.equal(preflight.headers['x-content-type-options'], 'nosniff');
  }
  for (const origin of ['https://app.example.evil', 'https://APP.example', 'http://app.example', 'null', '*', '']) {
    for (const method of ['GET', 'OPTIONS'] as const) {
      const answer = await inject({ method, url: '/user', headers: { origin, ...PREFLIGHT } });
      t.notOk('access-control-allow-origin' in answer.headers, origin);
      t.equal(answer.headers.vary, 'Origin', 'a cache must not take it for that of another origin');
      t.equal(answer.statusCode, method === 'GET' ? 401 : 405, origin);
    }
  }
  t.notOk('access-control-allow-origin' in (await inject({ url: '/user' })).headers, 'nobody asks');
  const client = await world.client(['introspect']);
  const payload = 'token=x';
  const form = { ...client, 'content-type': 'application/x-www-form-urlencoded' };
  const inactive = await inject({ method: 'POST', url: '/oauth/introspect', headers: form, payload });
  t.same([inactive.statusCode, inactive.headers.vary], [200, 'accept, Origin']);
  const { token } = (await callsOf(inject, session).classic()).body;
  for (const way of ['general', 'direct']) {
    const active = await inject({ method: 'POST', url: '/oauth/introspect', headers: form, payload: `token=${token}` });
    t.same([active.json().active, active.headers.vary], [true, 'accept, Origin'], way);
  }
});

t.test('CORS: what a gateway asks is of another API, OPTIONS and Origin included', async (t) => {
  const { inject, deps } = await buildTestApp(t, { settings: { CORS_ORIGINS: 'https://app.example' } });
  const world = worldOf(deps);
  const gateway = await world.client(['gateway']);
  const text = (await callsOf(inject, await world.session(await world.person('ada'))).classic()).body.token;
  const headers = {
    origin: 'https://app.example',
    ...PREFLIGHT,
    ...bearer(text),
    'x-gateway-authorization': gateway.authorization,
  };
  const answer = await inject({ method: 'OPTIONS', url: '/gateway/envoy/user', headers });
  t.equal(answer.statusCode, 403, 'contract 10: OPTIONS is an unknown operation');
  t.notOk('access-control-allow-origin' in answer.headers);
  t.notOk('vary' in answer.headers);
});
