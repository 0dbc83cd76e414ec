// Listing, showing and deleting tokens, whom a token can be of, and what a credential says of itself (contract 6; M4, M9, K7).

import t from 'tap';
import { digestOf } from '../../src/secrets.ts';
import { buildTestApp } from '../support/build-app.ts';
import { auditOf, callsOf, reviewPending, TOKENS } from '../support/token-calls.ts';
import { bearer, worldOf } from '../support/world.ts';

async function start(t: Parameters<typeof buildTestApp>[0]) {
  const app = await buildTestApp(t);
  const world = worldOf(app.deps);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const session = await world.session(bob);
  return { ...app, world, ada, bob, session, as: callsOf(app.inject, session) };
}
const names = ({ body }: { body: readonly { name: string }[] }) => body.map(({ name }) => name);
const ids = ({ body }: { body: readonly { id: number }[] }) => body.map(({ id }) => id);

t.test('contract 6: the list has tokens of all states, newest first; filters narrow it', async (t) => {
  const { as, world, ada, bob, deps, inject } = await start(t);
  const acme = await world.organization('acme', ada, { approval: 'required' });
  await world.member(acme, bob);
  const make = async (name: string, more: object = {}) =>
    (await as.create({ name, resource_owner: 'acme', ...more })).body.id;
  const waiting = await make('waiting');
  const approved = await make('approved', { expires_in_days: 5 });
  await reviewPending(deps, approved, 'approved');
  await as.edit(approved, { permissions: { members: 'read' } });
  const refused = await make('refused', { expires_in_days: 200 });
  await reviewPending(deps, refused, 'denied');
  const mine = (await as.create({ name: 'mine', never_expires: true })).body.id;
  const classic = (await as.classic({ name: 'classic' })).body.id;
  const ended = (await as.classic({ name: 'ended' })).body.id;
  const revoked = (await as.create({ name: 'revoked' })).body.id;
  const set = (id: number, values: object) => deps.db.updateTable('tokens').set(values).where('id', '=', id).execute();
  await set(ended, { expires_at: new Date(Date.now() - 1) });
  await set(revoked, { revoked_at: new Date(), revoked_reason: 'leaked', expires_at: new Date(Date.now() - 1) });
  await callsOf(inject, await world.session(ada)).classic({ name: 'of another' });

  t.same(ids(await as.list()), [revoked, ended, classic, mine, refused, approved, waiting]);
  t.same(ids(await as.list('?kind=classic')), [ended, classic]);
  t.same(ids(await as.list('?resource_owner=ACME')), [refused, approved, waiting]);
  t.same(ids(await as.list('?resource_owner=bob&kind=fine_grained')), [revoked, mine]);
  t.same(ids(await as.list('?resource_owner=nobody')), []);
  const states = {
    active: [classic, mine, approved],
    pending: [waiting],
    denied: [refused],
    expired: [ended],
    revoked: [revoked],
  };
  for (const [state, expected] of Object.entries(states)) {
    const listed = await as.list(`?state=${state}`);
    t.same(ids(listed), expected, state);
    t.ok(
      listed.body.every((each: { state: string }) => each.state === state),
      'the filter and the record agree',
    );
  }
  const soon = new Date(Date.now() + 10 * 86_400_000).toISOString();
  t.same(
    ids(await as.list(`?expires_before=${soon}`)),
    [revoked, ended, approved],
    'what never expires is not among them',
  );
  t.same(ids(await as.list(`?expires_before=${soon.slice(0, 10)}&state=active`)), [approved]);
  for (const query of [
    'kind=x',
    'state=live',
    'resource_owner=-',
    'expires_before=soon',
    'expires_before=2099-02-30',
    'kind=',
  ]) {
    t.equal((await as.list(`?${query}`)).status, 422, query);
  }
  t.notMatch(JSON.stringify((await as.list()).body), /gth(?:p|_pat)_/, 'no text of a token');
});

t.test('contract 1: the list is paged, and Link leads through it', async (t) => {
  const { as, deps } = await start(t);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await as.classic({ name });
  const first = await as.list('?per_page=2&kind=classic');
  t.same(names(first), ['e', 'd']);
  const next = `<${deps.config.public_url}${TOKENS}?per_page=2&kind=classic&page=2>; rel="next"`;
  t.equal(first.headers.link, next);
  t.same(names(await as.list('?per_page=2&page=3')), ['a']);
  t.equal((await as.list('?per_page=5')).headers.link, undefined);
});

