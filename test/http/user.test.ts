// The person who calls, and the profiles of everybody (contract 4 and 5).

import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, quickHash, tokensOf, worldOf } from '../support/world.ts';

const PASSWORD = 'correct horse battery';
const NEW_PASSWORD = 'another long passphrase';

t.test('F5: GET /user tells every live token whose it is, the e-mail only where it may be read', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('Ada');
  const olga = await world.person('olga');
  const acme = await world.organization('acme', olga, { approval: 'required' });
  await world.member(acme, ada);
  const session = await world.session(ada);
  const { classicToken, fineGrainedToken } = tokensOf({ inject });
  const emailFor = async (text: string): Promise<string | null> => {
    const answer = await inject({ url: '/user', headers: bearer(text) });
    t.equal(answer.statusCode, 200);
    t.match(answer.json(), { id: ada.id, login: 'Ada', type: 'User', profile_name: null, site_admin: false });
    t.equal(answer.json().email_verified, answer.json().email === null ? null : true);
    return answer.json().email;
  };
  const email = 'Ada@example.test';
  t.equal(await emailFor(session), email, 'a session');
  for (const scope of ['user', 'user:email']) {
    t.equal(await emailFor((await classicToken(session, { scopes: [scope] })).token), email, scope);
  }
  for (const scopes of [[], ['read:user'], ['repo', 'admin:org']]) {
    t.equal(await emailFor((await classicToken(session, { scopes })).token), null, scopes.join());
  }
  const reader = await fineGrainedToken(session, { permissions: { emails: 'read' } });
  t.equal(await emailFor(reader.token), email, 'emails:read');
  const writer = await fineGrainedToken(session, { permissions: { emails: 'write' } });
  t.equal(await emailFor(writer.token), email, 'emails:write');
  t.equal(await emailFor((await fineGrainedToken(session, { permissions: { plan: 'read' } })).token), null);
  const pending = await fineGrainedToken(session, { resource_owner: 'acme', permissions: { members: 'read' } });
  t.equal(pending.state, 'pending');
  t.equal(await emailFor(pending.token), null, 'pending');
  t.equal((await inject({ url: '/user' })).statusCode, 401);
});

t.test('F2: a profile of a person or an organization is public and has no e-mail', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('Ada');
  const acme = await world.organization('Acme', ada);
  const person = await inject('/users/aDA');
  t.equal(person.statusCode, 200);
  t.match(person.json(), { id: ada.id, login: 'Ada', type: 'User', profile_name: null });
  t.notOk('email' in person.json());
  t.notOk('site_admin' in person.json());
  t.match((await inject('/users/acme')).json(), { id: acme.id, login: 'Acme', type: 'Organization' });
  const session = await world.session(ada);
  t.notOk('email' in (await inject({ url: '/users/ada', headers: bearer(session) })).json());
  for (const login of ['nobody', '-ada', 'a'.repeat(40), 'ada%00', 'ad%20a']) {
    t.equal((await inject({ url: `/users/${login}`, headers: bearer(session) })).statusCode, 404, login);
    t.equal((await inject(`/users/${login}`)).statusCode, 401, `${login} without a credential (F7)`);
  }
  t.equal((await inject({ method: 'HEAD', url: '/users/ada' })).statusCode, 200);
});

t.test('T5: a new password needs the current one and ends the other sessions', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada', { password_hash: await quickHash(PASSWORD) });
  const session = await world.session(ada);
  const other = await world.session(ada);
  const patch = (payload: object, text = session) =>
    inject({ method: 'PATCH', url: '/user', headers: bearer(text), payload });
  const fault = async (payload: object) => {
    const answer = await patch(payload);
    t.equal(answer.statusCode, 422, answer.body);
    const [{ field, code }] = answer.json().errors;
    return `${field} ${code}`;
  };
  t.equal(await fault({ password: NEW_PASSWORD }), 'current_password missing_field');
  t.equal(await fault({ password: NEW_PASSWORD, current_password: 'wrong' }), 'current_password invalid');
  t.equal(await fault({ email: 'x@example.test', current_password: 'wrong' }), 'current_password invalid');
  t.equal(await fault({ password: 'short', current_password: PASSWORD }), 'password invalid');
  t.equal(await fault({ password: '😀'.repeat(19), current_password: PASSWORD }), 'password invalid');
  t.equal(await fault({ site_admin: true }), 'site_admin unknown_field');
  t.equal((await inject({ url: '/user', headers: bearer(other) })).statusCode, 200, 'nothing was changed so far');

  t.equal((await patch({ password: NEW_PASSWORD, current_password: PASSWORD })).statusCode, 200);
  t.equal((await inject({ url: '/user', headers: bearer(session) })).statusCode, 200);
  t.equal((await inject({ url: '/user', headers: bearer(other) })).statusCode, 401);
  const signIn = async (password: string) =>
    (await inject({ method: 'POST', url: '/sessions', payload: { login: 'ada', password } })).statusCode;
  t.equal(await signIn(PASSWORD), 401);
  t.equal(await signIn(NEW_PASSWORD), 201);
  const entries = await deps.db.selectFrom('audit_entries').select(['action', 'data', 'actor']).execute();
  t.same(entries, [{ action: 'user.update', data: { changed: ['password'] }, actor: 'ada' }], 'one entry (L1)');
});

