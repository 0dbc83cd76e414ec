// A clock that a test sets reaches every rule that reads time; production has no way to set it (`deps.clock` is made in main.ts).
// Ahead of the database's clock it is the one that counts, behind it the database's does (contract 10).

import t, { type Test } from 'tap';
import { ask, backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { callsOf, errorsOf } from '../support/token-calls.ts';
import { bearer, worldOf } from '../support/world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2040-01-01T00:00:00Z');
const POLICY = '/orgs/acme/settings/personal-access-tokens';
const ALL = { resource_owner: 'acme', repository_selection: 'all', permissions: { contents: 'read' } };
/** A session that outlives what is tested: as long as one can live. */
const LONG_SESSION = { SESSION_TTL: String((30 * DAY) / SECOND) };

/** acme of ada with its member bob and a private repository, at a clock that `lift` moves. */
async function start(t: Test, settings: Readonly<Record<string, string>> = LONG_SESSION) {
  let now = START;
  const app = await buildTestApp(t, { settings, deps: { clock: () => new Date(now) } });
  const world = worldOf(app.deps);
  const [ada, bob] = [await world.person('ada'), await world.person('bob')];
  const acme = await world.organization('acme', ada);
  await world.member(acme, bob);
  await world.repository(acme, 'closed', 'private');
  const owner = callsOf(app.inject, await world.session(ada));
  const member = callsOf(app.inject, await world.session(bob));
  const lift = (ms: number) => {
    now += ms;
  };
  const reads = async (text: string) => (await callsOf(app.inject, text).call('GET', '/repos/acme/closed')).status;
  return { ...app, world, ada, bob, acme, owner, member, lift, reads };
}

t.test('F5, M9, T1: over its expiry a token is dead everywhere at the same moment', async (t) => {
  const { member, lift, reads, world, inject } = await start(t);
  const { authorization } = await world.client(['introspect', 'evaluate']);
  const backend = backendOf(inject, authorization);
  const { id, token, expires_at } = (await member.create({ ...ALL, expires_in_days: 3 })).body;
  t.equal(expires_at, '2040-01-04T00:00:00Z', 'its life is measured by the same clock');
  lift(3 * DAY - 1);
  const question = ask(token, 'contents:read', ['repository', 'acme/closed']);
  t.equal(await reads(token), 200);
  t.equal((await backend.introspect(token)).body.active, true);
  t.equal((await backend.evaluate(question)).body.decision, true);
  t.match((await member.show(id)).body, { state: 'active' });
  lift(1);
  t.equal(await reads(token), 401);
  t.same((await backend.introspect(token)).body, { active: false });
  t.match((await backend.evaluate(question)).body, { decision: false, context: { reason: 'bad_credential' } });
  t.match((await member.show(id)).body, { state: 'expired' });
  t.same((await member.list('?state=expired')).body.length, 1);
  t.equal((await member.regenerate(id)).status, 409, 'it never comes back');
});

t.test('M8: an older text dies at the end of its overlap, and no later than its own expiry', async (t) => {
  const { member, lift, reads } = await start(t);
  const first = (await member.create({ ...ALL, expires_in_days: 1 })).body;
  const second = (await member.regenerate(first.id, { expires_in_days: 1, overlap_seconds: 600 })).body;
  lift(10 * MINUTE - 1);
  t.equal(await reads(first.token), 200);
  lift(1);
  t.equal(await reads(first.token), 401);
  t.equal(await reads(second.token), 200);
  lift(DAY - 20 * MINUTE);
  const third = (await member.regenerate(first.id, { expires_in_days: 2, overlap_seconds: 86_400 })).body;
  lift(10 * MINUTE);
  t.equal(await reads(second.token), 401);
  t.equal(await reads(third.token), 200);
});

t.test(
  'M3, P4, P5: a cap measures from the issue of the secret: the same moment is too far today, and near later',
  async (t) => {
    const { member, owner, lift, reads } = await start(t);
    await owner.call('PATCH', POLICY, { max_lifetime_days: { fine_grained: 20, classic: 20 } });
    const until = { expires_at: '2040-01-22T00:00:00Z' };
    t.same(errorsOf(await member.create({ ...ALL, ...until })), ['expires_at unprocessable']);
    const classic = (await member.classic({ name: 'classic', scopes: ['repo'], ...until })).body;
    t.equal(await reads(classic.token), 403, 'a classic one is made, and refused when used');
    lift(DAY - 1);
    t.same(errorsOf(await member.create({ ...ALL, ...until })), ['expires_at unprocessable']);
    lift(1);
    const fine = await member.create({ ...ALL, ...until });
    t.equal(fine.status, 201);
    t.equal(await reads(fine.body.token), 200);
    t.equal(await reads(classic.token), 403, 'what is left does not count, the life of the secret does');
    const again = (await member.regenerate(classic.id, until)).body;
    t.equal(await reads(again.token), 200);
    lift(15 * DAY);
    await owner.call('PATCH', POLICY, { max_lifetime_days: { classic: 19 } });
    t.equal(await reads(again.token), 403);
    const { body } = await owner.call('POST', `${POLICY}/preview`, { max_lifetime_days: { fine_grained: 19 } });
    t.equal(body.total_count, 1);
    lift(5 * DAY);
    const after = await owner.call('POST', `${POLICY}/preview`, { max_lifetime_days: { fine_grained: 19 } });
    t.equal(after.body.total_count, 0, 'a token that has expired would not be blocked');
  },
);

