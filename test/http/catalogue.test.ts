// The catalogue of other APIs' operations (contract 8): loaded whole or not at all, published, followed by every node.

import { sql } from 'kysely';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { prepareCatalogueFile } from '../../src/catalogue-file.ts';
import { composeDeps } from '../../src/compose.ts';
import { openPool } from '../../src/db/pool.ts';
import type { Deps } from '../../src/deps.ts';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { setCatalogueByFile } from '../../src/use-cases/catalogue/set-catalogue.ts';
import { ask, backendOf } from '../support/backend.ts';
import { databaseUrl, TEMPLATE_URL } from '../support/database.ts';
import { directoryApp } from '../support/directory-app.ts';

/** One service for all tests: each loads what it needs, in the place of what was before. */
const { call, inject, root, ada, mill, rows, world, deps, load, evaluate, entries, reader, version, logged } =
  await service(t);

const PATTERNS = { method: 'GET', path: '/repos/{owner}/{repo}/patterns', permission_sets: [{ contents: 'read' }] };
const YARNS = { method: 'GET', path: '/yarns', permissionless: true };

async function service(t: Test) {
  const app = await directoryApp(t);
  const { world, call } = app;
  const root = await world.session(await world.person('root', { site_admin: true }));
  const ada = await world.person('ada');
  const mill = await world.repository(ada, 'mill');
  const backend = backendOf(app.inject, (await world.client(['evaluate'])).authorization);
  const load = (document: object) => call(root, 'PUT /admin/catalogue', document);
  const reader = await app.rows.fineGrained(ada, { selection: 'all', permissions: { contents: 'read' } });
  /** Status and reason of an operation at ada's repository, for a token that reads contents. */
  const evaluate = async (action: string) => {
    const { body } = await backend.evaluate(ask(reader.text, action, ['repository', mill.full_name]));
    return `${body.context.status} ${body.context.reason}`;
  };
  const version = async (): Promise<number> => (await call(root, 'GET /admin/catalogue')).body.version;
  return { ...app, root, ada, mill, backend, load, evaluate, reader, version };
}

t.test('C2, L1: a catalogue is put in force as a whole, with a version and an entry of the record', async (t) => {
  t.match(await call(root, 'GET /admin/catalogue'), { status: 200, body: { version: 0, operations: 0 } });
  t.equal(await evaluate('GET /repos/{owner}/{repo}/patterns'), '403 unknown_operation');

  t.match(await load([PATTERNS, YARNS]), { status: 200, text: '{"version":1,"operations":2}' });
  t.equal(await evaluate('GET /repos/{owner}/{repo}/patterns'), '200 allowed', 'at once');
  t.equal(await evaluate('HEAD /repos/{owner}/{repo}/patterns'), '200 allowed', 'HEAD counts as GET');
  t.equal(await evaluate('POST /repos/{owner}/{repo}/patterns'), '403 unknown_operation');
  t.equal(await evaluate('GET /yarns'), '200 allowed');
  const [entry, ...others] = await entries();
  t.match(entry, {
    action: 'catalogue.update',
    actor: 'root',
    outcome: 'done',
    data: { source: 'api', version: 1, operations: 2 },
  });
  t.same(others, []);

  t.match(await load([{ ...PATTERNS, permission_sets: [{ contents: 'write' }] }]), { body: { version: 2 } });
  t.equal(await evaluate('GET /repos/{owner}/{repo}/patterns'), '403 permission_missing');
  t.equal(await evaluate('GET /yarns'), '403 unknown_operation', 'the whole one before is gone');
  t.equal(await evaluate('GET /repos/{owner}/{repo}'), '200 allowed', 'what is built in stays');

  const session = await world.session(ada);
  for (const request of ['GET /admin/catalogue', 'PUT /admin/catalogue'] as const) {
    const payload = request.startsWith('PUT') ? [[]] : [];
    t.match(await call(session, request, ...payload), { status: 403, body: { code: 'role_missing' } }, request);
    t.equal((await call(null, request, ...payload)).status, 401, request);
  }
  t.match(await call(root, 'GET /admin/catalogue'), { body: { version: 2, operations: 1 } });
  t.match(await load([]), { body: { version: 3, operations: 0 } }, 'nothing may be loaded, too');
});

