// How many bad credentials an address may present (T4): at this service's own routes and as a backend service.

import type { InjectOptions } from 'fastify';
import t, { type Test } from 'tap';
import { newText } from '../../src/secrets.ts';
import { sourceOf } from '../../src/use-cases/checks/bad-credential-counts.ts';
import { buildTestApp } from '../support/build-app.ts';
import { statementsOf } from '../support/query-count.ts';
import { bearer, quickHash, tokensOf, worldOf } from '../support/world.ts';

const HERE = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';

/** An application whose clock stands still until it is moved. */
async function limited(t: Test, settings: Record<string, string> = {}) {
  const clock = { at_ms: Date.now() };
  const deps = { clock: () => new Date(clock.at_ms) };
  const test = await buildTestApp(t, { deps, settings: { BAD_CREDENTIALS_PER_MINUTE: '60', ...settings } });
  const world = worldOf(test.deps);
  const session = await world.session(await world.person('ada'));
  const { token } = await tokensOf(test).classicToken(session);
  const { authorization } = await world.client(['introspect']);
  const call = (remoteAddress: string, headers: Record<string, string>, url = '/user') =>
    test.inject({ url, headers, remoteAddress });
  const introspect = (headers: Record<string, string>, form = `token=${token}`) =>
    test.inject({
      method: 'POST',
      url: '/oauth/introspect',
      remoteAddress: HERE,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: form,
    });
  return { ...test, clock, session, token, authorization, call, introspect };
}

const bad = () => bearer(newText('classic', 'gth'));

t.test(
  'T4: the 61st bad credential of an address in a minute is 429 with Retry-After, for that address only',
  async (t) => {
    const { call, clock, token, session } = await limited(t);
    const forms = [bad(), bearer('gthp_wrong'), { authorization: 'Bearer' }, bearer(newText('session', 'gth'))];
    for (let n = 0; n < 60; n += 1) {
      t.equal((await call(HERE, forms[n % forms.length] ?? bad())).statusCode, 401);
    }
    clock.at_ms += 59_000;
    const refused = await call(HERE, bad());
    t.match([refused.statusCode, refused.json().code], [429, 'rate_limited']);
    t.equal(refused.headers['retry-after'], '1');
    const put = await statementsOf(async () => {
      t.equal((await call(HERE, bearer(token))).statusCode, 429, 'a good one is not tried either');
      t.equal((await call(HERE, bearer(session))).statusCode, 429);
    });
    t.same(put, [], 'nothing is looked up');
    t.equal((await call(HERE, {}, '/users/ada')).statusCode, 200, 'who presents none is not concerned');
    t.equal((await call(HERE, {}, '/scopes')).statusCode, 200);
    t.equal((await call(ELSEWHERE, bearer(token))).statusCode, 200);
    t.equal((await call(ELSEWHERE, bad())).statusCode, 401);
    clock.at_ms += 1000;
    t.equal((await call(HERE, bearer(token))).statusCode, 200, 'the minute is over');
    t.equal((await call(HERE, bad())).statusCode, 401);
  },
);

