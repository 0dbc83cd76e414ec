// Every operation of the OpenAPI document is called without a credential and with ones that are too weak. What is
// expected follows from what the route declares; a route that is open to all stands in a list that may only shrink.

import t from 'tap';
import { OWN_OPERATIONS } from '../../src/domain/own-operations.ts';
import { type Access, operationOf } from '../../src/http/access.ts';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { type DeclaredRoute, declaredRoutes } from '../../src/http/route-access.ts';
import { buildTestApp } from '../support/build-app.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

/**
 * Open to all (F7): nothing here may tell or change what is not everybody's. The pages below /docs are static files that a
 * package serves; they are added before the guard and are no routes of ours.
 */
const OPEN = [
  'GET /.well-known/authzen-configuration',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/oauth-protected-resource',
  'GET /docs/status-codes',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /oauth/jwks',
  'GET /openapi.json',
  'GET /permissions',
  'GET /scopes',
  'POST /credentials/revoke',
  'POST /sessions',
  'POST /sessions/setup',
];

/** What a path parameter stands for in the world below. */
const PARAMETERS: Readonly<Record<string, string>> = {
  org: 'acme',
  owner: 'acme',
  repo: 'secret',
  username: 'olga',
  team_slug: 'core',
  enterprise: 'galaxy',
  token_id: '1',
  pat_request_id: '1',
  pat_id: '1',
  key_id: '1',
  credential_id: '1',
  hook_id: '1',
  delivery_id: '1',
  code: '0'.repeat(32),
  client_id: 'client_none',
  kid: 'none',
};

function fill(url: string): string {
  return url.replace(/:([a-z_]+)/g, (_, name: string) => {
    const value = PARAMETERS[name];
    if (value === undefined) throw new Error(`give a value for the path parameter \`${name}\``);
    return value;
  });
}

const nameOf = ({ method, url }: DeclaredRoute) => `${method} ${url}`;

