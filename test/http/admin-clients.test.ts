// Backend services, as site administrators make them known (contract 4).

import t, { type Test } from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, tokensOf, worldOf } from '../support/world.ts';

/** An application with a site administrator, a live token of `ada`, and a clock that can be moved. */
async function administered(t: Test) {
  const clock = { ahead_ms: 0 };
  const application = await buildTestApp(t, { deps: { clock: () => new Date(Date.now() + clock.ahead_ms) } });
  const { inject, deps } = application;
  const world = worldOf(deps);
  const root_session = await world.session(await world.person('root', { site_admin: true }));
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const { token } = await tokensOf({ inject }).classicToken(await world.session(ada));
  const call = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
    inject({ method, url, headers: bearer(root_session), ...(payload !== undefined && { payload }) });
  /** The status of an introspection by this client, and whether it said that the token is active. */
  const introspect = async (client_id: string, secret: string): Promise<string> => {
    const answer = await inject({
      method: 'POST',
      url: '/oauth/introspect',
      headers: {
        authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: `token=${token}`,
    });
    return `${answer.statusCode} ${answer.json().active}`;
  };
  const done = () =>
    deps.db
      .selectFrom('audit_entries')
      .select(['action', 'data'])
      .where('action', 'like', 'client.%')
      .orderBy('id')
      .execute();
  return { ...application, clock, world, acme, call, introspect, done };
}

t.test('a client is made, used, listed without its secret, and deleted', async (t) => {
  const { call, introspect, done } = await administered(t);
  const made = await call('POST', '/admin/clients', {
    name: 'our API',
    capabilities: ['evaluate', 'introspect', 'introspect'],
  });
  t.equal(made.statusCode, 201);
  t.equal(made.headers['cache-control'], 'no-store');
  const { client_id, client_secret, ...record } = made.json();
  t.match(client_id, /^[A-Za-z0-9_]+$/);
  t.match(client_secret, /^gthc_[0-9A-Za-z]{36}$/);
  t.match(record, { name: 'our API', capabilities: ['introspect', 'evaluate'], audiences: [], organizations: 'all' });
  t.equal(await introspect(client_id, client_secret), '200 true');
  const list = await call('GET', '/admin/clients');
  t.same(list.json(), [{ client_id, ...record }]);
  t.notMatch(list.body, client_secret);
  t.equal((await call('DELETE', `/admin/clients/${client_id}`)).statusCode, 204);
  t.equal((await call('DELETE', `/admin/clients/${client_id}`)).statusCode, 404);
  t.equal(await introspect(client_id, client_secret), '401 undefined');
  t.match(await done(), [
    { action: 'client.create', data: { client_id, organizations: 'all' } },
    { action: 'client.delete', data: { client_id } },
  ]);
  t.notMatch(JSON.stringify(await done()), client_secret);
});

t.test(
  'T6: a client is bound to the organizations that are named, each once; to none if the list is empty',
  async (t) => {
    const { call, world, introspect } = await administered(t);
    await world.organization('beta', await world.person('olga'));
    const make = async (organizations: unknown, more: object = {}) =>
      call('POST', '/admin/clients', { name: 'c', capabilities: ['introspect'], organizations, ...more });
    const used = async (organizations: unknown) => {
      const { client_id, client_secret, ...record } = (await make(organizations)).json();
      return `${JSON.stringify(record.organizations)} ${await introspect(client_id, client_secret)}`;
    };
    t.equal(await used('all'), '"all" 200 true');
    t.equal(await used(['ACME', 'acme']), '["acme"] 200 true');
    t.equal(await used(['beta']), '["beta"] 200 false');
    t.equal(await used([]), '[] 200 false');
    const unknown = await make(['acme', 'nobody', 'ada']);
    t.same(
      unknown.json().errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`),
      ['organizations.1 invalid', 'organizations.2 invalid'],
    );
    for (const wrong of ['some', 'acme', null, [1], ['-']]) t.equal((await make(wrong)).statusCode, 422, String(wrong));
    t.equal((await make('all', { capabilities: ['introspect', 'admin'] })).statusCode, 422);
    t.equal((await make('all', { name: '' })).statusCode, 422);
    t.equal((await make('all', { audiences: ['a b'] })).statusCode, 422);
    t.same((await make('all', { audiences: ['https://a.test', 'https://a.test'] })).json().audiences, [
      'https://a.test',
    ]);
  },
);

t.test('strip_prefixes are whole segments, each once, and only of a client with the capability gateway', async (t) => {
  const { call, done } = await administered(t);
  const make = (capabilities: readonly string[], strip_prefixes: unknown) =>
    call('POST', '/admin/clients', { name: 'edge', capabilities, strip_prefixes });
  const made = await make(['gateway'], ['/git', '/api/v3', '/git', '/a.b_c~d-e']);
  t.equal(made.statusCode, 201);
  const strip_prefixes = ['/git', '/api/v3', '/a.b_c~d-e'];
  t.same(made.json().strip_prefixes, strip_prefixes);
  t.same((await make(['gateway'], [])).json().strip_prefixes, []);
  t.equal((await make(['evaluate'], [])).statusCode, 201);
  const without = await make(['evaluate'], ['/git']);
  t.equal(without.statusCode, 422);
  t.match(without.json().errors, [{ field: 'strip_prefixes', code: 'invalid' }]);
  const listed = (await call('GET', '/admin/clients')).json();
  t.same(
    listed.map((each: { strip_prefixes: unknown }) => each.strip_prefixes),
    [strip_prefixes, [], []],
  );
  const entries = await done();
  t.match(entries[0]?.data, { strip_prefixes });
  t.notMatch(JSON.stringify(entries[1]?.data), 'strip_prefixes');
  const wrong = [
    '',
    '/',
    'git',
    '/git/',
    '//git',
    '/..',
    '/a/.',
    '/a/../b',
    '/%67it',
    '/a b',
    '/a?b',
    '/a;b',
    '/é',
    '/a\\b',
  ];
  for (const each of wrong) t.equal((await make(['gateway'], [each])).statusCode, 422, each);
  t.equal((await make(['gateway'], '/git')).statusCode, 422);
  t.equal((await make(['gateway'], ['/...', '/.git', '/a..b'])).statusCode, 201, 'these are names');
  t.equal(
    (
      await make(
        ['gateway'],
        Array.from({ length: 101 }, (_, n) => `/${n}`),
      )
    ).statusCode,
    422,
  );
});

t.test('a new secret ends the one before, at once or after the overlap; at most two live', async (t) => {
  const { call, introspect, clock, done } = await administered(t);
  const { client_id, client_secret: first } = (
    await call('POST', '/admin/clients', { name: 'c', capabilities: ['introspect'] })
  ).json();
  const url = `/admin/clients/${client_id}/secret`;
  const regenerated = await call('POST', url, { overlap_seconds: 600 });
  t.equal(regenerated.statusCode, 201);
  t.equal(regenerated.headers['cache-control'], 'no-store');
  t.match(regenerated.json(), { client_id, previous_secret_expires_at: /Z$/ });
  const second: string = regenerated.json().client_secret;
  t.equal(await introspect(client_id, first), '200 true');
  t.equal(await introspect(client_id, second), '200 true');

  const third: string = (await call('POST', url, { overlap_seconds: 86_400 })).json().client_secret;
  t.equal(await introspect(client_id, first), '401 undefined', 'regenerating again ends the older');
  t.equal(await introspect(client_id, second), '200 true');
  clock.ahead_ms = 86_401_000;
  t.equal(await introspect(client_id, second), '401 undefined', 'the overlap is over');
  t.equal(await introspect(client_id, third), '200 true');
  clock.ahead_ms = 0;

  const at_once = await call('POST', url);
  t.equal(at_once.json().previous_secret_expires_at, null);
  t.equal(await introspect(client_id, third), '401 undefined');
  t.equal(await introspect(client_id, at_once.json().client_secret), '200 true');
  for (const overlap_seconds of [-1, 86_401, 1.5, '60']) {
    t.equal((await call('POST', url, { overlap_seconds })).statusCode, 422, String(overlap_seconds));
  }
  t.equal((await call('POST', '/admin/clients/nobody/secret')).statusCode, 404);
  t.equal((await call('POST', '/admin/clients/no-body/secret')).statusCode, 404);
  t.equal((await done()).filter(({ action }) => action === 'client.secret_regenerated').length, 3);
});

t.test('of several new secrets at once the last two live', async (t) => {
  const { call, deps } = await administered(t);
  const { client_id } = (await call('POST', '/admin/clients', { name: 'c', capabilities: [] })).json();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => call('POST', `/admin/clients/${client_id}/secret`, { overlap_seconds: 60 })),
  );
  for (const answer of answers) t.equal(answer.statusCode, 201);
  const secrets = await deps.db.selectFrom('client_secrets').select('expires_at').execute();
  t.equal(secrets.length, 2);
  t.equal(secrets.filter(({ expires_at }) => expires_at === null).length, 1);
});
