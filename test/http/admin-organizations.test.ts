// Organizations and enterprises, as site administrators make and connect them (contract 4).

import t, { type Test } from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, tokensOf, worldOf } from '../support/world.ts';

/** An application with a site administrator, and ways to call it as him. */
async function administered(t: Test) {
  const application = await buildTestApp(t);
  const { inject, deps } = application;
  const world = worldOf(deps);
  const root = await world.person('root', { site_admin: true });
  const root_session = await world.session(root);
  const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) =>
    inject({ method, url, headers: bearer(root_session), ...(payload !== undefined && { payload }) });
  const fault = async (url: string, payload: object) => {
    const answer = await call('POST', url, payload);
    t.equal(answer.statusCode, 422, answer.body);
    const [{ resource, field, code }] = answer.json().errors;
    return `${resource} ${field} ${code}`;
  };
  const done = () =>
    deps.db
      .selectFrom('audit_entries')
      .select(['action', 'user', 'org', 'business', 'data'])
      .where('outcome', '=', 'done')
      .orderBy('id')
      .execute();
  return { ...application, world, root, root_session, call, fault, done };
}

t.test('P1 to P4: an organization starts with its policy and its owner, and gives its maker no right', async (t) => {
  const { inject, call, world, root_session, deps, done } = await administered(t);
  const ada = await world.person('Ada');
  const made = await call('POST', '/admin/organizations', { login: 'Acme', admin: 'ADA', profile_name: 'Acme Inc.' });
  t.equal(made.statusCode, 201);
  t.match(made.json(), { login: 'Acme', type: 'Organization', profile_name: 'Acme Inc.', enterprise: null });
  t.match(made.json().url, /\/orgs\/Acme$/);
  const policies = await deps.db.selectFrom('organization_token_policies').selectAll().execute();
  t.same(policies, [
    {
      organization_id: made.json().id,
      fine_grained_tokens: 'restricted',
      classic_tokens: 'allowed',
      approval: 'required',
      max_lifetime_days_fine_grained: 366,
      max_lifetime_days_classic: null,
      lifetime_applies_to_public_reads: false,
      members_set: [],
    },
  ]);
  t.match(await deps.db.selectFrom('memberships').selectAll().execute(), [{ user_id: ada.id, role: 'admin' }]);
  t.match(await done(), [{ action: 'org.create', org: 'Acme', user: 'Ada' }]);
  const settings = '/orgs/acme/settings/personal-access-tokens';
  t.equal((await inject({ url: settings, headers: bearer(root_session) })).statusCode, 403);
  t.equal((await inject({ url: settings, headers: bearer(await world.session(ada)) })).statusCode, 200);
});

t.test('F4: an organization needs a free login and a person; a refused one leaves nothing behind', async (t) => {
  const { call, fault, world, root, deps } = await administered(t);
  await world.person('ada');
  await world.organization('acme', root);
  const made = (payload: object) => fault('/admin/organizations', payload);
  t.equal(await made({ login: 'ACME', admin: 'ada' }), 'Organization login already_exists');
  t.equal(await made({ login: 'Ada', admin: 'ada' }), 'Organization login already_exists');
  t.equal(await made({ login: 'new', admin: 'nobody' }), 'Organization admin invalid');
  t.equal(await made({ login: 'new', admin: 'acme' }), 'Organization admin invalid');
  t.equal(await made({ login: 'new-', admin: 'ada' }), 'Organization login invalid');
  t.equal(await made({ login: 'new' }), 'Organization admin missing_field');
  t.equal(await made({ login: 'new', admin: 'ada', plan: 'free' }), 'Organization plan unknown_field');
  t.equal((await deps.db.selectFrom('organizations').select('id').execute()).length, 1);
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => call('POST', '/admin/organizations', { login: 'raced', admin: 'ada' })),
  );
  t.same(answers.map((answer) => answer.statusCode).sort(), [201, 422, 422, 422]);
});

t.test('P5: an enterprise starts with a policy that says nothing, and with its administrator', async (t) => {
  const { call, fault, world, deps, done } = await administered(t);
  await world.person('ada');
  const made = await call('POST', '/admin/enterprises', { slug: 'Galaxy', name: 'The Galaxy', admin: 'ada' });
  t.equal(made.statusCode, 201);
  t.match(made.json(), { slug: 'Galaxy', name: 'The Galaxy', administrators: ['ada'] });
  t.match(await deps.db.selectFrom('enterprise_token_policies').selectAll().execute(), [
    { enterprise_id: made.json().id, fine_grained_tokens: 'no_policy', approval: 'no_policy' },
  ]);
  t.match(await done(), [{ action: 'business.create', business: 'Galaxy', user: 'ada' }]);
  const again = (payload: object) => fault('/admin/enterprises', payload);
  t.equal(await again({ slug: 'GALAXY', name: 'x', admin: 'ada' }), 'Enterprise slug already_exists');
  t.equal(await again({ slug: 'b', name: 'x', admin: 'nobody' }), 'Enterprise admin invalid');
  t.equal(await again({ slug: 'b_', name: 'x', admin: 'ada' }), 'Enterprise slug invalid');
  t.equal(await again({ slug: 'b', name: '', admin: 'ada' }), 'Enterprise name invalid');
  t.equal((await call('POST', '/admin/enterprises', { slug: 'ada', name: 'x', admin: 'ada' })).statusCode, 201);
});