t.test('C1, C2: a broken catalogue is refused with every fault, and the one before stays', async (t) => {
  await load([PATTERNS]);
  const before = await version();
  await entries();
  const faults = async (document: object) => {
    const { status, body } = await load(document);
    t.equal(status, 422);
    t.equal(body.code, 'validation_failed');
    return body.errors;
  };
  t.same(
    await faults([
      { ...PATTERNS, permission_sets: [{ contents: 'admin', patterns: 'read' }, { issues: 'reed' }, {}, 'contents'] },
      { ...YARNS, classic_scopes: ['repo', 'yarn', 7] },
      { method: 'HEAD', path: 'yarns', public_read: 'yes', summary: 'Yarns' },
      { ...YARNS, permission_sets: [{ contents: 'read' }] },
      null,
      { ...YARNS, path: '/looms/{a}', resource: 'loom' },
      { ...YARNS, path: '/looms/{b}' },
      { ...YARNS, path: '/projects/{project}', resource: { type: 'repository', id: '{group}/{project}' } },
      { ...YARNS, path: '/feeds/{repo}.{format}' },
      { ...YARNS, path: '/feeds/{owner}-{repo}', resource: 'none' },
      { ...YARNS, path: '/archives/{owner}-{repo}', permissionless: false },
      { ...YARNS, path: '/{owner}/{repo}.{format}/{org}' },
      { ...YARNS, path: '/user/{owner}/{repo}/{team_id}.{format}' },
    ]),
    [
      { pointer: '/0/permission_sets/0/contents', message: 'must be a level of `contents`: read, write' },
      { pointer: '/0/permission_sets/0/patterns', message: 'is not known: there is no permission `patterns`' },
      { pointer: '/0/permission_sets/1/issues', message: 'must be a level of `issues`: read, write' },
      {
        pointer: '/0/permission_sets/2',
        message: 'must name a permission: a set that says nothing is no declaration',
      },
      {
        pointer: '/0/permission_sets/3',
        message: 'must be an object of permissions and levels, such as {"contents": "read"}',
      },
      { pointer: '/1/classic_scopes/1', message: 'is not known: there is no scope `yarn`' },
      { pointer: '/1/classic_scopes/2', message: 'must be a scope' },
      { pointer: '/2/summary', message: 'is not known here: `summary`' },
      { pointer: '/2/method', message: 'must not be HEAD: it counts as GET' },
      { pointer: '/2/path', message: 'must begin with `/`' },
      { pointer: '/2/public_read', message: 'must be true or false' },
      { pointer: '/3/permissionless', message: 'must not be true beside permissions in `permission_sets`' },
      { pointer: '/4', message: 'must be an object: one operation' },
      {
        pointer: '/5/resource',
        message:
          'is not known: the resource is `repository`, `organization`, `enterprise`, `user`, `holder` or `none`, not `loom`',
      },
      {
        pointer: '/7/resource',
        message: 'must name parameters of the path, each in a segment of its own: `group` is none',
      },
      {
        pointer: '/8/resource',
        message: 'is needed: `repo` shares its segment of the path with another parameter',
      },
      { pointer: '/11/resource', message: 'is needed: `repo` shares its segment of the path with another parameter' },
      {
        pointer: '/12/resource',
        message: 'is needed: `team_id` shares its segment of the path with another parameter',
      },
      { pointer: '/3', message: 'takes the same requests as /1' },
      { pointer: '/6', message: 'takes the same requests as /5' },
    ],
  );
  for (const path of [
    '',
    '/a//b',
    '/a?b',
    '/a#b',
    '/a/../b',
    '/a;b',
    '/%61',
    '/{',
    '/a}',
    '/{}',
    '/{a}{b}',
    '/{a}/{a}',
  ]) {
    t.same(
      (await faults([{ method: 'GET', path }])).map(({ pointer }: { pointer: string }) => pointer),
      ['/0/path'],
      path,
    );
  }
  t.equal((await faults(Array.from({ length: 150 }, () => 1))).length, 100, 'the first hundred');
  t.match(await faults({ swagger: '2.0' }), [{ pointer: '', message: /OpenAPI 3\.x/ }]);
  t.match(await faults({ openapi: '2.0.0', paths: {} }), [{ pointer: '/openapi' }]);
  t.match(await faults({ openapi: '3.0.0' }), [{ pointer: '' }]);

  const text = async (payload: string, type = 'application/json') => {
    const headers = { authorization: `Bearer ${root}`, 'content-type': type };
    const answer = await inject({ method: 'PUT', url: '/admin/catalogue', headers, payload });
    return [answer.statusCode, answer.json().code, answer.json().errors?.[0]?.pointer];
  };
  t.match(await text('[{"method":"GET","method":"PUT"}]'), [400, 'malformed_request']);
  t.match(await text('{"openapi":"3.1.0",'), [400, 'malformed_request']);
  t.match(await text('[{"method":"GET","path":"/a\\u0000"}]'), [422, 'validation_failed', '/0/path']);
  t.match(await text('[]', 'text/plain'), [415, 'unsupported_media_type']);
  t.match(await text(`["${'x'.repeat(16 * 1024 * 1024)}"]`), [413, 'body_too_large']);
  t.match(await text(`["${'x'.repeat(15 * 1024 * 1024)}"]`), [422, 'validation_failed'], 'that is not too large');

  t.equal(await evaluate('GET /repos/{owner}/{repo}/patterns'), '200 allowed');
  t.equal(await version(), before);
  for (const { outcome } of await entries()) t.equal(outcome, 'refused');
});

