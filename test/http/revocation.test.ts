import t from 'tap';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { newText } from '../../src/secrets.ts';
import { backendOf } from '../support/backend.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { statementsOf } from '../support/query-count.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

async function entries({ deps }: TestApp) {
  return deps.db.selectFrom('audit_entries').selectAll().orderBy('id').execute();
}

t.test('M9, L1: a fine-grained token ends by its text, with its deploy keys and its pending request', async (t) => {
  const test = await buildTestApp(t);
  const { inject, deps } = test;
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const web = await world.repository(acme, 'web');
  const token = await rows.fineGrained(ada, { owner: acme, permissions: { contents: 'read' }, selection: 'all' });
  const pending = await rows.fineGrained(ada, { owner: acme, standing: 'pending' });
  const untouched = await rows.fineGrained(ada, { owner: acme });
  const key = { repository_id: web.id, read_only: true, added_by: 'ada', created_at: new Date() };
  await deps.db
    .insertInto('deploy_keys')
    .values([
      { ...key, title: 'by it', key: 'ssh-ed25519 A', token_id: token.id },
      { ...key, title: 'by another', key: 'ssh-ed25519 B', token_id: untouched.id },
      { ...key, title: 'by a person', key: 'ssh-ed25519 C', token_id: null },
    ])
    .execute();
  const client = await world.client(['revoke', 'introspect']);
  const { revoke, introspect } = backendOf(inject, client.authorization);
  for (const each of [token, pending]) {
    const answer = await revoke(each.text);
    t.match([answer.status, answer.headers['cache-control']], [200, 'no-store']);
    t.equal((await introspect(each.text)).text, '{"active":false}');
    t.equal((await inject({ url: '/user', headers: bearer(each.text) })).statusCode, 401);
  }
  t.equal((await introspect(untouched.text)).body.active, true);
  const keys = await deps.db.selectFrom('deploy_keys').select('title').orderBy('title').execute();
  t.same(keys, [{ title: 'by a person' }, { title: 'by another' }]);
  const requests = await deps.db.selectFrom('grant_requests').select(['token_id', 'state']).execute();
  t.same(requests, [{ token_id: pending.id, state: 'cancelled' }]);
  const states = await deps.db
    .selectFrom('tokens')
    .select(['id', 'revoked_reason'])
    .where('revoked_at', 'is not', null)
    .orderBy('id')
    .execute();
  t.same(
    states,
    [token, pending].map(({ id }) => ({ id, revoked_reason: 'by_text' })),
  );
  const written = await entries(test);
  t.same(
    written.map(({ action, managed_token_id }) => [action, managed_token_id]),
    [
      ['personal_access_token.credential_revoked', token.id],
      ['personal_access_token.credential_revoked', pending.id],
      ['personal_access_token.request_cancelled', pending.id],
    ],
    'one entry for each end: of a token, and of what it asked',
  );
  t.match(written[2], { user: 'ada', org: 'acme', managed_hashed_token: pending.digest });
  t.match(written[2]?.data, { explanation: 'the token has ended' });
  t.match(written[0], {
    action: 'personal_access_token.credential_revoked',
    operation_type: 'remove',
    outcome: 'done',
    actor: client.client_id,
    actor_id: null,
    user: 'ada',
    user_id: ada.id,
    org: 'acme',
    org_id: acme.id,
    managed_token_id: token.id,
    managed_hashed_token: token.digest,
    token_id: null,
    hashed_token: null,
    programmatic_access_type: 'Client',
  });
  t.notMatch(JSON.stringify(written), token.text);
});

t.test('M9, L1: a classic token ends by its text; again is the same answer and no second entry', async (t) => {
  const test = await buildTestApp(t);
  const { inject, deps } = test;
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const token = await tokenRowsOf(deps).classic(ada, { scopes: ['repo'] });
  const { revoke } = backendOf(inject, (await world.client(['revoke'])).authorization);
  const answers = await Promise.all(Array.from({ length: 8 }, () => revoke(token.text)));
  answers.push(await revoke(token.text));
  for (const answer of answers) t.match([answer.status, answer.text], [200, '{}']);
  const written = await entries(test);
  t.equal(written.length, 1);
  t.match(written[0], { action: 'oauth_access.revoke', user: 'ada', org: null, managed_token_id: token.id });
});

t.test('M9: an older text in overlap ends the whole token, and so does the text of a suspended holder', async (t) => {
  const test = await buildTestApp(t);
  const { inject, deps } = test;
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [ada, gone] = [await world.person('ada'), await world.person('gone', { suspended: true })];
  const older = await rows.classic(ada);
  const newer = await rows.regenerate(older, 'classic', daysAfter(new Date(), 1));
  const suspended = await rows.classic(gone);
  const { revoke, introspect } = backendOf(inject, (await world.client(['revoke', 'introspect'])).authorization);
  for (const each of [older, suspended]) await revoke(each.text);
  await deps.db.updateTable('users').set({ suspended_at: null }).execute();
  for (const each of [older, newer, suspended]) t.equal((await introspect(each.text)).body.active, false);
  t.equal((await entries(test)).length, 2);
});

