// The bodies of errors, and what is answered before a route is reached (contract 1, 8 and 10).

import t from 'tap';
import { Type } from 'typebox';
import { StorageUnavailable } from '../../src/domain/fault.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { Login, Nullable, Strict } from '../../src/http/schemas/common.ts';
import { buildTestApp } from '../support/build-app.ts';

const OPEN = { access: { open: true as const } };

const Body = Strict(
  {
    name: Type.String({ minLength: 1, maxLength: 40 }),
    kind: Type.Enum(['classic', 'fine_grained']),
    days: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 366 }))),
    permissions: Type.Optional(
      Strict({ contents: Type.Optional(Type.Enum(['read', 'write'])), issues: Type.Optional(Type.Enum(['read'])) }),
    ),
    repositories: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: 50 })),
    limits: Type.Optional(Strict({ fine_grained: Type.Optional(Type.Integer()) })),
  },
  { title: 'PersonalAccessToken' },
);

const Union = Type.Union([
  Strict({ kind: Type.Literal('classic'), name: Type.String(), scopes: Type.Optional(Type.Array(Type.String())) }),
  Strict({ kind: Type.Literal('fine_grained'), name: Type.String(), permissions: Type.Optional(Type.Object({})) }),
]);

const routes: AddRoutes = (app) => {
  app.post('/made', { config: OPEN, schema: { body: Body } }, (request) => request.body);
  app.post('/union', { config: OPEN, schema: { body: Union } }, (request) => request.body);
  app.post(
    '/optional',
    { config: OPEN, schema: { body: Strict({ reason: Type.Optional(Type.String()) }) } },
    (request) => request.body,
  );
  app.put('/bodiless', { config: OPEN }, (_request, reply) => reply.code(204).send());
  app.delete('/bodiless', { config: OPEN }, (_request, reply) => reply.code(204).send());
  app.get('/words/:login', { config: OPEN, schema: { params: Type.Object({ login: Login }) } }, () => ({}));
  app.post(
    '/question',
    { config: { ...OPEN, wrong_body: 400 }, schema: { body: Type.Object({}) } },
    (request) => request.body,
  );
  const form = Type.Object({ token: Type.String(), resource: Type.Optional(Type.Array(Type.String())) });
  app.post('/oauth/test', { config: { ...OPEN, body: 'form', errors: 'oauth' }, schema: { body: form } }, (request) => {
    if (request.body.token === 'client') throw new Refusal('bad_credential');
    if (request.body.token === 'capability') throw new Refusal('capability_missing');
    if (request.body.token === 'fault') throw new StorageUnavailable(new Error('ECONNREFUSED'));
    if (request.body.token === 'bug') throw new Error('quotes "gthp_aaaaaaaaaaaaaaaaaaaaaaaa"');
    return request.body;
  });
  app.get('/fault', { config: OPEN }, () => {
    throw new StorageUnavailable(new Error('connection refused to db.internal'));
  });
  app.get('/bug', { config: OPEN }, () => {
    throw new TypeError('cannot read internals');
  });
  app.get('/needed', { config: OPEN }, () => {
    throw new Refusal('permission_missing', { needed: { permissions: [['contents:read']], scopes: ['repo'] } });
  });
  app.get('/challenge', { config: OPEN }, () => {
    throw new Refusal('bad_credential');
  });
};

