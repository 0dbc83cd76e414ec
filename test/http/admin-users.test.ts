// People, as site administrators make, correct and end them (contract 4).

import t, { type Test } from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, tokensOf, worldOf } from '../support/world.ts';

const PASSWORD = 'correct horse battery';
const NEW_PASSWORD = 'another long passphrase';

/** An application with the site administrator `root`, and ways to call it. */
async function administered(t: Test) {
  const application = await buildTestApp(t);
  const { inject, deps } = application;
  const world = worldOf(deps);
  const root = await world.person('root', { site_admin: true });
  const root_session = await world.session(root);
  const call = (method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', url: string, payload?: object) =>
    inject({ method, url, headers: bearer(root_session), ...(payload !== undefined && { payload }) });
  const fault = async (method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', url: string, payload?: object) => {
    const answer = await call(method, url, payload);
    t.equal(answer.statusCode, 422, answer.body);
    const [{ resource, field, code }] = answer.json().errors;
    return `${resource} ${field} ${code}`;
  };
  const statusFor = async (text: string, url = '/user') => (await inject({ url, headers: bearer(text) })).statusCode;
  const signIn = (login: string, password: string) =>
    inject({ method: 'POST', url: '/sessions', payload: { login, password } });
  const done = async () => {
    const rows = await deps.db
      .selectFrom('audit_entries')
      .select(['action', 'user', 'org', 'managed_token_id', 'data'])
      .where('outcome', '=', 'done')
      .orderBy('id')
      .execute();
    return rows;
  };
  return { ...application, ...tokensOf({ inject }), world, root, root_session, call, fault, statusFor, signIn, done };
}

t.test('a person is made with a password, and signs in', async (t) => {
  const { call, signIn, done } = await administered(t);
  const made = await call('POST', '/admin/users', { login: 'Ada', email: 'ada@example.test', password: PASSWORD });
  t.equal(made.statusCode, 201);
  t.equal(made.headers['cache-control'], 'no-store');
  const person = made.json();
  t.match(person, { login: 'Ada', type: 'User', profile_name: null, email: 'ada@example.test', email_verified: false });
  t.match(person, { site_admin: false, suspended_at: null });
  t.notOk('password_setup_token' in person);
  t.notMatch(made.body, 'password');
  t.equal((await signIn('ADA', PASSWORD)).statusCode, 201);
  t.match(await done(), [{ action: 'user.create', user: 'Ada' }]);
});

t.test('T5: a person without a password chooses one by a text that works once, for 24 hours', async (t) => {
  let now = new Date('2030-01-01T00:00:00Z');
  const { inject, deps } = await buildTestApp(t, { deps: { clock: () => now } });
  const world = worldOf(deps);
  const root_session = await world.session(await world.person('root', { site_admin: true }));
  const make = async (login: string): Promise<string> => {
    const payload = { login, email: `${login}@example.test` };
    const answer = await inject({ method: 'POST', url: '/admin/users', headers: bearer(root_session), payload });
    t.equal(answer.statusCode, 201);
    return answer.json().password_setup_token;
  };
  const setUp = (token: string, password = PASSWORD) =>
    inject({
      method: 'POST',
      url: '/sessions/setup',
      headers: { 'x-request-id': 'same' },
      payload: { token, password },
    });
  const text = await make('ada');
  t.match(text, /^gthi_[0-9A-Za-z]{36}$/);
  t.equal((await inject({ url: '/user', headers: bearer(text) })).statusCode, 401, 'it is no credential');
  t.equal((await setUp(text, 'short')).statusCode, 422);
  t.equal((await setUp(text, 'é'.repeat(37))).statusCode, 422, 'longer than 72 bytes');
  const opened = await setUp(text);
  t.equal(opened.statusCode, 201, 'a refused password has not used it up');
  t.equal(opened.headers['cache-control'], 'no-store');
  t.match(opened.json().user, { login: 'ada' });
  t.equal((await inject({ url: '/user', headers: bearer(opened.json().token) })).statusCode, 200);

  const late = await make('late');
  const gone = await make('gone');
  await inject({ method: 'PUT', url: '/users/gone/suspended', headers: bearer(root_session) });
  const raced = await make('raced');
  const answers = await Promise.all([setUp(raced), setUp(raced), setUp(raced)]);
  t.same(answers.map((answer) => answer.statusCode).sort(), [201, 401, 401], 'once, also at the same time');
  const refused = [
    await setUp(text),
    await setUp(gone),
    await setUp(`gthi_${'0'.repeat(36)}`),
    await setUp(root_session),
  ];
  now = new Date('2030-01-02T00:00:00Z');
  refused.push(await setUp(late));
  for (const answer of refused) {
    t.equal(answer.statusCode, 401);
    t.equal(answer.body, refused[0]?.body, 'used, suspended, unknown, of another kind and late are the same bytes');
  }
});

t.test('T5: a password set in another way makes the text void, and ends what was open', async (t) => {
  const { inject, call, world, statusFor, signIn, deps } = await administered(t);
  const made = await call('POST', '/admin/users', { login: 'ada', email: 'ada@example.test' });
  const session = await world.session(made.json());
  const first: string = made.json().password_setup_token;
  const setUp = (token: string) =>
    inject({ method: 'POST', url: '/sessions/setup', payload: { token, password: NEW_PASSWORD } });
  t.equal((await call('PATCH', '/admin/users/ada', { password: PASSWORD })).statusCode, 200);
  t.equal((await setUp(first)).statusCode, 401);
  t.equal(await statusFor(session), 401);
  t.equal((await signIn('ada', PASSWORD)).statusCode, 201);

  const emptied = await call('PATCH', '/admin/users/ada', { password: null });
  t.equal(emptied.statusCode, 200);
  t.equal((await signIn('ada', PASSWORD)).statusCode, 401, 'null takes the password away');
  t.equal((await deps.db.selectFrom('sessions').selectAll().where('user_id', '=', made.json().id).execute()).length, 0);
  t.equal((await setUp(emptied.json().password_setup_token)).statusCode, 201);
  t.equal((await signIn('ada', NEW_PASSWORD)).statusCode, 201);
});

t.test('F4: logins are one namespace of people and organizations; e-mails are unique; forms are checked', async (t) => {
  const { call, fault, world, root } = await administered(t);
  await world.organization('acme', root);
  const person = { login: 'ada', email: 'ada@example.test', password: PASSWORD };
  t.equal((await call('POST', '/admin/users', person)).statusCode, 201);
  const made = (changes: object) => fault('POST', '/admin/users', { ...person, ...changes });
  t.equal(await made({ login: 'ADA', email: 'b@example.test' }), 'User login already_exists');
  t.equal(await made({ login: 'Acme', email: 'b@example.test' }), 'User login already_exists');
  t.equal(await made({ login: 'bob', email: 'ADA@example.test' }), 'User email already_exists');
  for (const login of ['', '-a', 'a-', 'a_b', 'ä', 'a b', 'a'.repeat(40)]) {
    t.equal(await made({ login, email: 'b@example.test' }), 'User login invalid');
  }
  t.equal(await made({ password: 'a'.repeat(11) }), 'User password invalid');
  t.equal(await made({ password: 'a'.repeat(73) }), 'User password invalid');
  t.equal(await made({ password: 'é'.repeat(37) }), 'User password invalid');
  t.equal(await made({ is_admin: true }), 'User is_admin unknown_field');
  t.equal(await fault('POST', '/admin/users', { email: 'b@example.test' }), 'User login missing_field');
  t.equal(await fault('POST', '/admin/users', { login: 'bob' }), 'User email missing_field');
  const boundary = { login: 'a'.repeat(39), email: 'b@example.test', password: 'é'.repeat(36) };
  t.equal((await call('POST', '/admin/users', boundary)).statusCode, 201);
});

t.test('of several calls that make the same person at once one does', async (t) => {
  const { call, done } = await administered(t);
  const person = { login: 'ada', email: 'ada@example.test', password: PASSWORD };
  const answers = await Promise.all(Array.from({ length: 5 }, () => call('POST', '/admin/users', person)));
  t.same(answers.map((answer) => answer.statusCode).sort(), [201, 422, 422, 422, 422]);
  t.equal((await done()).length, 1);
});

t.test('all people are listed by pages', async (t) => {
  const { call, world } = await administered(t);
  await world.person('ada', { email_verified: false, suspended: true });
  await world.person('bob');
  const all = await call('GET', '/admin/users');
  t.same(
    all.json().map(({ login }: { login: string }) => login),
    ['root', 'ada', 'bob'],
  );
  t.match(all.json()[1], { email: 'ada@example.test', email_verified: false, site_admin: false });
  t.type(all.json()[1].suspended_at, 'string');
  t.notMatch(all.body, 'password');
  const second = await call('GET', '/admin/users?per_page=1&page=2');
  t.equal(second.json()[0].login, 'ada');
  t.match(second.headers.link, /page=3>; rel="next"/);
});

t.test('a person is renamed and corrected; F4: what he has stays his', async (t) => {
  const { inject, call, fault, world, statusFor, classicToken, done } = await administered(t);
  const ada = await world.person('ada');
  await world.person('bob');
  const session = await world.session(ada);
  const { token } = await classicToken(session);
  const renamed = await call('PATCH', '/admin/users/ADA', {
    login: 'Ada2',
    profile_name: 'Ada',
    email: 'a@example.test',
  });
  t.equal(renamed.statusCode, 200);
  t.match(renamed.json(), { id: ada.id, login: 'Ada2', profile_name: 'Ada', email: 'a@example.test' });
  t.equal(renamed.json().email_verified, false);
  t.equal((await call('PATCH', '/admin/users/ada2', { email_verified: true })).json().email_verified, true);
  t.equal((await inject({ url: '/user', headers: bearer(token) })).json().login, 'Ada2');
  t.equal(await statusFor(session), 200, 'the session goes on');
  t.equal(await statusFor(session, '/users/ada'), 404);
  t.equal(await statusFor(session, '/users/ada2'), 200);
  t.equal((await call('PATCH', '/admin/users/ada2', { login: 'ADA2' })).statusCode, 200, 'another case of the same');
  t.equal(await fault('PATCH', '/admin/users/bob', { login: 'ada2' }), 'User login already_exists');
  t.equal((await call('PATCH', '/admin/users/ada', {})).statusCode, 404);
  t.equal((await call('PATCH', '/admin/users/bob', {})).statusCode, 200);
  const updates = (await done()).filter(({ action }) => action === 'user.update');
  t.equal(updates.length, 3);
  t.match(updates[0], { user: 'Ada2', data: { old_login: 'ada' } });
});

t.test('K7, F7: administration is for the sessions of site administrators', async (t) => {
  const { inject, world, root_session, classicToken, deps } = await administered(t);
  const ada = await world.person('ada');
  const { token } = await classicToken(root_session, { scopes: ['site_admin', 'admin:org', 'admin:enterprise'] });
  const payload = { login: 'eve', email: 'eve@example.test' };
  const make = async (headers: Record<string, string>) =>
    (await inject({ method: 'POST', url: '/admin/users', headers, payload })).json().code;
  t.equal(await make({}), 'authentication_required');
  t.equal(await make(bearer(token)), 'session_required', 'no scope opens /admin');
  t.equal(await make(bearer(await world.session(ada))), 'role_missing');
  const refused = await deps.db
    .selectFrom('audit_entries')
    .select(['action', 'actor', 'reason'])
    .where('outcome', '=', 'refused')
    .execute();
  t.same(refused, [
    { action: 'user.create', actor: 'root', reason: 'session_required' },
    { action: 'user.create', actor: 'ada', reason: 'role_missing' },
  ]);
});

t.test('F4, M9, M10: a deleted person takes all that is his own along, and his login inherits nothing', async (t) => {
  const { inject, call, world, root, statusFor, classicToken, fineGrainedToken, deps, done } = await administered(t);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', root);
  await world.member(acme, ada);
  const plans = await world.repository(acme, 'plans');
  await world.collaborator(plans, ada, 'admin');
  const own = await world.repository(ada, 'diary');
  const session = await world.session(ada);
  const classic = await classicToken(session, { scopes: ['repo'] });
  const fine = await fineGrainedToken(session, { resource_owner: 'acme', permissions: { members: 'read' } });
  await deps.db
    .insertInto('deploy_keys')
    .values({
      repository_id: plans.id,
      title: 'k',
      key: 'ssh-ed25519 A',
      read_only: true,
      token_id: classic.id,
      added_by: 'ada',
      created_at: deps.clock(),
    })
    .execute();
  t.equal((await call('DELETE', '/admin/users/Ada')).statusCode, 204);
  t.equal((await call('DELETE', '/admin/users/ada')).statusCode, 404);
  const texts = [session, classic.token, fine.token];
  for (const text of texts) t.equal(await statusFor(text), 401);
  for (const table of ['deploy_keys', 'tokens', 'grants', 'collaborators'] as const) {
    t.same(await deps.db.selectFrom(table).selectAll().execute(), [], table);
  }
  t.same(
    await deps.db.selectFrom('repositories').select('id').execute(),
    [{ id: plans.id }],
    `${own.full_name} is gone`,
  );

  const again = await call('POST', '/admin/users', { login: 'ada', email: 'ada@example.test', password: PASSWORD });
  t.equal(again.statusCode, 201);
  t.ok(again.json().id > ada.id, 'the id is a new one');
  for (const text of texts) t.equal(await statusFor(text), 401, 'old texts stay dead');
  const new_session = await world.session(again.json());
  t.equal((await inject({ url: '/users/ada', headers: bearer(new_session) })).json().id, again.json().id);
  t.same(await deps.db.selectFrom('memberships').select('user_id').execute(), [{ user_id: root.id }], 'no role either');
  const entries = (await done()).filter(({ action }) => ['user.delete', 'org.remove_member'].includes(action));
  t.match(entries, [
    { action: 'user.delete', user: 'ada' },
    { action: 'org.remove_member', user: 'ada', org: 'acme' },
  ]);
});

t.test(
  'A2, L1: what the tokens of a deleted person asked is cancelled, also where their end has come unnoticed',
  async (t) => {
    const { call, world, deps } = await administered(t);
    const rows = tokenRowsOf(deps);
    const ada = await world.person('ada');
    const acme = await world.organization('acme', await world.person('owner'), { approval: 'required' });
    await world.member(acme, ada);
    const past = new Date(Date.now() - 1000);
    const living = await rows.fineGrained(ada, { owner: acme, standing: 'pending' });
    const ended = await rows.fineGrained(ada, { owner: acme, standing: 'pending', expires_at: past });
    await rows.fineGrained(ada, { owner: acme, standing: 'denied', expires_at: past });
    t.equal((await call('DELETE', '/admin/users/ada')).statusCode, 204);
    const entries = deps.db.selectFrom('audit_entries').select('managed_token_id').orderBy('managed_token_id');
    t.same(await entries.where('action', '=', 'personal_access_token.request_cancelled').execute(), [
      { managed_token_id: living.id },
      { managed_token_id: ended.id },
    ]);
  },
);

t.test('the last owner of an organization cannot be deleted, also when two go at once', async (t) => {
  const { call, fault, world } = await administered(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const acme = await world.organization('acme', ada);
  await world.member(acme, bob, 'member');
  t.equal(await fault('DELETE', '/admin/users/ada'), 'User username unprocessable');
  const told = await call('DELETE', '/admin/users/ada');
  t.match(told.json().errors[0].message, '`acme`');
  t.equal((await call('DELETE', '/admin/users/bob')).statusCode, 204, 'a member is no owner');
  const carl = await world.person('carl');
  await world.member(acme, carl, 'admin');
  const answers = await Promise.all([call('DELETE', '/admin/users/ada'), call('DELETE', '/admin/users/carl')]);
  t.same(answers.map((answer) => answer.statusCode).sort(), [204, 422]);
});

t.test('the last site administrator cannot be demoted, suspended or deleted, also when two go at once', async (t) => {
  const { call, fault, world, deps } = await administered(t);
  await world.person('former', { site_admin: true, suspended: true });
  t.equal(await fault('PATCH', '/admin/users/root', { site_admin: false }), 'User site_admin unprocessable');
  t.equal(await fault('PUT', '/users/root/suspended'), 'User username unprocessable');
  t.equal(await fault('DELETE', '/admin/users/root'), 'User username unprocessable');
  t.equal((await call('PATCH', '/admin/users/root', { site_admin: true })).statusCode, 200);
  for (const name of ['a', 'b']) await world.person(name, { site_admin: true });
  const answers = await Promise.all([
    call('PATCH', '/admin/users/a', { site_admin: false }),
    call('DELETE', '/admin/users/b'),
    call('PUT', '/users/root/suspended'),
  ]);
  const statuses = answers.map((answer) => answer.statusCode);
  // A call may also come too late, by the session of who was suspended just before.
  t.ok(statuses.includes(422) || statuses.includes(401), statuses.join());
  const left = await deps.db
    .selectFrom('users')
    .select('id')
    .where('site_admin', '=', true)
    .where('suspended_at', 'is', null)
    .execute();
  t.equal(left.length, 1, 'somebody stays');
});

t.test('M9: all tokens of a person end as revoked by the administrator, with their deploy keys', async (t) => {
  const { call, world, root, statusFor, classicToken, fineGrainedToken, deps, done } = await administered(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const acme = await world.organization('acme', root, { approval: 'required' });
  await world.member(acme, ada);
  const plans = await world.repository(acme, 'plans');
  const session = await world.session(ada);
  const classic = await classicToken(session);
  const pending = await fineGrainedToken(session, { resource_owner: 'acme', permissions: { members: 'read' } });
  const expired = await classicToken(session);
  await deps.db
    .updateTable('tokens')
    .set({ expires_at: new Date(0) })
    .where('id', '=', expired.id)
    .execute();
  const of_bob = await classicToken(await world.session(bob));
  const key = { repository_id: plans.id, title: 'k', read_only: true, added_by: 'x', created_at: deps.clock() };
  await deps.db
    .insertInto('deploy_keys')
    .values([
      { ...key, key: 'ssh-ed25519 A', token_id: classic.id },
      { ...key, key: 'ssh-ed25519 B', token_id: of_bob.id },
    ])
    .execute();
  t.equal((await call('DELETE', '/admin/users/nobody/tokens')).statusCode, 404);
  t.equal((await call('DELETE', '/admin/users/ada/tokens')).statusCode, 204);
  t.equal(await statusFor(classic.token), 401);
  t.equal(await statusFor(pending.token), 401);
  t.equal(await statusFor(of_bob.token), 200);
  t.equal(await statusFor(session), 200, 'sessions are not tokens');
  const rows = await deps.db.selectFrom('tokens').select(['id', 'revoked_reason']).orderBy('id').execute();
  t.same(rows, [
    { id: classic.id, revoked_reason: 'by_administrator' },
    { id: pending.id, revoked_reason: 'by_administrator' },
    { id: expired.id, revoked_reason: null },
    { id: of_bob.id, revoked_reason: null },
  ]);
  t.same(await deps.db.selectFrom('deploy_keys').select('token_id').execute(), [{ token_id: of_bob.id }]);
  t.same(await deps.db.selectFrom('grant_requests').select('state').execute(), [{ state: 'cancelled' }]);
  t.equal((await call('DELETE', '/admin/users/ada/tokens')).statusCode, 204);
  const ended = (await done()).filter(({ action }) => /revoke/.test(action));
  t.match(ended, [
    { action: 'oauth_access.revoke', user: 'ada', managed_token_id: classic.id, org: null },
    { action: 'personal_access_token.credential_revoked', user: 'ada', managed_token_id: pending.id, org: 'acme' },
  ]);
  t.equal(ended.length, 2, 'one entry each, none for what had ended');
});

t.test('M9: a token that is made while all are ended is ended, or made after', async (t) => {
  const { call, world, inject, deps } = await administered(t);
  const session = await world.session(await world.person('ada'));
  const make = (index: number) =>
    inject({
      method: 'POST',
      url: '/user/personal-access-tokens',
      headers: bearer(session),
      payload: { kind: 'classic', name: `t${index}` },
    });
  const [ended, ...made] = await Promise.all([
    call('DELETE', '/admin/users/ada/tokens'),
    ...Array.from({ length: 6 }, (_, index) => make(index)),
  ]);
  t.equal(ended?.statusCode, 204);
  for (const answer of made) t.equal(answer.statusCode, 201);
  const revoked = await deps.db.selectFrom('tokens').select('id').where('revoked_at', 'is not', null).execute();
  const entries = await deps.db
    .selectFrom('audit_entries')
    .select('id')
    .where('action', '=', 'oauth_access.revoke')
    .execute();
  t.equal(entries.length, revoked.length);
});

t.test('M10: suspension ends sessions and refuses tokens at once; afterwards tokens work again', async (t) => {
  const { call, world, statusFor, signIn, classicToken, deps, done } = await administered(t);
  const made = await call('POST', '/admin/users', {
    login: 'ada',
    email: 'ada@example.test',
    password: PASSWORD,
    email_verified: true,
  });
  const session = await world.session(made.json());
  const { token } = await classicToken(session);
  t.equal((await call('PUT', '/users/ADA/suspended', { reason: 'left the company' })).statusCode, 204);
  t.equal((await call('PUT', '/users/ada/suspended')).statusCode, 204, 'again changes nothing');
  t.equal(await statusFor(session), 401);
  t.equal(await statusFor(token), 401);
  t.equal((await signIn('ada', PASSWORD)).statusCode, 401);
  t.equal((await call('DELETE', '/users/ada/suspended')).statusCode, 204);
  t.equal((await call('DELETE', '/users/ada/suspended')).statusCode, 204);
  t.equal(await statusFor(session), 401, 'sessions are over');
  t.equal(await statusFor(token), 200);
  t.equal((await signIn('ada', PASSWORD)).statusCode, 201);
  for (const method of ['PUT', 'DELETE'] as const) {
    t.equal((await call(method, '/users/nobody/suspended')).statusCode, 404);
    t.equal((await call(method, '/users/ada/suspended', { reason: 1 })).statusCode, 422);
  }
  await world.organization('acme', made.json());
  t.equal((await call('PUT', '/users/acme/suspended')).statusCode, 404, 'an organization is nobody');
  t.match(
    (await done()).filter(({ action }) => /suspend/.test(action)),
    [
      { action: 'user.suspend', user: 'ada', data: { explanation: 'left the company' } },
      { action: 'user.unsuspend', user: 'ada' },
    ],
  );
  t.equal(
    (await deps.db.selectFrom('users').select('suspended_at').where('id', '=', made.json().id).executeTakeFirst())
      ?.suspended_at,
    null,
  );
});