t.test('T6: a client of some organizations ends their tokens and those of their members only', async (t) => {
  const test = await buildTestApp(t);
  const { inject, deps } = test;
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [ada, eve] = [await world.person('ada'), await world.person('eve')];
  const [acme, other] = [await world.organization('acme', ada), await world.organization('other', eve)];
  const beyond = [await rows.fineGrained(eve, { owner: other }), await rows.fineGrained(ada), await rows.classic(eve)];
  const within = [await rows.fineGrained(ada, { owner: acme }), await rows.classic(ada)];
  const bound = backendOf(inject, (await world.client(['revoke'], [acme])).authorization);
  const { introspect, revoke } = backendOf(inject, (await world.client(['introspect', 'revoke'])).authorization);
  for (const { text } of [...beyond, ...within]) t.match(await bound.revoke(text), { status: 200, text: '{}' });
  for (const { text } of beyond) t.equal((await introspect(text)).body.active, true);
  for (const { text } of within) t.equal((await introspect(text)).body.active, false);
  t.equal((await entries(test)).length, within.length);
  for (const { text } of beyond) await revoke(text);
  for (const { text } of beyond) t.equal((await introspect(text)).body.active, false, 'a client of all ends any');
});

t.test('RFC 7009, T3: a client ends an exchanged text of its organizations, whomever that is for', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [ada, eve] = [await world.person('ada'), await world.person('eve')];
  const [acme, other] = [await world.organization('acme', ada), await world.organization('other', eve)];
  const audience = ['https://elsewhere.example'];
  const exchangedOf = async (of: typeof ada, owner: typeof acme) => {
    const root = await rows.fineGrained(of, { owner, selection: 'all', permissions: { contents: 'read' } });
    return (await rows.exchanged(root, { permissions: { contents: 'read' }, audience })).text;
  };
  const [within, again, beyond] = [
    await exchangedOf(ada, acme),
    await exchangedOf(ada, acme),
    await exchangedOf(eve, other),
  ];
  const elsewhere = backendOf(inject, (await world.client(['introspect'], 'all', audience)).authorization);
  const isActive = async (text: string) => (await elsewhere.introspect(text)).body.active;
  const bound = backendOf(inject, (await world.client(['revoke', 'introspect'], [acme])).authorization);
  const of_all = backendOf(inject, (await world.client(['revoke'])).authorization);
  t.same((await bound.introspect(within)).body, { active: false }, 'it is for others');
  for (const text of [within, beyond]) await bound.revoke(text);
  await of_all.revoke(again);
  t.same([await isActive(within), await isActive(again), await isActive(beyond)], [false, false, true]);
});

t.test('RFC 7009: what is no live token is answered the same, and nothing happens', async (t) => {
  const test = await buildTestApp(t);
  const { inject, deps } = test;
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const ada = await world.person('ada');
  const client = await world.client(['revoke']);
  const session = await world.session(ada);
  const live = await rows.classic(ada);
  const expired = await rows.classic(ada, {
    issued_at: daysAfter(new Date(), -2),
    expires_at: daysAfter(new Date(), -1),
  });
  const renewed = await rows.classic(ada);
  await rows.regenerate(renewed, 'classic', daysAfter(new Date(), -1));
  const { revoke, form } = backendOf(inject, client.authorization);
  const never_asked = [session, client.secret, newText('setup', 'gth'), `${live.text}0`, String(live.id), 'x'];
  for (const text of [
    newText('classic', 'gth'),
    newText('exchanged', 'gth'),
    expired.text,
    renewed.text,
    ...never_asked,
  ]) {
    t.match(await revoke(text), { status: 200, text: '{}' });
  }
  const statements = await statementsOf(async () => {
    for (const text of never_asked) await revoke(text);
  });
  t.same(statements, [], 'what has not the form of a token is not asked of the database');
  t.equal((await inject({ url: '/user', headers: bearer(session) })).statusCode, 200, 'a session is no token');
  const ended = await deps.db.selectFrom('tokens').select('id').where('revoked_at', 'is not', null).execute();
  t.same([ended, await entries(test)], [[], []]);
  t.match(await form('/oauth/revoke', {}), { status: 400, body: { error: 'invalid_request' } });
  t.equal((await form('/oauth/revoke', { token: live.text, token_type_hint: 'refresh_token' })).status, 200);
  t.equal((await entries(test)).length, 1, 'the hint is ignored');
});

t.test('L1: a client without the capability is refused, and the attempt is recorded', async (t) => {
  const test = await buildTestApp(t);
  const { inject, deps } = test;
  const world = worldOf(deps);
  const token = await tokenRowsOf(deps).classic(await world.person('ada'));
  const client = await world.client(['introspect', 'evaluate']);
  const { revoke, introspect } = backendOf(inject, client.authorization);
  t.match(await revoke(token.text), { status: 403, body: { error: 'unauthorized_client' } });
  t.equal((await introspect(token.text)).body.active, true);
  const written = await entries(test);
  t.equal(written.length, 1);
  t.match(written[0], {
    action: 'personal_access_token.credential_revoked',
    outcome: 'refused',
    reason: 'capability_missing',
    actor: client.client_id,
  });
  t.equal((await inject({ method: 'POST', url: '/oauth/revoke', payload: '' })).statusCode, 401);
  t.equal((await entries(test)).length, 1, 'who is not known is not recorded');
});