t.test('an error has the members of the contract, in their order', async (t) => {
  const { inject } = await buildTestApp(t, { routes, settings: { PUBLIC_URL: 'https://gate.example' } });
  const { statusCode, headers, body } = await inject('/needed');
  t.equal(statusCode, 403);
  t.match(headers['content-type'], /^application\/json/);
  t.equal(
    body,
    JSON.stringify({
      message: 'Resource not accessible by personal access token',
      code: 'permission_missing',
      documentation_url: 'https://gate.example/docs/status-codes#permission_missing',
      status: '403',
      request_id: headers['x-request-id'],
      needed: { permissions: [['contents:read']], scopes: ['repo'] },
    }),
  );
  const challenged = await inject('/challenge');
  t.equal(challenged.statusCode, 401);
  t.equal(challenged.json().message, 'Bad credentials');
  t.match(challenged.headers['www-authenticate'], /^Bearer realm="gatehouse", resource_metadata="http/);
  t.match((await inject('/docs/status-codes')).body, 'id="permission_missing"', 'documentation_url leads to something');
});

t.test('a fault is 503 with Retry-After, a bug 500; neither tells more', async (t) => {
  const { inject, logged } = await buildTestApp(t, { routes });
  const fault = await inject('/fault');
  t.equal(fault.statusCode, 503);
  t.equal(fault.headers['retry-after'], '1');
  t.match(fault.json(), { code: 'unavailable', message: 'Temporarily unavailable', status: '503' });
  t.notMatch(fault.body, 'refused');
  const bug = await inject('/bug');
  t.equal(bug.statusCode, 500);
  t.match(bug.json(), { code: 'internal_error', message: 'Internal error' });
  t.notMatch(bug.body, 'internals');
  t.match(logged(), 'cannot read internals');
  t.match(logged(), 'connection refused to db.internal', 'the log has the cause');
  t.match(logged(), 'errors.test.ts', 'the log has the stack');
});

t.test('422 names each member that is wrong, at all levels', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const errorsOf = async (payload: object): Promise<Record<string, string>> => {
    const response = await inject({ method: 'POST', url: '/made', payload });
    t.equal(response.statusCode, 422, JSON.stringify(payload));
    const { errors, code } = response.json();
    t.equal(code, 'validation_failed');
    for (const error of errors) t.equal(error.resource, 'PersonalAccessToken');
    return Object.fromEntries(errors.map((error: { field: string; code: string }) => [error.field, error.code]));
  };
  t.same(await errorsOf({}), { name: 'missing_field', kind: 'missing_field' });
  const valid = { name: 'a', kind: 'classic' };
  t.same(await errorsOf({ ...valid, admin: true, owner_id: 1 }), { admin: 'unknown_field', owner_id: 'unknown_field' });
  t.same(await errorsOf({ ...valid, name: 1 }), { name: 'invalid' }, 'nothing is converted');
  t.same(await errorsOf({ ...valid, name: null, kind: 'x' }), { name: 'invalid', kind: 'invalid' });
  t.same(await errorsOf({ ...valid, days: 0 }), { days: 'invalid' });
  t.same(await errorsOf({ ...valid, days: '3' }), { days: 'invalid' });
  t.same(await errorsOf({ ...valid, permissions: { contents: 'admin' } }), { 'permissions.contents': 'invalid' });
  t.same(await errorsOf({ ...valid, permissions: { wiki: 'read' } }), { 'permissions.wiki': 'unknown_field' });
  t.same(await errorsOf({ ...valid, repositories: ['', 'a'] }), { 'repositories.0': 'invalid' });
  t.same(await errorsOf({ ...valid, limits: { classic: 1 } }), { 'limits.classic': 'unknown_field' });
  t.same(await errorsOf({ ...valid, repositories: [] as string[], 'a.b': 1 }), { 'a.b': 'unknown_field' });
});

t.test('of a union only the branch that was meant is told of', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const errorsOf = async (payload: object): Promise<unknown> => {
    const { errors } = (await inject({ method: 'POST', url: '/union', payload })).json();
    return errors.map((error: { field: string; code: string }) => [error.field, error.code]);
  };
  t.same(await errorsOf({ kind: 'classic', permissions: {} }), [
    ['name', 'missing_field'],
    ['permissions', 'unknown_field'],
  ]);
  t.same(await errorsOf({ kind: 'fine_grained', name: 'a', scopes: [] }), [['scopes', 'unknown_field']]);
  t.same(await errorsOf({ kind: 'other', name: 'a' }), [['kind', 'invalid']]);
  t.same(await errorsOf({ name: 'a' }), [['kind', 'missing_field']]);
});

t.test('a large wrong body costs one error, not one for each member', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`m${index}`, 1]));
  const { statusCode, body } = await inject({
    method: 'POST',
    url: '/made',
    payload: { name: 'a', kind: 'classic', ...unknown },
  });
  t.equal(statusCode, 422);
  t.equal(JSON.parse(body).errors.length, 1);
  const long = await inject({
    method: 'POST',
    url: '/made',
    payload: { name: 'a', kind: 'classic', ['x'.repeat(100_000)]: 1 },
  });
  t.ok(long.body.length < 2000, 'a name is not repeated without end');
});