t.test('F7, K7: every endpoint refuses who is nobody and who is too weak', async (t) => {
  const { app, inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const olga = await world.person('olga');
  const stranger = await world.person('stranger');
  const acme = await world.organization('acme', olga);
  await world.enterprise('galaxy', [acme]);
  await world.repository(acme, 'secret', 'private');
  const owner_session = await world.session(olga);
  const stranger_session = await world.session(stranger);
  const powerless = await world.client([]);
  const make = async (body: object) => {
    const answer = await inject({
      method: 'POST',
      url: '/user/personal-access-tokens',
      headers: bearer(owner_session),
      payload: body,
    });
    t.equal(answer.statusCode, 201, answer.body);
    return answer.json().token as string;
  };
  const weak = {
    'classic token without scopes': await make({ kind: 'classic', name: 'weak' }),
    'fine-grained token without permissions': await make({
      kind: 'fine_grained',
      name: 'weak too',
      resource_owner: 'acme',
    }),
  };
  const routes = declaredRoutes(app).filter(({ method }) => method !== 'HEAD');
  const call = async (route: DeclaredRoute, headers: Record<string, string>) =>
    (await inject({ method: route.method as 'GET', url: fill(route.url), headers })).statusCode;

  t.same(
    routes
      .filter(({ access }) => 'open' in access)
      .map(nameOf)
      .sort(),
    OPEN,
    'only these are open to all',
  );

  for (const route of routes) {
    const { access } = route;
    if ('open' in access) continue;
    if ('gateway' in access) {
      // Nothing is decided for who is no gateway, whatever else he is.
      for (const headers of [{}, bearer(owner_session), powerless, bearer(`gthp_${'0'.repeat(36)}`)]) {
        t.equal(await call(route, headers), 403, `${nameOf(route)} without the credential of a gateway`);
      }
      const as_gateway = { 'x-gateway-authorization': powerless.authorization };
      t.equal(await call(route, as_gateway), 403, `${nameOf(route)} by a client without the capability`);
      continue;
    }
    const nobody = await call(route, {});
    const is_public = operationOf(access);
    const open_resource = is_public?.public_read === true && is_public.resource !== 'repository';
    if (!open_resource) t.equal(nobody, 401, `${nameOf(route)} without a credential`);
    t.equal(await call(route, bearer(`gthp_${'0'.repeat(36)}`)), 401, `${nameOf(route)} with a wrong token`);
    t.equal(await call(route, { authorization: 'Bearer' }), 401, `${nameOf(route)} with a malformed header`);

    if ('client' in access) {
      t.equal(await call(route, powerless), 403, `${nameOf(route)} by a client without the capability`);
      t.equal(await call(route, bearer(owner_session)), 401, `${nameOf(route)} by a session`);
      continue;
    }
    t.equal(await call(route, powerless), 403, `${nameOf(route)} by a client`);
    for (const [name, text] of Object.entries(weak)) {
      const status = await call(route, bearer(text));
      if ('session' in access) t.equal(status, 403, `${nameOf(route)} by a ${name}`);
      if ('self' in access || operationOf(access)?.open_list) t.equal(status, 200, `${nameOf(route)} by a ${name}`);
      if (!('operation' in access)) continue;
      const { open_list, permissionless, public_read, resource } = access.operation;
      const may = open_list || permissionless || (public_read && resource !== 'repository');
      if (!may) t.ok(status === 403 || status === 404, `${nameOf(route)} by a ${name}: ${status}`);
    }
    if ('session' in access && access.session === 'site_administrator') {
      t.equal(await call(route, bearer(owner_session)), 403, `${nameOf(route)} by a person who is no administrator`);
    }
    if ('operation' in access && ['organization', 'repository'].includes(access.operation.resource)) {
      if (access.operation.open_list || (access.operation.public_read && access.operation.resource === 'organization'))
        continue;
      const status = await call(route, bearer(stranger_session));
      t.ok(status === 403 || status === 404, `${nameOf(route)} by a stranger: ${status}`);
    }
  }

  t.test('every route is in the document, and every declared operation has a route', async (t) => {
    const answer = await inject({ url: '/openapi.json' });
    const paths = answer.json().paths as Record<string, Record<string, unknown>>;
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const hidden = new Set(['GET /docs', 'GET /docs/*', 'GET /docs/status-codes', 'GET /openapi.json', 'GET /metrics']);
    for (const route of routes) {
      const id = nameOf(route)
        .replace(/:([a-z_]+)/g, '{$1}')
        .replace('/gateway/envoy/*', '/gateway/envoy/{path}');
      // Envoy asks with the method of the end caller, whatever it is; one of them is described.
      const is_other = 'gateway' in route.access && route.access.gateway === 'envoy' && route.method !== 'GET';
      if (!hidden.has(id) && !is_other) t.ok(documented.includes(id), `${id} is documented`);
    }
    const served = new Set(routes.map((route) => nameOf(route).replace(/:([a-z_]+)/g, '{$1}')));
    for (const { id } of OWN_OPERATIONS) t.ok(served.has(id), `${id} has a route`);
  });
});

t.test('promises P20: a route that says too little of who may call it stops the start', async (t) => {
  const { deps } = await buildTestApp(t);
  const start = async (url: string, method: 'GET' | 'POST', access: Access | null = null) => {
    const config = access === null ? {} : { access };
    const add = (app: App) => void app.route({ method, url, config, handler: async () => ({}) });
    const app = await buildApp(deps, [add]);
    await app.ready();
    await app.close();
  };
  const session: Access = { session: 'person' };
  await t.rejects(start('/forgotten', 'GET'), /`\/forgotten` does not declare its access/);
  await t.rejects(start('/changed', 'POST', session), /`POST \/changed` does not declare its audit action/);
  const operation = OWN_OPERATIONS.find(({ method }) => method === 'GET');
  if (operation === undefined) throw new Error('there are operations');
  await t.rejects(
    start('/another', 'GET', { operation, resource: () => ({ type: 'granted' }) }),
    /`GET \/another` refers to the operation/,
  );
  await t.resolves(start('/declared', 'GET', session), 'and one that says it all does not');
});

/** What cannot be read, is of another kind, too large, unknown, or forged. */
const SENT: readonly (readonly [string, Readonly<Record<string, string>>, string?])[] = [
  ['broken JSON', { 'content-type': 'application/json' }, '{'],
  ['no JSON', { 'content-type': 'text/plain' }, 'x'],
  ['an unknown member', { 'content-type': 'application/json' }, '{"stray":1}'],
  ['more than 1 MiB', { 'content-type': 'application/json' }, `"${'x'.repeat(1024 * 1024)}"`],
  ['a malformed key', { 'idempotency-key': 'two words' }],
];

t.test('F5, K7: who is refused for what he is hears the same whatever he sends', async (t) => {
  const { app, inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const olga = await world.person('olga');
  await world.repository(await world.organization('acme', olga), 'secret');
  const callers: Readonly<Record<string, Record<string, string>>> = {
    nobody: {},
    'a wrong token': bearer(`gthp_${'0'.repeat(36)}`),
    'a client': await world.client([]),
    'a stranger': bearer(await world.session(await world.person('stranger'))),
    'a token without scopes': bearer((await tokenRowsOf(deps).classic(olga)).text),
  };
  let refused = 0;
  for (const route of declaredRoutes(app)) {
    // Clients may present themselves in the form, and AuthZEN's and the import's bodies are read for clients only.
    if ('open' in route.access || 'gateway' in route.access || 'client' in route.access) continue;
    if (['GET', 'HEAD'].includes(route.method)) continue;
    for (const [who, headers] of Object.entries(callers)) {
      const told = async (more: Readonly<Record<string, string>>, payload?: string) => {
        const url = fill(route.url);
        const sent = { method: route.method as 'POST', url, headers: { ...headers, ...more } };
        const answer = await inject(payload === undefined ? sent : { ...sent, payload });
        return `${answer.statusCode} ${answer.body === '' ? '' : answer.json().code}`;
      };
      const plain = await told({});
      if (!/^40[13]/.test(plain)) continue;
      refused += 1;
      for (const [what, more, payload] of SENT) {
        t.equal(await told(more, payload), plain, `${nameOf(route)} by ${who} with ${what}`);
      }
    }
  }
  t.ok(refused > 200, `${refused} refusals were looked at`);
});