t.test(
  'M9: deleting takes the record and the deploy keys that the token made, and cancels what it asked',
  async (t) => {
    const { as, world, ada, bob, deps, inject } = await start(t);
    const acme = await world.organization('acme', ada, { approval: 'required' });
    await world.member(acme, bob);
    const repository = await world.repository(bob, 'mine');
    const classic = (await as.classic({ scopes: ['repo'] })).body;
    const key = { repository_id: repository.id, read_only: true, added_by: 'bob', created_at: new Date() };
    const keys = [
      { ...key, title: 'made by the token', key: 'ssh-ed25519 AAAA', token_id: classic.id },
      { ...key, title: 'made by hand', key: 'ssh-ed25519 BBBB', token_id: null },
    ];
    await deps.db.insertInto('deploy_keys').values(keys).execute();
    const removed = await as.remove(classic.id);
    t.same([removed.status, removed.body], [204, null]);
    t.same(await deps.db.selectFrom('deploy_keys').select('title').execute(), [{ title: 'made by hand' }]);
    t.equal((await as.show(classic.id)).status, 404);
    t.equal((await as.remove(classic.id)).status, 404);
    t.equal((await inject({ url: '/token', headers: bearer(classic.token) })).statusCode, 401);
    const done = deps.db.selectFrom('audit_entries').selectAll().where('outcome', '=', 'done');
    const last = await done.orderBy('id', 'desc').limit(1).execute();
    const destroyed = { action: 'oauth_access.destroy', managed_token_id: classic.id };
    t.match(last, [{ ...destroyed, managed_hashed_token: classic.hashed_token }]);

    const asked = (await as.create({ resource_owner: 'acme' })).body;
    await as.remove(asked.id);
    t.same((await auditOf(deps, asked.id)).slice(2), [
      ...['personal_access_token.request_cancelled', 'personal_access_token.destroy'],
    ]);
    const tables = ['tokens', 'token_secrets', 'grants', 'grant_requests'] as const;
    for (const table of tables) t.same(await deps.db.selectFrom(table).selectAll().execute(), [], table);
    const both = (await as.classic()).body.id;
    t.same((await Promise.all([as.remove(both), as.remove(both)])).map(({ status }) => status).sort(), [204, 404]);
  },
);

t.test('contract 6: the repositories of a token are what was last asked, as far as the holder sees them', async (t) => {
  const { as, world, ada, bob, deps } = await start(t);
  const acme = await world.organization('acme', ada, { approval: 'required' });
  await world.member(acme, bob);
  const api = await world.repository(acme, 'Api');
  const web = await world.repository(acme, 'web');
  await world.repository(acme, 'open', 'public');
  const repositories = (id: number, query = '') => as.call('GET', `${TOKENS}/${id}/repositories${query}`);
  const full_names = ({ body }: { body: readonly { full_name: string }[] }) => body.map((each) => each.full_name);
  const asking = { resource_owner: 'acme', repository_selection: 'subset', permissions: { contents: 'read' } };
  const { id } = (await as.create({ ...asking, repositories: ['web', 'api'] })).body;
  const listed = await repositories(id);
  t.match(listed, { status: 200, body: [{ id: api.id, full_name: 'acme/Api', private: true }, { id: web.id }] });
  t.match((await repositories(id, '?per_page=1')).headers.link, /page=2>; rel="next"/);
  t.same(full_names(await repositories(id, '?per_page=1&page=2')), ['acme/web']);
  await reviewPending(deps, id, 'approved');
  await as.edit(id, { repositories: ['web', 'open'] });
  t.same(full_names(await repositories(id)), ['acme/open', 'acme/web'], 'asked, though not yet granted');
  await deps.db.updateTable('repositories').set({ name: 'site' }).where('id', '=', web.id).execute();
  t.same(full_names(await repositories(id)), ['acme/open', 'acme/site'], 'F4: by id, under its present name');

  const all = (await as.create({ ...asking, name: 'all', repository_selection: 'all' })).body.id;
  t.same(full_names(await repositories(all)), ['acme/Api', 'acme/open', 'acme/site']);
  const none = (await as.create({ name: 'none' })).body.id;
  t.same((await repositories(none)).body, []);
  const classic = (await as.classic({ name: 'classic' })).body.id;
  for (const absent of [classic, 999_999]) t.equal((await repositories(absent)).status, 404);
  await deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  t.same(full_names(await repositories(id)), ['acme/open'], 'F8: what the holder does not see is not named');
  t.same(full_names(await repositories(all)), ['acme/open']);
});

t.test('K7: tokens do not list, show, edit or delete tokens', async (t) => {
  const { as, inject, deps } = await start(t);
  const { id, token } = (await as.classic({ scopes: ['repo', 'user', 'admin:org', 'site_admin'] })).body;
  const other = callsOf(inject, token);
  const calls = [other.list(), other.show(id), other.edit(id, { name: 'x' }), other.remove(id), other.show('x')];
  for (const call of [...calls, other.call('GET', '/user/eligible-resource-owners')]) {
    t.match(await call, { status: 403, body: { code: 'session_required' } });
  }
  t.equal((await inject({ url: TOKENS })).statusCode, 401);
  const refused = await deps.db.selectFrom('audit_entries').select('action').where('outcome', '=', 'refused').execute();
  t.same(
    refused.map(({ action }) => action).sort(),
    ['personal_access_token.destroy', 'personal_access_token.update'],
    'L1: refused attempts of what writes',
  );
});