t.test('C1, C2, C3: an OpenAPI document declares by members of its operations', async (t) => {
  const paths = {
    'x-anything': 1,
    '/repos/{owner}/{repo}/patterns': {
      parameters: [],
      'x-other': true,
      get: { 'x-required-permissions': [{ contents: 'read' }], 'x-public-read': true, responses: {} },
      post: { 'x-required-permissions': [{ contents: 'write' }], 'x-accepted-scopes': ['gist'] },
      options: { responses: {} },
    },
    '/groups/{group}/{project}/patterns': {
      get: {
        'x-required-permissions': [{ contents: 'read' }],
        'x-resource': { type: 'repository', id: '{group}/{project}' },
      },
    },
    '/yarns': { get: { 'x-permissionless': true, maximum: 2 ** 64 } },
    '/yarns/{yarn}': { get: { 'x-permissionless': true } },
    '/yarns/secret': { get: { summary: 'Declares nothing' } },
  };
  t.match(await load({ openapi: '3.1.0', paths }), { status: 200, body: { operations: 5 } });
  t.equal(await evaluate('GET /repos/{owner}/{repo}/patterns'), '200 allowed');
  t.equal(await evaluate('POST /repos/{owner}/{repo}/patterns'), '403 permission_missing');
  t.equal(await evaluate('GET /groups/{group}/{project}/patterns'), '200 allowed');
  t.equal(await evaluate('GET /yarns/{yarn}'), '200 allowed');
  t.equal(await evaluate('GET /yarns/secret'), '403 unknown_operation', 'no declaration');
  const session = await world.session(ada);
  const at = async (path: string) =>
    (await call(session, `GET /operations?path=${path}`)).body.map((each: { path: string }) => each.path);
  t.same(await at('/yarns/blue'), ['/yarns/{yarn}']);
  t.same(await at('/yarns/secret'), [], 'what declares nothing is not what a wider template declares');

  const item = '/paths/~1yarns';
  const get = { 'x-permissionless': true };
  const broken = await load({
    openapi: '3.0.3',
    'x-permissionless': true,
    paths: {
      '/yarns': {
        $ref: '#/x',
        'x-public-read': true,
        get: { ...get, 'x-accepted-scopes': 'repo' },
        put: [],
        head: get,
        trace: {},
      },
      yarns: { get: { 'x-required-permissions': { contents: 'read' }, 'x-accepted-scope': [], 'X-Public-Read': true } },
    },
  });
  t.same(
    broken.body.errors.map(({ pointer }: { pointer: string }) => pointer),
    [
      '/x-permissionless',
      `${item}/$ref`,
      `${item}/x-public-read`,
      `${item}/head`,
      `${item}/get/x-accepted-scopes`,
      `${item}/put`,
      '/paths/yarns',
      '/paths/yarns/get/x-accepted-scope',
      '/paths/yarns/get/X-Public-Read',
      '/paths/yarns/get/x-required-permissions',
    ],
  );
});

