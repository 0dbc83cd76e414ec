// Queries and pages of lists (contract 1 and 10).

import t from 'tap';
import { Type } from 'typebox';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { pageOf, paginate } from '../../src/http/pages.ts';
import { Id, Login, PAGE_QUERY, RepositoryName } from '../../src/http/schemas/common.ts';
import { buildTestApp } from '../support/build-app.ts';

const OPEN = { access: { open: true as const } };
const ROWS = Array.from({ length: 250 }, (_, index) => index + 1);

const routes: AddRoutes = (app, deps) => {
  const querystring = Type.Object({
    ...PAGE_QUERY,
    kind: Type.Optional(Type.Array(Type.Enum(['a', 'b']))),
    id: Type.Optional(Type.Array(Id)),
    total: Type.Optional(Type.Boolean()),
    q: Type.Optional(Type.String()),
  });
  app.get('/rows', { config: OPEN, schema: { querystring } }, (request, reply) => {
    const { limit, offset } = pageOf(request.query);
    const has_more = offset + limit < ROWS.length;
    const total = request.query.total === true ? { total: ROWS.length } : {};
    return paginate(deps, request, reply, { rows: ROWS.slice(offset, offset + limit), has_more, ...total });
  });
  app.get('/query', { config: OPEN, schema: { querystring } }, (request) => request.query);
  app.get('/by-id/:id', { config: OPEN, schema: { params: Type.Object({ id: Id }) } }, (request) => request.params);
  const params = Type.Object({ owner: Login, repo: RepositoryName });
  app.get('/named/:owner/:repo', { config: OPEN, schema: { params } }, (request) => request.params);
};

t.test('a list has 30 rows a page, as many as asked up to 100, and 100 above', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const rows = async (query: string): Promise<number[]> => (await inject(`/rows${query}`)).json();
  t.equal((await rows('')).length, 30);
  t.equal((await rows('?per_page=1')).length, 1);
  t.equal((await rows('?per_page=100')).length, 100);
  t.equal((await rows('?per_page=101')).length, 100);
  for (const many of ['999999999', '9007199254740993', '9'.repeat(20), '9'.repeat(500)]) {
    t.equal((await rows(`?per_page=${many}`)).length, 100, many);
  }
  t.same(await rows('?per_page=2&page=3'), [5, 6]);
  t.same(await rows('?page=1000000'), []);
});

t.test('a malformed or out-of-range query is 422, an unknown parameter is ignored', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const bad = [
    'per_page=0',
    'per_page=-1',
    'per_page=x',
    'per_page=',
    'per_page=1.5',
    'per_page=1e1',
    'per_page=%2B1',
    'per_page=0x10',
    'per_page=%201',
    'per_page=1&per_page=2',
    'page=0',
    'page=99999999999',
    'kind=c',
    'kind=a,c',
    'id=0',
    'id=9007199254740992',
    'id=01',
    'total=1',
    'q=a%00b',
  ];
  for (const query of bad) {
    const { statusCode, body } = await inject(`/rows?${query}`);
    t.equal(statusCode, 422, query);
    t.match(
      JSON.parse(body),
      { code: 'validation_failed', status: '422', errors: query.includes('%00') ? undefined : [{ resource: 'Query' }] },
      query,
    );
  }
  t.equal((await inject('/rows?nobody=knows&__proto__=1&constructor=1')).statusCode, 200);
});

t.test('arrays come as a=1&a=2, a[]=1 and a=1,2', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  for (const query of [
    'kind=a&kind=b&id=1&id=2',
    'kind[]=a&kind[]=b&id[]=1&id[]=2',
    'kind=a,b&id=1,2',
    'kind%5B%5D=a,b&id=1&id[]=2',
  ]) {
    t.same((await inject(`/query?${query}`)).json(), { kind: ['a', 'b'], id: [1, 2] }, query);
  }
  t.same((await inject('/query?kind=&total=true&unknown=1')).json(), { kind: [], total: true });
});

t.test('Link leads to the other pages, under PUBLIC_URL, with the declared parameters only', async (t) => {
  const { inject } = await buildTestApp(t, { routes, settings: { PUBLIC_URL: 'https://gate.example/api' } });
  const link = async (query: string): Promise<unknown> => (await inject(`/rows${query}`)).headers.link;
  const at = (query: string, rel: string): string => `<https://gate.example/api/rows?${query}>; rel="${rel}"`;
  t.equal(await link(''), at('page=2', 'next'));
  t.equal(
    await link('?per_page=50&page=2&q=a%22%3E&access_token=secret'),
    [
      at('per_page=50&page=1&q=a%22%3E', 'prev'),
      at('per_page=50&page=3&q=a%22%3E', 'next'),
      at('per_page=50&page=1&q=a%22%3E', 'first'),
    ].join(', '),
  );
  t.match(await link('?per_page=100&total=true'), /total=true&page=2>; rel="next", .*total=true&page=3>; rel="last"/);
  t.equal(
    await link('?per_page=100&page=3'),
    [at('per_page=100&page=2', 'prev'), at('per_page=100&page=1', 'first')].join(', '),
  );
});

t.test('a path parameter of another form is 404, never 500', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  t.same((await inject('/by-id/9007199254740991')).json(), { id: Number.MAX_SAFE_INTEGER });
  for (const id of [
    '0',
    '-1',
    '+1',
    '1e3',
    '0x1',
    '01',
    '%201',
    '1.0',
    'x',
    '9007199254740992',
    '%00',
    '1%00',
    '%2F',
    '1%2F2',
    '%E2%82',
    '%ZZ',
    '%',
    `${'1'.repeat(2000)}`,
    '١',
  ]) {
    const { statusCode, body } = await inject(`/by-id/${id.startsWith('١') ? encodeURIComponent(id) : id}`);
    t.equal(statusCode, 404, id);
    t.equal(JSON.parse(body).code, 'not_found', id);
  }
  t.same((await inject('/named/octo-cat/hello.world_1')).json(), { owner: 'octo-cat', repo: 'hello.world_1' });
  for (const path of [
    '-a/b',
    'a-/b',
    `${'a'.repeat(40)}/b`,
    'a_b/c',
    'a/..%00',
    'a/%2e%2e',
    'a/b.git',
    'a/b.GIT',
    'a/%2e',
    `a/${'b'.repeat(101)}`,
    'a/b%2Fc',
    'a/caf%C3%A9',
    'a/b%0a',
  ]) {
    t.equal((await inject(`/named/${path}`)).statusCode, 404, path);
  }
});