t.test('T5: who holds only the session cannot guess the current password', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada', { password_hash: await quickHash(PASSWORD) });
  const session = await world.session(ada);
  const guess = async (current_password: string) =>
    (
      await inject({
        method: 'PATCH',
        url: '/user',
        headers: bearer(session),
        payload: { password: NEW_PASSWORD, current_password },
      })
    ).statusCode;
  for (let failure = 1; failure <= 10; failure += 1) t.equal(await guess(`wrong ${failure}`), 422);
  t.equal(await guess(PASSWORD), 429);
  const signIn = await inject({ method: 'POST', url: '/sessions', payload: { login: 'ada', password: PASSWORD } });
  t.equal(signIn.statusCode, 201, 'signing in has a count of its own');
});

t.test('T5: of two new passwords at once one wins, and only its session lives on', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada', { password_hash: await quickHash(PASSWORD) });
  const sessions = [await world.session(ada), await world.session(ada)];
  const answers = await Promise.all(
    sessions.map((text, index) =>
      inject({
        method: 'PATCH',
        url: '/user',
        headers: bearer(text),
        payload: { password: `${NEW_PASSWORD} ${index}`, current_password: PASSWORD },
      }),
    ),
  );
  const won = answers.findIndex((answer) => answer.statusCode === 200);
  t.equal(answers.filter((answer) => answer.statusCode === 200).length, 1);
  t.equal((await deps.db.selectFrom('sessions').select('id').execute()).length, 1);
  t.equal((await inject({ url: '/user', headers: bearer(sessions[won] ?? '') })).statusCode, 200);
});

t.test('T5: a sign-in that is under way does not outlive a new password', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada', { password_hash: await quickHash(PASSWORD) });
  const session = await world.session(ada);
  const payload = { login: 'ada', password: PASSWORD };
  const [changed, ...opened] = await Promise.all([
    inject({
      method: 'PATCH',
      url: '/user',
      headers: bearer(session),
      payload: { password: NEW_PASSWORD, current_password: PASSWORD },
    }),
    ...Array.from({ length: 6 }, () => inject({ method: 'POST', url: '/sessions', payload })),
  ]);
  t.equal(changed?.statusCode, 200);
  for (const answer of opened) {
    if (answer.statusCode !== 201) continue;
    const status = (await inject({ url: '/user', headers: bearer(answer.json().token) })).statusCode;
    t.equal(status, 401, 'a session of the old password');
  }
});

t.test('M1: a new e-mail is unverified; GitHub members without use are ignored, name is the name', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada');
  await world.person('eve');
  const session = await world.session(ada);
  const patch = (payload: object) => inject({ method: 'PATCH', url: '/user', headers: bearer(session), payload });
  const same = await patch({ email: 'ada@example.test', bio: 'x', hireable: true, blog: null });
  t.match(same.json(), { email: 'ada@example.test', email_verified: true });
  t.match((await patch({ name: 'Ada L.' })).json(), { profile_name: 'Ada L.', name: 'Ada L.', email_verified: true });
  t.match((await patch({ name: null })).json(), { profile_name: null });
  const changed = await patch({ email: 'new@example.test' });
  t.match(changed.json(), { email: 'new@example.test', email_verified: false });
  const token = await inject({
    method: 'POST',
    url: '/user/personal-access-tokens',
    headers: bearer(session),
    payload: { kind: 'classic', name: 'a' },
  });
  t.equal(token.json().code, 'email_unverified');
  const taken = await patch({ email: 'EVE@example.test' });
  t.match(taken.json(), { code: 'validation_failed', errors: [{ field: 'email', code: 'already_exists' }] });
  for (const email of ['no-at', 'a@b', '', `${'a'.repeat(250)}@example.test`, 'a b@example.test']) {
    t.equal((await patch({ email })).statusCode, 422, email);
  }
  t.equal((await patch({})).statusCode, 200);
  const entries = await deps.db.selectFrom('audit_entries').select('data').where('outcome', '=', 'done').execute();
  t.same(
    entries.map(({ data }) => data),
    [{ changed: ['profile_name'] }, { changed: ['profile_name'] }, { changed: ['email_verified', 'email'] }],
    'what changes nothing is not recorded',
  );
});

t.test('K7: no token changes its holder', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const session = await world.session(await world.person('ada'));
  const { token } = await tokensOf({ inject }).classicToken(session, { scopes: ['user', 'site_admin'] });
  const answer = await inject({ method: 'PATCH', url: '/user', headers: bearer(token), payload: { name: 'Eve' } });
  t.equal(answer.statusCode, 403);
  t.equal(answer.json().code, 'session_required');
  const refused = await deps.db
    .selectFrom('audit_entries')
    .select(['action', 'reason'])
    .where('outcome', '=', 'refused')
    .execute();
  t.same(refused, [{ action: 'user.update', reason: 'session_required' }]);
});