t.test(
  'C2: where a loaded operation is built in too, evaluation takes the loaded one and the own route its own',
  async (t) => {
    const { load, evaluate, call, reader, mill } = await service(t);
    const own = 'GET /repos/{owner}/{repo}';
    const row = { method: 'GET', path: '/repos/{owner}/{repo}', permission_sets: [{ contents: 'write' }] };
    await load([row]);
    t.equal(await evaluate(own), '403 permission_missing');
    t.equal((await call(reader.text, `GET /repos/${mill.full_name}`)).status, 200);
    await load([{ ...row, path: '/repos/{a}/{b}', resource: { type: 'repository', id: '{a}/{b}' } }]);
    t.equal(await evaluate(own), '403 permission_missing', 'by the built-in name too');
    t.equal(await evaluate('GET /repos/{a}/{b}'), '403 permission_missing');
    await load({ openapi: '3.1.0', paths: { '/repos/{owner}/{repo}': { get: {} } } });
    t.equal(await evaluate(own), '200 allowed', 'no declaration takes nothing away');
  },
);

t.test('the document of this service is a catalogue', async (t) => {
  const { body: document } = await call(null, 'GET /openapi.json');
  t.match(await load(document), { status: 200 });
  const rows = (await call(root, 'GET /operations?per_page=100')).body;
  t.ok(rows.length > 70);
});

t.test('C2: which permission opens what is published', async (t) => {
  await load([PATTERNS, { ...PATTERNS, method: 'PUT', permission_sets: [{ contents: 'write', workflows: 'write' }] }]);
  const list = async (query: string) =>
    (await call(root, `GET /operations?${query}`)).body.map(
      (each: { method: string; path: string }) => `${each.method} ${each.path}`,
    );
  t.same(await list('path=/repos/a/b/patterns'), [
    'GET /repos/{owner}/{repo}/patterns',
    'PUT /repos/{owner}/{repo}/patterns',
  ]);
  t.same(await list('method=&path=&permission=workflows:write'), ['PUT /repos/{owner}/{repo}/patterns']);
  const { body } = await call(null, 'GET /permissions');
  const contents = body.find((each: { name: string }) => each.name === 'contents');
  for (const [level, url] of Object.entries<string>(contents.operations_urls)) {
    const { pathname, search } = new URL(url);
    const found = (await call(root, `GET ${pathname}${search}&path=/repos/a/b/patterns`)).body;
    t.equal(found.length, level === 'write' ? 2 : 1, url);
  }
});

t.test('C2: another node follows within the bound, and never answers from what it cannot confirm', async (t) => {
  let skipped_ms = 0;
  const node = await nodeOver(t, deps, () => performance.now() + skipped_ms);
  const { evaluate } = backendOf(node.inject, (await world.client(['evaluate'])).authorization);
  const patterns = async () => {
    const action = 'GET /repos/{owner}/{repo}/patterns';
    const { body } = await evaluate(ask(reader.text, action, ['repository', mill.full_name]));
    return body.context?.reason ?? body.code;
  };
  await load([]);
  t.equal(await patterns(), 'unknown_operation');
  await node.deps.freshness.catchUp();
  await patterns();
  t.ok(node.deps.catalogue.known(), 'it is kept');
  await load([PATTERNS]);
  await node.deps.freshness.catchUp();
  t.same(await Promise.all([patterns(), patterns()]), ['allowed', 'allowed']);
  await load([YARNS]);
  await node.deps.freshness.stop();
  t.equal(node.deps.catalogue.known(), null, 'what is confirmed no longer is not used');
  t.equal(await patterns(), 'unknown_operation', 'the database is asked each time');
  skipped_ms += 1000;
  await node.pool.end();
  t.equal(await patterns(), 'unavailable');
});