t.test('organizations and enterprises are listed by pages', async (t) => {
  const { call, world, root } = await administered(t);
  const acme = await world.organization('acme', root);
  await world.organization('beta', root);
  await world.enterprise('galaxy', [acme], [root]);
  t.match((await call('GET', '/admin/organizations')).json(), [
    { login: 'acme', enterprise: 'galaxy' },
    { login: 'beta', enterprise: null },
  ]);
  t.match((await call('GET', '/admin/enterprises')).json(), [{ slug: 'galaxy', administrators: ['root'] }]);
  const first = await call('GET', '/admin/organizations?per_page=1');
  t.equal(first.json().length, 1);
  t.match(first.headers.link, /page=2>; rel="next"/);
});

t.test('P5: an organization belongs to one enterprise', async (t) => {
  const { call, world, root, done } = await administered(t);
  const acme = await world.organization('acme', root);
  await world.enterprise('one', []);
  await world.enterprise('two', []);
  t.equal((await call('PUT', '/enterprises/ONE/organizations/Acme')).statusCode, 204);
  t.equal((await call('PUT', '/enterprises/one/organizations/acme')).statusCode, 204, 'again');
  const second = await call('PUT', '/enterprises/two/organizations/acme');
  t.equal(second.statusCode, 409);
  t.equal(second.json().code, 'conflict');
  t.equal((await call('DELETE', '/enterprises/two/organizations/acme')).statusCode, 404, 'it is not of this one');
  for (const path of [
    'one/organizations/none',
    'none/organizations/acme',
    'one/organizations/root',
    'one/organizations/-',
  ]) {
    t.equal((await call('PUT', `/enterprises/${path}`)).statusCode, 404, path);
    t.equal((await call('DELETE', `/enterprises/${path}`)).statusCode, 404, path);
  }
  t.equal((await call('DELETE', '/enterprises/one/organizations/acme')).statusCode, 204);
  t.equal((await call('DELETE', '/enterprises/one/organizations/acme')).statusCode, 404);
  const raced = await Promise.all(['one', 'two'].map((slug) => call('PUT', `/enterprises/${slug}/organizations/acme`)));
  t.same(raced.map((answer) => answer.statusCode).sort(), [204, 409]);
  const entries = (await done()).map(({ action, business, org }) => `${action} ${business} ${org}`);
  t.same(entries.slice(0, 2), ['business.add_organization one acme', 'business.remove_organization one acme']);
  t.equal(entries.length, 3, `${acme.login} was moved three times`);
});

t.test('C5, M10: leaving the enterprise makes what was internal private, for tokens too', async (t) => {
  const { inject, call, world, root, deps, done } = await administered(t);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', root);
  const sister = await world.organization('sister', root);
  await world.member(sister, ada);
  await world.enterprise('galaxy', [acme, sister]);
  await world.repository(acme, 'shared', 'internal');
  await world.repository(acme, 'open', 'public');
  await world.repository(sister, 'stays', 'internal');
  const session = await world.session(ada);
  const { token } = await tokensOf({ inject }).classicToken(session, { scopes: ['repo'] });
  const reads = async (text: string) => (await inject({ url: '/repos/acme/shared', headers: bearer(text) })).statusCode;
  t.equal(await reads(token), 200);
  t.equal(await reads(session), 200);
  t.equal((await call('DELETE', '/enterprises/galaxy/organizations/acme')).statusCode, 204);
  t.equal(await reads(token), 404);
  t.equal(await reads(session), 404);
  t.same(await deps.db.selectFrom('repositories').select(['name', 'visibility']).orderBy('id').execute(), [
    { name: 'shared', visibility: 'private' },
    { name: 'open', visibility: 'public' },
    { name: 'stays', visibility: 'internal' },
  ]);
  t.match(await done(), [{}, { action: 'business.remove_organization', data: { repositories_made_private: 1 } }]);
  t.equal((await call('PUT', '/enterprises/galaxy/organizations/acme')).statusCode, 204);
  t.equal(await reads(token), 404, 'coming back gives nothing back');
});

t.test('who administers an enterprise is said by a site administrator', async (t) => {
  const { inject, call, world, root_session, done } = await administered(t);
  const ada = await world.person('ada');
  await world.enterprise('galaxy', [], [ada]);
  await world.person('bob');
  const administrators = async () => (await call('GET', '/admin/enterprises')).json()[0].administrators;
  t.equal((await call('PUT', '/enterprises/Galaxy/administrators/Bob')).statusCode, 204);
  t.equal((await call('PUT', '/enterprises/galaxy/administrators/bob')).statusCode, 204);
  t.same(await administrators(), ['ada', 'bob']);
  t.equal((await call('DELETE', '/enterprises/galaxy/administrators/ada')).statusCode, 204);
  t.equal((await call('DELETE', '/enterprises/galaxy/administrators/ada')).statusCode, 404);
  t.equal((await call('PUT', '/enterprises/galaxy/administrators/nobody')).statusCode, 404);
  t.equal((await call('PUT', '/enterprises/none/administrators/bob')).statusCode, 404);
  t.same(await administrators(), ['bob']);
  t.equal((await call('DELETE', '/enterprises/galaxy/administrators/bob')).statusCode, 204, 'another can be named');
  t.match(await done(), [
    { action: 'business.add_admin', business: 'galaxy', user: 'bob' },
    { action: 'business.remove_admin', business: 'galaxy', user: 'ada' },
    { action: 'business.remove_admin', business: 'galaxy', user: 'bob' },
  ]);
  const by_enterprise_admin = await inject({
    method: 'PUT',
    url: '/enterprises/galaxy/administrators/ada',
    headers: bearer(await world.session(ada)),
  });
  t.equal(by_enterprise_admin.statusCode, 403);
  t.ok(root_session);
});