t.test('L3: hooks are told by the same clock whether the token of a request has expired', async (t) => {
  const { owner, member, lift, world, acme, deps } = await start(t);
  await world.setPolicy(acme, { approval: 'required' });
  const hook = { url: 'https://receiver.example/hook', content_type: 'json', insecure_ssl: false, events: ['*'] };
  const stamps = { active: true, created_at: deps.clock(), updated_at: deps.clock() };
  await deps.db
    .insertInto('organization_hooks')
    .values({ ...hook, ...stamps, organization_id: acme.id })
    .execute();
  const ask = async (name: string) => (await member.create({ ...ALL, name, expires_in_days: 3 })).body.approval;
  const requests = [await ask('early'), await ask('late')];
  const deny = async (of: { request_id: number }) =>
    owner.call('POST', `/orgs/acme/personal-access-token-requests/${of.request_id}`, { action: 'deny' });
  lift(3 * DAY - 1);
  t.equal((await deny(requests[0])).status, 204);
  lift(1);
  t.equal((await deny(requests[1])).status, 204);
  const told = await deps.db
    .selectFrom('hook_messages')
    .select('data')
    .where('action', '=', 'denied')
    .orderBy('id')
    .execute();
  t.match(told, [{ data: { token: { expired: false } } }, { data: { token: { expired: true } } }]);
});

t.test('T5: a session, its single sign-on and a counted failure end by the same clock', async (t) => {
  const { inject, world, ada, acme, bob, deps, lift } = await start(t, {});
  const session = await world.session(ada);
  lift(12 * HOUR - 1);
  t.equal((await callsOf(inject, session).call('GET', '/user')).status, 200);
  lift(1);
  t.equal((await callsOf(inject, session).call('GET', '/user')).status, 401);

  const fresh = await world.session(bob);
  const { id } = await deps.db.selectFrom('sessions').select('id').orderBy('id', 'desc').executeTakeFirstOrThrow();
  await deps.db.insertInto('organization_sso').values({ organization_id: acme.id, required: true }).execute();
  const expires_at = new Date(deps.clock().getTime() + HOUR);
  await deps.db.insertInto('sso_sessions').values({ session_id: id, organization_id: acme.id, expires_at }).execute();
  const standing = async () => (await callsOf(inject, fresh).call('GET', '/user/eligible-resource-owners')).body[1].sso;
  lift(HOUR - 1);
  t.equal(await standing(), 'live');
  lift(1);
  t.equal(await standing(), 'required');

  const wrong = async () => (await sign(inject, 'ada')).statusCode;
  for (let n = 0; n < 10; n += 1) t.equal(await wrong(), 401);
  const refused = await sign(inject, 'ada');
  t.equal(refused.statusCode, 429);
  t.equal(refused.headers['retry-after'], '900');
  lift(15 * MINUTE - 1);
  t.equal(await wrong(), 429);
  lift(1);
  t.equal(await wrong(), 401);
});

const sign = (inject: Awaited<ReturnType<typeof start>>['inject'], login: string) =>
  inject({ method: 'POST', url: '/sessions', payload: { login, password: 'not the password' } });

t.test('contract 9: the hour of a rate limit is over by the same clock', async (t) => {
  const { member, lift } = await start(t, { ...LONG_SESSION, RATE_LIMIT_PER_HOUR: '2' });
  t.match((await member.call('GET', '/user')).headers, {
    'x-ratelimit-used': '1',
    'x-ratelimit-remaining': '1',
    'x-ratelimit-reset': String((START + HOUR) / SECOND),
  });
  lift(10 * MINUTE);
  t.equal((await member.call('GET', '/user')).status, 200);
  const refused = await member.call('GET', '/user');
  t.match(refused, { status: 429, headers: { 'retry-after': '3000', 'x-ratelimit-remaining': '0' } });
  lift(50 * MINUTE - 1);
  t.equal((await member.call('GET', '/user')).status, 429);
  lift(1);
  t.match(await member.call('GET', '/user'), { status: 200, headers: { 'x-ratelimit-used': '1' } });
});

t.test('contract 4: a code for a first password and an older secret of a client end by the same clock', async (t) => {
  const { inject, world, lift } = await start(t);
  const root = callsOf(inject, await world.session(await world.person('root', { site_admin: true })));
  const invite = async (login: string) =>
    (await root.call('POST', '/admin/users', { login, email: `${login}@example.test` })).body.password_setup_token;
  const codes = [await invite('early'), await invite('late')];
  const made = (
    await root.call('POST', '/admin/clients', { name: 'forge', capabilities: ['introspect'], organizations: 'all' })
  ).body;
  const basic = (secret: string) => `Basic ${Buffer.from(`${made.client_id}:${secret}`).toString('base64')}`;
  const asks = async (secret: string) => (await backendOf(inject, basic(secret)).introspect('nothing')).status;
  const renewed = await root.call('POST', `/admin/clients/${made.client_id}/secret`, { overlap_seconds: 86_400 });
  lift(DAY - 1);
  const setUp = async (token: string) =>
    (await inject({ method: 'POST', url: '/sessions/setup', payload: { token, password: 'a password of its own' } }))
      .statusCode;
  t.equal(await setUp(codes[0]), 201);
  t.equal(await asks(made.client_secret), 200);
  lift(1);
  t.not(await setUp(codes[1]), 201);
  t.equal(await asks(made.client_secret), 401);
  t.equal(await asks(renewed.body.client_secret), 200);
});

t.test('contract 10: a clock that is behind the database’s lets nothing live longer', async (t) => {
  const app = await buildTestApp(t, { deps: { clock: () => new Date('2001-01-01T00:00:00Z') } });
  const world = worldOf(app.deps);
  const ada = await world.person('ada');
  const session = await world.session(ada);
  const answer = await app.inject({ url: '/user', headers: bearer(session) });
  t.equal(answer.statusCode, 401, 'twelve hours after 2001 are long over');
});