t.test('C2: a request names its resource by its path: by names, by ids, by what the declaration says', async (t) => {
  const acme = await world.organization('acme', ada);
  const core = await world.team(acme, 'core', [ada]);
  const engine = await world.repository(acme, 'engine');
  const eve = await world.person('eve');
  const hidden = await world.repository(eve, 'hidden');
  const { authorization } = await world.client(['gateway']);
  const of_acme = await rows.fineGrained(ada, {
    owner: acme,
    selection: 'all',
    permissions: { contents: 'read', members: 'read' },
  });
  const read = { method: 'GET', permission_sets: [{ contents: 'read' }] };
  await load([
    { ...read, path: '/repositories/{repository_id}/patterns' },
    { ...read, path: '/mills/{group}/{project}', resource: { type: 'repository', id: '{group}/{project}' } },
    { ...read, path: '/looms/{loom_id}', resource: { type: 'repository', id: '{loom_id}' } },
    { ...read, path: '/teams/{team_id}/looms', permission_sets: [{ members: 'read' }] },
    { ...read, path: '/user/looms', permission_sets: [{ starring: 'read' }] },
    { ...read, path: '/users/{username}/looms', permission_sets: [{ starring: 'read' }] },
    { ...read, path: '/stars', permission_sets: [{ starring: 'read' }] },
    { ...read, path: '/search' },
  ]);
  const gate = async (uri: string, token: string) => {
    const headers = { 'x-gateway-authorization': authorization, authorization: `Bearer ${token}` };
    const original = { 'x-original-method': 'GET', 'x-original-uri': uri };
    const answer = await inject({ url: '/gateway/nginx', headers: { ...headers, ...original } });
    return answer.statusCode === 200 ? 200 : Number(answer.headers['x-error-status']);
  };
  const personal = await rows.fineGrained(ada, { permissions: { starring: 'read' } });
  const stranger = await rows.classic(eve, { scopes: ['repo', 'admin:org'] });
  const asked: readonly (readonly [string, string, number])[] = [
    [`/repositories/${engine.id}/patterns`, of_acme.text, 200],
    [`/repositories/${mill.id}/patterns`, of_acme.text, 404],
    [`/repositories/${mill.id}/patterns`, reader.text, 200],
    [`/repositories/${hidden.id}/patterns`, reader.text, 404],
    ['/repositories/999999/patterns', reader.text, 404],
    ['/repositories/0/patterns', reader.text, 404],
    ['/repositories/1e1/patterns', reader.text, 404],
    ['/mills/acme/engine', of_acme.text, 200],
    ['/mills/eve/hidden', of_acme.text, 404],
    [`/looms/${engine.id}`, of_acme.text, 200],
    [`/looms/${hidden.id}`, of_acme.text, 404],
    [`/teams/${core.id}/looms`, of_acme.text, 200],
    [`/teams/${core.id}/looms`, reader.text, 403],
    ['/teams/999999/looms', of_acme.text, 404],
    [`/teams/${core.id}/looms`, stranger.text, 404], // F6: not the 403 of `/orgs/acme`, which everybody may know of
    ['/teams/999999/looms', stranger.text, 404],
    [`/teams/${core.id + 1}/looms`, of_acme.text, 404], // another one is read in its place
    [`/repositories/${engine.id + 999}/patterns`, of_acme.text, 404],
    ['/user/looms', personal.text, 200],
    ['/user/looms', reader.text, 403],
    ['/users/ada/looms', personal.text, 200],
    ['/users/eve/looms', personal.text, 404],
    ['/users/acme/looms', personal.text, 404],
    ['/stars', personal.text, 200],
    ['/search', of_acme.text, 403],
  ];
  for (const [uri, token, status] of asked) t.equal(await gate(uri, token), status, `${uri} ${status}`);
});