t.test('T4, promises P17: neither a port nor another address of the same IPv6 network is another source', async (t) => {
  const proxy = '10.0.0.9';
  const limits = { BAD_CREDENTIALS_PER_MINUTE: '2', ANONYMOUS_PER_HOUR: '2', REVOCATION_CALLS_PER_HOUR: '2' };
  const { inject, clock } = await limited(t, { ...limits, TRUSTED_PROXIES: `${proxy}/32` });
  let asked = 0;
  const asks: Record<string, () => InjectOptions> = {
    'a bad credential': () => ({ url: '/user', headers: bad() }),
    'no credential': () => ({ url: '/users/ada' }),
    'a wrong password': () => ({
      method: 'POST',
      url: '/sessions',
      payload: { login: `n${asked}`, password: 'wrong' },
    }),
    'a report of texts': () => ({ method: 'POST', url: '/credentials/revoke', payload: { credentials: ['x'] } }),
  };
  const sources = [
    [1, 2, 3].map((n) => ({ from: proxy, forwarded: `198.51.100.7:${5000 + n}` })),
    [1, 2, 3].map((n) => ({ from: `2001:db8:1:2::${n}`, forwarded: null })),
    ['2001:db8:1:3::1', '2001:DB8:1:3:ffff::', '2001:0db8:0001:0003:0:0:0:9'].map((forwarded) => ({
      ...{ from: proxy, forwarded },
    })),
  ];
  const others = ['2001:db8:1:4::1', '2001:db8:2:2::1', '198.51.100.8', '64:ff9b::c633:6407'];
  for (const [name, ask] of Object.entries(asks)) {
    clock.at_ms += 60_000;
    const statusFrom = async ({ from, forwarded }: { from: string; forwarded: string | null }) => {
      asked += 1;
      const { headers = {}, ...request } = ask();
      const by = forwarded === null ? {} : { 'x-forwarded-for': forwarded };
      return (await inject({ ...request, headers: { ...headers, ...by }, remoteAddress: from })).statusCode;
    };
    for (const source of sources) {
      const statuses: number[] = [];
      for (const each of source) statuses.push(await statusFrom(each));
      t.equal(statuses.indexOf(429), 2, `${name}, ${source[0]?.forwarded ?? source[0]?.from}: ${statuses}`);
    }
    for (const from of others) t.not(await statusFrom({ from, forwarded: null }), 429, `${name}, from ${from}`);
  }
  for (const from of ['64:ff9b::1', '64:ff9b::2', '64:ff9b::3'])
    t.equal((await inject({ url: '/user', headers: bad(), remoteAddress: from })).statusCode, 401, 'IPv4, translated');
});

t.test('T4: a wrong password counts like every bad credential, on however many logins it is tried', async (t) => {
  const { call, inject, deps, clock, token } = await limited(t, { BAD_CREDENTIALS_PER_MINUTE: '3' });
  const password = 'correct horse battery';
  await worldOf(deps).person('grace', { password_hash: await quickHash(password) });
  const signIn = (remoteAddress: string, login: string, given = 'a wrong password') =>
    inject({ method: 'POST', url: '/sessions', remoteAddress, payload: { login, password: given } });
  const setUp = () =>
    inject({
      method: 'POST',
      url: '/sessions/setup',
      remoteAddress: HERE,
      payload: { token: newText('setup', 'gth'), password },
    });
  t.equal((await signIn(HERE, 'grace')).statusCode, 401);
  t.equal((await signIn(HERE, 'nobody')).statusCode, 401);
  t.equal((await signIn(HERE, 'grace', password)).statusCode, 201, 'a right one does not count');
  t.equal((await setUp()).statusCode, 401);
  const refused = await signIn(HERE, 'somebody-else');
  t.match([refused.statusCode, refused.json().code], [429, 'rate_limited']);
  t.match(refused.headers['retry-after'], /^[1-9][0-9]*$/);
  const put = await statementsOf(async () => {
    t.equal((await signIn(HERE, 'grace', password)).statusCode, 429, 'a right one is not tried either');
    t.equal((await setUp()).statusCode, 429);
    t.equal((await call(HERE, bearer(token))).statusCode, 429, 'nor a token');
  });
  t.same(put, [], 'nothing is looked up');
  t.equal((await signIn(ELSEWHERE, 'grace', password)).statusCode, 201);
  clock.at_ms += 60_000;
  t.equal((await signIn(HERE, 'grace', password)).statusCode, 201, 'the minute is over');
});

t.test('T4: good credentials and refusals of what they may do do not count', async (t) => {
  const { call, token } = await limited(t, { BAD_CREDENTIALS_PER_MINUTE: '2' });
  for (let n = 0; n < 5; n += 1) t.equal((await call(HERE, bearer(token), '/admin/users')).statusCode, 403);
  for (let n = 0; n < 5; n += 1) t.equal((await call(HERE, {}, '/user')).statusCode, 401, 'none is not a bad one');
  t.equal((await call(HERE, bad())).statusCode, 401);
  t.equal((await call(HERE, bearer(token))).statusCode, 200);
  t.equal((await call(HERE, bad())).statusCode, 401);
  t.equal((await call(HERE, bearer(token))).statusCode, 429);
});