t.test('members named like inherited ones are unknown members', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  for (const member of ['__proto__', 'constructor', 'toString']) {
    const payload = `{"name":"a","kind":"classic","${member}":{"kind":"classic"}}`;
    const response = await inject({
      method: 'POST',
      url: '/made',
      payload,
      headers: { 'content-type': 'application/json' },
    });
    t.equal(response.statusCode, 422, member);
    t.match(response.json().errors, [{ field: member, code: 'unknown_field' }]);
  }
  const missing = await inject({
    method: 'POST',
    url: '/made',
    payload: '{"__proto__":{"name":"a","kind":"classic"}}',
    headers: { 'content-type': 'application/json' },
  });
  t.equal(missing.statusCode, 422, 'a prototype gives no members');
});

t.test('malformed JSON, duplicate keys and what is no object are 400', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  for (const payload of [
    '{',
    '[]',
    '"a"',
    'null',
    '1',
    '{"name":"a","name":"b","kind":"classic"}',
    '\uFEFF{}',
    '{}{}',
    ' ',
  ]) {
    const response = await inject({
      method: 'POST',
      url: '/made',
      payload,
      headers: { 'content-type': 'application/json' },
    });
    t.equal(response.statusCode, 400, payload);
    t.equal(response.json().code, 'malformed_request', payload);
  }
});

t.test('content types: JSON in UTF-8, else 415; where a standard says so 400', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const payload = JSON.stringify({ name: 'a', kind: 'classic' });
  const status = async (type: string, url = '/made', headers = {}): Promise<number> =>
    (await inject({ method: 'POST', url, payload, headers: { 'content-type': type, ...headers } })).statusCode;
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/json; version=1',
  ]) {
    t.equal(await status(type), 200, type);
  }
  const others = [
    'text/plain',
    'application/merge-patch+json',
    'application/jsonx',
    'application/json; charset=utf-16',
    'application/json;charset=latin1',
    'application/x-www-form-urlencoded',
    'application/x-ndjson',
    'multipart/form-data; boundary=x',
    '*/*',
    'json',
    '',
  ];
  for (const type of others) {
    t.equal(await status(type), 415, type);
    t.equal(await status(type, '/question'), 400, type);
  }
  t.equal(await status('application/json', '/made', { 'content-encoding': 'gzip' }), 415);
  const response = await inject({ method: 'POST', url: '/made', payload, headers: { 'content-type': 'text/plain' } });
  t.match(response.json(), { code: 'unsupported_media_type', status: '415' });
});

t.test('a body above 1 MiB is 413', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const payload = JSON.stringify({ name: 'a'.repeat(1024 * 1024) });
  const { statusCode, body } = await inject({
    method: 'POST',
    url: '/made',
    payload,
    headers: { 'content-type': 'application/json' },
  });
  t.equal(statusCode, 413);
  t.equal(JSON.parse(body).code, 'body_too_large');
});

t.test('an empty body is `{}` where every member is optional; where none is taken, members are unknown', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const type = { 'content-type': 'application/json; charset=utf-8' };
  for (const headers of [{}, type]) {
    t.same((await inject({ method: 'POST', url: '/optional', headers })).json(), {});
    t.equal((await inject({ method: 'POST', url: '/made', headers })).statusCode, 422);
    t.equal((await inject({ method: 'PUT', url: '/bodiless', headers })).statusCode, 204);
    t.equal((await inject({ method: 'DELETE', url: '/bodiless', headers })).statusCode, 204);
  }
  t.equal((await inject({ method: 'PUT', url: '/bodiless', payload: {} })).statusCode, 204);
  const response = await inject({ method: 'DELETE', url: '/bodiless', payload: { force: true } });
  t.equal(response.statusCode, 422);
  t.match(response.json().errors, [{ field: 'force', code: 'unknown_field' }]);
  t.equal((await inject({ method: 'GET', url: '/words/a', payload: { a: 1 } })).statusCode, 200);
});