t.test('C2, F2, F6: text beside a parameter does not hide what it names', async (t) => {
  const { authorization } = await world.client(['gateway']);
  const felt = await world.organization('felt', ada, { classic_tokens: 'restricted' });
  const [secret, open] = [await world.repository(felt, 'secret'), await world.repository(felt, 'open', 'public')];
  const stranger = await rows.classic(await world.person('feltless'), { scopes: ['repo'] });
  const owner = await rows.fineGrained(ada, { owner: felt, selection: 'all', permissions: { contents: 'read' } });
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  const get = { method: 'GET', permissionless: true };
  await load([
    { ...get, path: '/{owner}/{repo}.atom', public_read: true },
    { ...get, path: '/repos/@{owner}/{repo}:archive' },
    { ...get, path: '/ids/{repository_id}.json', public_read: true },
    { ...get, path: '/mills/{mill}.json', resource: { type: 'repository', id: '{mill}' } },
    { ...get, path: '/feeds/{org}.json' },
    { ...get, path: '/{username}.keys' },
    // What is named before decides, however this is divided.
    { ...get, path: '/orgs/{org}/people/{username}.{format}' },
    { ...get, path: '/repos/{owner}/{repo}/since/{username}:{ref}' },
  ]);
  const gate = async (uri: string, token: string | null) => {
    const end_caller = token === null ? {} : { authorization: `Bearer ${token}` };
    const forwarded = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': uri };
    const headers = { 'x-gateway-authorization': authorization, ...forwarded, ...end_caller };
    return (await inject({ url: '/gateway/forward-auth', headers })).statusCode;
  };
  const asked: readonly (readonly [
    uri: string,
    nobody: number,
    stranger: number,
    owner: number,
    restricted: number,
  ])[] = [
    ['/felt/secret.atom', 401, 404, 200, 403],
    ['/felt/open.atom', 200, 200, 200, 200],
    ['/felt/absent.atom', 401, 404, 404, 404],
    ['/repos/@felt/secret:archive', 401, 404, 200, 403],
    [`/ids/${secret.id}.json`, 401, 404, 200, 403],
    [`/ids/${open.id}.json`, 200, 200, 200, 200],
    [`/mills/${secret.id}.json`, 401, 404, 200, 403],
    ['/feeds/felt.json', 401, 403, 200, 403],
    ['/ada.keys', 401, 404, 200, 200],
    ['/orgs/felt/people/ada.b.json', 401, 403, 200, 403],
    ['/repos/felt/secret/since/ada:v1', 401, 404, 200, 403],
  ];
  for (const [uri, ...statuses] of asked) {
    const found = [null, stranger.text, owner.text, classic.text].map((token) => gate(uri, token));
    t.same(await Promise.all(found), statuses, uri);
  }
});

t.test(
  'C2: an operation whose path names nothing is open to a permission only where every set is of accounts',
  async (t) => {
    const { authorization } = await world.client(['evaluate']);
    const { evaluate } = backendOf(inject, authorization);
    const holder = await world.person('weaver');
    const post = { method: 'POST', public_read: true };
    await load([
      { ...post, path: '/stars', permission_sets: [{ starring: 'write' }, { gists: 'write' }] },
      { ...post, path: '/stars-or-code', permission_sets: [{ starring: 'write' }, { contents: 'read' }] },
      { ...post, path: '/stars-of-nothing', permission_sets: [{ starring: 'write' }], resource: 'none' },
      {
        ...post,
        method: 'GET',
        path: '/stars-for-all',
        permission_sets: [{ starring: 'write' }, { contents: 'read' }],
      },
      { ...post, path: '/nothing', permissionless: true },
    ]);
    const subjects = {
      classic: { type: 'token', id: (await rows.classic(holder, { scopes: ['repo', 'gist'] })).text },
      'fine-grained': {
        type: 'token',
        id: (await rows.fineGrained(holder, { permissions: { starring: 'write' } })).text,
      },
      himself: { type: 'user', id: 'weaver' },
    };
    const asked: readonly (readonly [string, string, string])[] = [
      ['POST /stars', 'user', 'allowed'],
      ['POST /stars-or-code', 'user', 'role_missing'],
      ['POST /stars-of-nothing', 'user', 'role_missing'],
      ['GET /stars-for-all', 'user', 'public_read'],
      ['POST /nothing', 'user', 'allowed'],
    ];
    for (const [who, subject] of Object.entries(subjects)) {
      for (const [name, type, reason] of asked) {
        const { body } = await evaluate({ subject, action: { name }, resource: { type, id: 'weaver' } });
        t.equal(body.context.reason, reason, `${who}: ${name}`);
      }
    }
  },
);