t.test(
  'T4: bad credentials of a client count; an authenticated client is never refused, nor are tokens that it asks about',
  async (t) => {
    const { introspect, authorization, call, token } = await limited(t, { BAD_CREDENTIALS_PER_MINUTE: '3' });
    for (let n = 0; n < 5; n += 1) {
      const asked = await introspect({ authorization }, `token=${newText('classic', 'gth')}`);
      t.same([asked.statusCode, asked.json()], [200, { active: false }]);
    }
    const wrong = `Basic ${Buffer.from(`client_x:${newText('client', 'gth')}`).toString('base64')}`;
    const by_form = `token=x&client_id=client_x&client_secret=${newText('client', 'gth')}`;
    t.equal((await introspect({ authorization: wrong })).statusCode, 401);
    t.equal((await introspect({}, by_form)).statusCode, 401);
    t.equal((await introspect(bad())).statusCode, 401, 'a token is no credential of a client');
    const refused = await introspect({ authorization: wrong });
    t.match([refused.statusCode, refused.json().error], [429, 'temporarily_unavailable']);
    t.match(refused.headers['retry-after'], /^\d+$/);
    t.equal((await introspect({}, by_form)).statusCode, 429);
    t.equal((await call(HERE, bearer(token))).statusCode, 429);
    const good = await introspect({ authorization });
    t.match([good.statusCode, good.json().active], [200, true]);
  },
);

t.test('L1, promises P13: bad credentials are counted for each network and minute, and none is an entry', async (t) => {
  const { call, clock, token, deps, logged, inject } = await limited(t, { BAD_CREDENTIALS_PER_MINUTE: '2' });
  clock.at_ms = Math.ceil(clock.at_ms / 60_000) * 60_000;
  const minute = new Date(clock.at_ms).toISOString();
  const entries = async () => (await deps.db.selectFrom('audit_entries').select('id').execute()).length;
  const told = () =>
    logged()
      .split('\n')
      .flatMap((line) => (line.includes('"bad credentials"') ? [JSON.parse(line)] : []))
      .map((each) => `${each.source} ${each.minute} ${each.count}`)
      .sort();
  const before = await entries();
  const sum = async () =>
    Number(/^gatehouse_bad_credentials_total (\d+)$/m.exec((await inject('/metrics')).body)?.[1] ?? Number.NaN);
  const counted = await sum();
  for (const address of [HERE, HERE, HERE, ELSEWHERE]) await call(address, bad());
  await call(HERE, bearer(token)); // too late: refused unseen
  await call('2001:DB8:0:1::7', bad());
  await call('::ffff:198.51.100.9', bad());
  await call(HERE, {}, '/scopes');
  deps.bad_credentials.tell(new Date(clock.at_ms + 59_999));
  t.same(told(), [], 'the minute is not over');
  clock.at_ms += 60_000;
  await call(ELSEWHERE, bad());
  deps.bad_credentials.tell(new Date(clock.at_ms));
  const first = [`192.0.2.0/24 ${minute} 5`, `198.51.100.0/24 ${minute} 1`, `2001:db8:0::/48 ${minute} 1`];
  t.same(told(), first);
  deps.bad_credentials.tell(new Date(clock.at_ms));
  t.same(told(), first, 'each once');
  deps.bad_credentials.tell(null);
  t.same(told().length, 4, 'when the service stops, the rest');
  t.equal(await entries(), before);
  t.equal((await sum()) - counted, 8);
});

t.test('promises P13: the network of an address', async (t) => {
  for (const [address, source] of [
    ['203.0.113.7', '203.0.113.0/24'],
    ['::1', '0:0:0::/48'],
    ['::', '0:0:0::/48'],
    ['2001:0db8:0007:1:2:3:4:5', '2001:db8:7::/48'],
    ['2001:db8::7', '2001:db8:0::/48'],
    ['2001::8:0:0:0:7', '2001:0:0::/48'],
    ['1::2:3:4:5:6:7', '1:0:2::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    ['a socket', 'a socket'],
  ] as const) {
    t.equal(sourceOf(address), source, address);
  }
});
