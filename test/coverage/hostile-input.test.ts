// What no route may take, tried on every route: bodies that two readers could read differently, members that nobody knows,
// paths in strange forms. A 4xx each, never a 5xx, and never a change.

import t from 'tap';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { buildTestApp } from '../support/build-app.ts';
import { share } from '../support/effort.ts';
import { bearer, worldOf } from '../support/world.ts';

const PARAMETERS: Readonly<Record<string, string>> = {
  org: 'acme',
  owner: 'acme',
  repo: 'secret',
  username: 'rita',
  team_slug: 'core',
  enterprise: 'galaxy',
  token_id: '1',
  pat_request_id: '1',
  pat_id: '1',
  key_id: '1',
  credential_id: '1',
  hook_id: '1',
  delivery_id: '1',
  client_id: 'client_none',
  kid: 'none',
};

/** Body, content type, and what it is answered with where the caller may call. */
const BODIES: readonly (readonly [string, string | Buffer, string, readonly number[]])[] = [
  ['no JSON', '{"a":', 'application/json', [400]],
  ['a list', '[]', 'application/json', [400]],
  ['a text', '"text"', 'application/json', [400]],
  ['a member twice', '{"name":"a","name":"b"}', 'application/json', [400]],
  ['a member twice, far below', '{"x":{"y":{"z":1,"z":1}}}', 'application/json', [400]],
  ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json', [400]],
  ['too deep', `{"x":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'application/json', [400, 422]],
  ['another kind', 'name=a', 'text/plain', [415]],
  ['XML', '<name>a</name>', 'application/xml', [415]],
  ['too large', `{"name":"${'x'.repeat(1_100_000)}"}`, 'application/json', [413]],
  ['an unknown member', '{"no_such_member":1}', 'application/json', [422]],
  ['a member of every object', '{"__proto__":{"site_admin":true}}', 'application/json', [422]],
  ['a constructor', '{"constructor":{"prototype":{}}}', 'application/json', [422]],
  [
    'a column that is not to be written',
    '{"id":1,"user_id":1,"owner_id":1,"approved":true}',
    'application/json',
    [422],
  ],
  ['NUL', '{"name":"a\\u0000b"}', 'application/json', [422]],
  ['a lone surrogate', '{"name":"a\\ud800"}', 'application/json', [422]],
  ['a number that rounds', '{"name":9007199254740993}', 'application/json', [422]],
];

/** A catalogue may be a list, large, and deep, and its numbers are not looked at; it is judged as a whole. */
const OF_DOCUMENT: Readonly<Record<string, readonly number[]>> = {
  'a list': [200],
  'a text': [422],
  'too large': [422],
};

/** What every route can be asked; whatever it answers stands in its document (contract, before section 1). */
const ODD: readonly (readonly [string, { readonly headers: Record<string, string>; readonly payload?: string }])[] = [
  ['a forged state', { headers: { 'x-consistency-token': 'forged' } }],
  ['a text in place of a body', { headers: { 'content-type': 'text/plain' }, payload: 'x' }],
  ['a form in place of a body', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'x=1' }],
  [
    'a body that is too large',
    { headers: { 'content-type': 'application/json' }, payload: `{"name":"${'x'.repeat(1_100_000)}"}` },
  ],
];

const STRANGE = [
  '%00',
  '%ff',
  '%2e%2e',
  '..',
  '%2f',
  '%5c',
  ';',
  '%252f',
  '-',
  '-a',
  'é',
  '%E2%84%AA',
  'a b',
  '%0d%0a',
  "'",
  '"',
  '%22%27--',
  '1e3',
  '+1',
  '9007199254740993',
  '-1',
  '0',
  'x'.repeat(500),
  'null',
  '__proto__',
  '.git',
  'a.git',
];

t.test('F3: bodies that cannot be read exactly, or say too much, are refused on every route', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const olga = await world.person('olga', { site_admin: true });
  const rita = await world.person('rita');
  const acme = await world.organization('acme', olga);
  await world.member(acme, rita);
  await world.enterprise('galaxy', [acme], [olga]);
  await world.repository(acme, 'secret');
  const session = await world.session(olga);
  const client = await world.client(['introspect', 'evaluate', 'revoke', 'directory']);
  const { paths } = (await inject({ url: '/openapi.json' })).json();
  const before = await countRows(deps.db);

  for (const [path, methods] of Object.entries<Record<string, { requestBody?: { content: object } }>>(paths)) {
    for (const [method, { requestBody }] of Object.entries(methods)) {
      if (requestBody === undefined || !('application/json' in requestBody.content)) continue;
      const is_authzen = path.startsWith('/access/v1/');
      // Whoever shows a credential is refused there before the body is read (T2).
      const is_anonymous = path === '/credentials/revoke';
      const of_person = is_anonymous ? {} : bearer(session);
      const headers = is_authzen ? { authorization: client.authorization } : of_person;
      const url = path.replace(/\{([a-z_]+)\}/g, (_, name: string) => PARAMETERS[name] ?? 'name');
      for (const [name, payload, type, usual] of BODIES) {
        const expected = path === '/admin/catalogue' ? (OF_DOCUMENT[name] ?? usual) : usual;
        const answer = await inject({
          method: method.toUpperCase() as 'POST',
          url,
          headers: { ...headers, 'content-type': type },
          payload,
        });
        const what = `${method.toUpperCase()} ${path}: ${name} (${answer.statusCode})`;
        if (
          answer.statusCode === 404 &&
          /token_id|pat_request_id|pat_id|team_slug|client_id|key_id|credential_id|hook_id/.test(path)
        )
          continue;
        // AuthZEN ignores unknown members and answers every malformed question with 400 (contract 8).
        if (is_authzen) t.ok([400, 413, 422].includes(answer.statusCode), what);
        else t.ok(expected.includes(answer.statusCode), what);
      }
    }
  }
  for (const [path, methods] of Object.entries<Record<string, { responses: object }>>(paths)) {
    const url = path.replace(/\{([a-z_]+)\}/g, (_, name: string) => PARAMETERS[name] ?? 'name').replace('*', 'x');
    const is_of_client = /^\/(?:oauth|access|directory)\//.test(path);
    const credential = is_of_client ? { authorization: client.authorization } : bearer(session);
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [name, { headers, payload }] of ODD) {
        if (payload !== undefined && method === 'get') continue; // nobody reads it
        const odd = { headers: { ...credential, ...headers }, ...(payload && { payload }) };
        const { statusCode } = await inject({ method: method.toUpperCase() as 'POST', url, ...odd });
        t.ok(statusCode in responses, `${method.toUpperCase()} ${path}: ${name} (${statusCode}) is documented`);
      }
    }
  }
  t.same(await countRows(deps.db), before, 'nothing was written');
  t.equal(({} as Record<string, unknown>).site_admin, undefined, 'no prototype was polluted');
});

t.test('F6: paths in strange forms are 4xx on every route, for whoever calls', async (t) => {
  const { app, inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const olga = await world.person('olga', { site_admin: true });
  const acme = await world.organization('acme', olga);
  await world.enterprise('galaxy', [acme], [olga]);
  await world.repository(acme, 'secret');
  const session = await world.session(olga);
  let places = 0;
  for (const { method, url } of declaredRoutes(app)) {
    const names = [...url.matchAll(/:([a-z_]+)/g)].map(([, name = '']) => name);
    for (const strange_name of names) {
      places += 1;
      for (const strange of share(STRANGE, 7, places)) {
        const path = url.replace(/:([a-z_]+)/g, (_, name: string) =>
          name === strange_name ? strange : (PARAMETERS[name] ?? 'name'),
        );
        const answer = await inject({ method: method as 'GET', url: path, headers: bearer(session) });
        const { statusCode } = answer;
        t.ok(statusCode >= 400 && statusCode < 500, `${method} ${path.slice(0, 120)}: ${statusCode}`);
      }
    }
  }
});

/** How many people, organizations, repositories, tokens and clients there are. */
async function countRows(db: Awaited<ReturnType<typeof buildTestApp>>['deps']['db']) {
  const tables = ['accounts', 'repositories', 'tokens', 'clients', 'teams', 'memberships'] as const;
  const counts = await Promise.all(
    tables.map((table) =>
      db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow(),
    ),
  );
  return counts.map(({ count }) => count);
}