t.test('F3: what is not understood of a stored catalogue is denied, the rest stands', async (t) => {
  await load([PATTERNS, YARNS]);
  const own = ['', '/collaborators', '/keys'].map((rest) => `GET /repos/{owner}/{repo}${rest}`);
  for (const name of own.slice(0, 2)) t.equal(await evaluate(name), '200 allowed', `${name} is built in`);
  const by_keys = await evaluate(`${own[2]}`);
  const rows = [
    { ...PATTERNS, permission_sets: [{ contents: 'read', patterns: 'read' }] },
    YARNS,
    7,
    { method: 'GET' },
    { method: 'GET', path: '/repos/{owner}/{repo}', permission_sets: [{ patterns: 'write' }] },
    { method: 'GET', path: '/repos/{a}/{b}/collaborators', permission_sets: [], permissionless: 'no' },
    { method: 'GET', path: '/repos/{owner}/{repo}/keys' },
  ];
  const operations = JSON.stringify(rows);
  await deps.db
    .updateTable('catalogue')
    .set({ operations, version: (await version()) + 1 })
    .execute();
  deps.catalogue.forget();
  t.equal(await evaluate('GET /repos/{owner}/{repo}/patterns'), '403 unknown_operation');
  for (const name of own.slice(0, 2)) {
    t.equal(
      await evaluate(name),
      '403 unknown_operation',
      `${name}: what was declared in its place may have been narrower`,
    );
  }
  t.equal(await evaluate(`${own[2]}`), by_keys, 'control: no declaration takes nothing away');
  t.equal(await evaluate('GET /yarns'), '200 allowed');
  t.match(logged(), /a part of the catalogue is not understood/);
});

t.test('C2: the catalogue of a file counts once; what is loaded since stays at the next start', async (t) => {
  const folder = t.testdir({ 'a.json': JSON.stringify([PATTERNS]), 'b.json': JSON.stringify([PATTERNS, YARNS]) });
  const start = async (name: string) => {
    const file = await prepareCatalogueFile(`${folder}/${name}`);
    if (file === null) throw new Error('there is a file');
    return setCatalogueByFile(deps, file);
  };
  const before = await version();
  const state = async () => {
    const { body } = await call(root, 'GET /admin/catalogue');
    return `${body.version - before} ${body.operations}`;
  };
  await entries();
  t.same([await start('a.json'), await state()], [true, '1 1']);
  t.match(await entries(), [{ action: 'catalogue.update', actor: null, data: { source: 'file' } }]);
  t.same([await start('a.json'), await state()], [false, '1 1']);
  await load([]);
  t.same([await start('a.json'), await state()], [false, '2 0']);
  const together = await Promise.all(['b.json', 'b.json', 'b.json'].map(start));
  t.same([together.filter(Boolean), await state()], [[true], '3 2']);
});

t.test('C2: a broken file refuses the start with one line', async (t) => {
  const folder = t.testdir({
    'broken.json': '[\n  {"method": "GET",\n   "path": "/x", "permission_sets": [{"y": "read"}]},\n  7\n]\n',
    'half.json': '[\n{"method": \n',
    'twice.json': '[{"method": "GET",\n"method": "GET"}]',
    'bytes.json': Buffer.from('[\n"\xff"]', 'latin1'),
    'large.json': ' '.repeat(16 * 1024 * 1024 + 1),
  });
  const refused = async (name: string, expected: RegExp) => {
    const error = await prepareCatalogueFile(`${folder}/${name}`).catch((thrown: unknown) => thrown);
    t.ok(isStartRefusal(error), name);
    t.match((error as Error).message, expected);
    t.notMatch((error as Error).message, /\n/);
  };
  await refused('broken.json', /CATALOGUE_FILE.*line 3: \/0\/permission_sets\/0\/y is not known.*\(and 1 more\)/);
  await refused('half.json', /line 3/);
  await refused('twice.json', /line 2.*twice/);
  await refused('bytes.json', /line 2.*UTF-8/);
  await refused('large.json', /at most 16777216 bytes/);
  await refused('none.json', /cannot be read/);
  await refused('.', /cannot be read/);
  t.equal(await prepareCatalogueFile(null), null);
});

/** Another node on the database of these dependencies, whose steady clock the test moves. Ending its pool loses the database. */
async function nodeOver(t: Test, { db, config, clock }: Deps, monotonic_ms: () => number) {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db);
  const url = databaseUrl(process.env[TEMPLATE_URL] ?? '', rows[0]?.name ?? '');
  const pool = openPool({ url, connections_max: 2, request_timeout_ms: 5000, onIdleError: () => undefined });
  const deps = composeDeps({ pool, config, clock, log: pino({ level: 'silent' }), monotonic_ms });
  const app = await buildApp(deps);
  t.teardown(() => app.close());
  t.teardown(() => deps.freshness.stop());
  return { deps, pool, inject: app.inject.bind(app) as App['inject'] };
}