t.test('M4: whom a token can be of: oneself first, then the organizations, and what holds there', async (t) => {
  const { as, world, ada, bob, deps, session } = await start(t);
  const join = async (login: string, policy: object, role?: 'admin') => {
    const made = await world.organization(login, ada, policy);
    await world.member(made, bob, role);
    return made;
  };
  await join('zeta', { approval: 'required' });
  await join('owned', { approval: 'required', max_lifetime_days_fine_grained: null }, 'admin');
  await join('shut', { fine_grained_tokens: 'restricted', max_lifetime_days_fine_grained: 90 });
  const sso = await join('alpha', {});
  await deps.db.insertInto('organization_sso').values({ organization_id: sso.id, required: true }).execute();
  await world.organization('foreign', ada);
  const listed = await as.call('GET', '/user/eligible-resource-owners');
  const yes = { eligible: true, reason: null, sso: 'none', type: 'Organization' };
  t.match(listed.body, [
    {
      login: 'bob',
      id: bob.id,
      type: 'User',
      eligible: true,
      approval: 'not_required',
      max_lifetime_days: null,
      sso: 'none',
    },
    { login: 'alpha', id: sso.id, eligible: false, reason: 'sso_required', sso: 'required' },
    { login: 'owned', ...yes, approval: 'not_required', max_lifetime_days: null },
    { login: 'shut', eligible: false, reason: 'fine_grained_restricted', max_lifetime_days: 90 },
    { login: 'zeta', ...yes, approval: 'required', max_lifetime_days: 366 },
  ]);
  t.equal(listed.body.length, 5);
  t.same(Object.keys(listed.body[0]).sort(), [
    ...['approval', 'eligible', 'id', 'login', 'max_lifetime_days', 'reason', 'sso', 'type'],
  ]);
  const pages = await Promise.all(
    [1, 2, 3, 4].map((page) => as.call('GET', `/user/eligible-resource-owners?per_page=2&page=${page}`)),
  );
  t.same(
    pages.map(({ body }) => body.map(({ login }: { login: string }) => login)),
    [...[['bob', 'alpha'], ['owned', 'shut'], ['zeta'], []]],
  );
  t.match(
    pages.map(({ headers }) => String(headers.link)),
    [/rel="next"/, /rel="next"/, /^(?!.*"next")/, /^(?!.*"next")/],
  );
  const { id } = await deps.db
    .selectFrom('sessions')
    .select('id')
    .where('digest', '=', digestOf(session))
    .executeTakeFirstOrThrow();
  const signed_on = { session_id: id, organization_id: sso.id, expires_at: new Date(Date.now() + 60_000) };
  await deps.db.insertInto('sso_sessions').values(signed_on).execute();
  t.match((await as.call('GET', '/user/eligible-resource-owners')).body[1], { eligible: true, sso: 'live' });
});

t.test('contract 6: a credential is told what it is and may do, and no secret', async (t) => {
  const { as, world, ada, bob, inject, deps, session } = await start(t);
  const acme = await world.organization('acme', ada, { approval: 'required' });
  await world.member(acme, bob);
  const who = async (text: string) => (await inject({ url: '/token', headers: bearer(text) })).json();
  const self = await who(session);
  t.same(Object.keys(self).sort(), ['expires_at', 'kind', 'user']);
  t.match(self, { kind: 'session', user: { id: bob.id, login: 'bob' } });

  const classic = (await as.classic({ scopes: ['repo', 'gist'] })).body;
  const told = await who(classic.token);
  t.match(told, { kind: 'classic', id: classic.id, state: 'active', scopes: ['repo', 'gist'], user: { login: 'bob' } });
  t.equal(told.expires_at, classic.expires_at);
  t.notMatch(JSON.stringify(told), classic.token);

  const ask = { repository_selection: 'all', permissions: { contents: 'write' }, resource_owner: 'acme', name: 'fine' };
  const fine = (await as.create(ask)).body;
  const none = { permissions: {}, repository_selection: 'none', resource_owner: 'acme', resource_owner_id: acme.id };
  t.match(await who(fine.token), { kind: 'fine_grained', state: 'pending', ...none });
  t.same((await who(fine.token)).permissions, {}, 'what is granted now, not what was asked');
  await reviewPending(deps, fine.id, 'approved');
  const granted = { permissions: { contents: 'write', metadata: 'read' }, repository_selection: 'all' };
  t.match(await who(fine.token), { state: 'active', ...granted });

  const renewed = (await as.regenerate(classic.id, { overlap_seconds: 100 })).body;
  const old = await who(classic.token);
  t.equal(old.expires_at, renewed.previous_secret_expires_at, 'an older text says when it ends');
  t.same([old.hashed_token, (await who(renewed.token)).hashed_token], [classic.hashed_token, renewed.hashed_token]);
  t.equal((await inject({ url: '/token' })).statusCode, 401);
  const client = await world.client(['introspect']);
  const refused = await inject({ url: '/token', headers: { authorization: client.authorization } });
  t.match([refused.statusCode, refused.json().code], [403, 'capability_missing']);
});