t.test(
  'F7: an unknown path is 404, a known one with a wrong method 405, whoever asks and whatever he sends',
  async (t) => {
    const { inject } = await buildTestApp(t, { routes });
    const absent = [
      '/absent',
      '/Users/a',
      '/words/a/',
      '//words/a',
      '/words',
      '/words/a/b',
      '/words/a;b=c/d',
      '/',
      '/docs/absent',
      '/%2fusers/a',
      '/words%2Fa',
    ];
    for (const url of absent) {
      const { statusCode, body } = await inject(url);
      t.equal(statusCode, 404, url);
      t.match(JSON.parse(body), { message: 'Not Found', code: 'not_found' }, url);
    }
    const body = await inject({
      method: 'POST',
      url: '/absent',
      payload: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    t.equal(body.statusCode, 404);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'] as const) {
      const response = await inject({
        method: method as 'POST',
        url: '/words/a',
        headers: { 'content-type': 'text/plain' },
        payload: 'x',
      });
      t.equal(response.statusCode, 405, method);
      t.equal(response.headers.allow, 'GET, HEAD', method);
      t.equal(response.json().code, 'method_not_allowed', method);
    }
    t.equal((await inject({ method: 'GET', url: '/bodiless' })).headers.allow, 'DELETE, PUT');
  },
);

t.test('HEAD counts as GET', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const head = await inject({ method: 'HEAD', url: '/words/a' });
  t.equal(head.statusCode, 200);
  t.equal(head.body, '');
  t.equal((await inject({ method: 'HEAD', url: '/words/-' })).statusCode, 404);
});

t.test('the OAuth endpoints answer errors in the shape of RFC 6749', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const ask = (payload: string, type = 'application/x-www-form-urlencoded') =>
    inject({ method: 'POST', url: '/oauth/test', payload, headers: { 'content-type': type } });
  const expectations = [
    ['token=client', 401, 'invalid_client'],
    ['token=capability', 403, 'unauthorized_client'],
    ['token=fault', 503, 'temporarily_unavailable'],
    ['token=bug', 500, 'server_error'],
    ['token=a&token=b', 400, 'invalid_request'],
    ['other=a', 400, 'invalid_request'],
    ['token=%ff', 400, 'invalid_request'],
    ['', 400, 'invalid_request'],
  ] as const;
  for (const [form, status, error] of expectations) {
    const response = await ask(form);
    t.equal(response.statusCode, status, form);
    t.same(Object.keys(response.json()), ['error', 'error_description'], form);
    t.equal(response.json().error, error, form);
    t.equal(response.headers['cache-control'], 'no-store', form);
  }
  t.equal((await ask('token=client')).headers['www-authenticate'], 'Basic realm="gatehouse"');
  t.equal((await ask('token=fault')).headers['retry-after'], '1');
  t.same((await ask('token=a&resource=x&resource=y&unknown=z')).json(), {
    token: 'a',
    resource: ['x', 'y'],
    unknown: 'z',
  });
  const json = await ask('{"token":"a"}', 'application/json');
  t.equal(json.statusCode, 400);
  t.equal(json.json().error, 'invalid_request');
  const method = await inject('/oauth/test');
  t.equal(method.statusCode, 405);
  t.equal(method.json().error, 'invalid_request');
});

t.test('every answer has the security headers, and no origin is allowed', async (t) => {
  const { inject } = await buildTestApp(t, { routes, settings: { PUBLIC_URL: 'https://gate.example' } });
  for (const url of ['/words/a', '/absent', '/%zz', '/bug']) {
    const { headers } = await inject({ url, headers: { origin: 'https://evil.example' } });
    t.equal(headers['x-content-type-options'], 'nosniff', url);
    t.match(headers['content-security-policy'], /default-src 'none'/, url);
    t.match(headers['strict-transport-security'], /max-age/, url);
    t.equal(headers['access-control-allow-origin'], undefined, url);
  }
  const docs = (await inject('/docs/')).headers['content-security-policy'];
  t.match(docs, /script-src 'self'/);
  t.notMatch(docs, /upgrade-insecure-requests|https:/);
});
