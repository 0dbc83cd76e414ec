// The headers on every answer of this API to a token (contract 9), whatever the route and whatever it answers.

import t from 'tap';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { newText } from '../../src/secrets.ts';
import { buildTestApp } from '../support/build-app.ts';
import { callsOf } from '../support/token-calls.ts';
import { bearer, worldOf } from '../support/world.ts';

t.test('contract 9, C1: every route tells each kind of token what it has and what would do', async (t) => {
  const { app, inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const as = callsOf(inject, await world.session(await world.person('ada')));
  const classic = (await as.classic({ scopes: ['repo', 'user'] })).body;
  const fine_grained = (await as.create({ name: 'fine', never_expires: true })).body;
  const told = async (route: { method: string; url: string }, text: string) => {
    const url = route.url.replace(/:[a-z_]+/g, '1');
    return (await inject({ method: route.method as 'GET', url, headers: bearer(text) })).headers;
  };
  // A gateway is answered about a token that it does not present itself: it is no caller by a token.
  const for_persons = declaredRoutes(app).filter(
    ({ access }) => !('open' in access || 'client' in access || 'gateway' in access),
  );
  t.ok(for_persons.length > 50);
  for (const route of for_persons) {
    const name = `${route.method} ${route.url}`;
    const of_classic = await told(route, classic.token);
    t.equal(of_classic['x-oauth-scopes'], 'repo, user', name);
    t.type(of_classic['x-accepted-oauth-scopes'], 'string', name);
    t.notOk('x-accepted-github-permissions' in of_classic, name);
    const until = classic.expires_at.replace('T', ' ').replace('Z', ' UTC');
    t.equal(of_classic['github-authentication-token-expiration'], until, name);
    const of_fine_grained = await told(route, fine_grained.token);
    t.type(of_fine_grained['x-accepted-github-permissions'], 'string', name);
    t.notOk('x-oauth-scopes' in of_fine_grained, `${name}: how clients tell the kinds apart`);
    t.notOk('x-accepted-oauth-scopes' in of_fine_grained, name);
    t.notOk('github-authentication-token-expiration' in of_fine_grained, `${name}: it never expires`);
    for (const headers of [of_classic, of_fine_grained]) {
      for (const word of ['limit', 'remaining', 'used', 'reset', 'resource']) {
        t.ok(headers[`x-ratelimit-${word}`], `${name}: ${word}`);
      }
    }
  }
  const accepted = async (method: string, url: string) =>
    (await told({ method, url }, fine_grained.token))['x-accepted-github-permissions'];
  t.equal(await accepted('GET', '/token'), 'allows_permissionless_access=true');
  t.equal(await accepted('GET', '/user'), 'allows_permissionless_access=true');
  t.equal(await accepted('GET', '/repos/a/b/keys'), 'administration=read');
  t.equal(await accepted('PUT', '/orgs/a/teams/b/repos/c/d'), 'members=read,administration=write');
  t.equal(await accepted('GET', '/user/personal-access-tokens'), '', 'no permission opens what is for sessions');
});

t.test('contract 9: so do answers that look at no credential: what is not there, and what is open', async (t) => {
  const { app, inject, deps } = await buildTestApp(t, { settings: { BAD_CREDENTIALS_PER_MINUTE: '5' } });
  const world = worldOf(deps);
  const session = await world.session(await world.person('ada'));
  const as = callsOf(inject, session);
  const classic = (await as.classic({ scopes: ['repo'] })).body;
  const fine_grained = (await as.create({ name: 'fine' })).body;
  const open = declaredRoutes(app).filter(({ access }) => 'open' in access);
  const asked = [
    ...open.map(({ method, url }) => ({ method, url })),
    { method: 'GET', url: '/absent' },
    { method: 'GET', url: '/absent/%zz' },
    { method: 'GET', url: `/users/${'x'.repeat(2000)}` },
    { method: 'PATCH', url: '/permissions' },
    { method: 'PURGE', url: '/user' },
  ];
  t.ok(asked.length > 15);
  let used = 0;
  for (const { method, url } of asked) {
    const name = `${method} ${url.slice(0, 60)}`;
    const to = async (text: string) => await inject({ method: method as 'GET', url, headers: bearer(text) });
    const nobody = await inject({ method: method as 'GET', url });
    const of_classic = await to(classic.token);
    if (!name.includes('/credentials/revoke')) t.equal(of_classic.statusCode, nobody.statusCode, name);
    t.equal(of_classic.headers['x-oauth-scopes'], 'repo', name);
    t.equal(of_classic.headers['x-accepted-oauth-scopes'], '', name);
    t.ok(of_classic.headers['github-authentication-token-expiration'], name);
    const of_fine_grained = await to(fine_grained.token);
    t.equal(of_fine_grained.headers['x-accepted-github-permissions'], '', name);
    t.notOk('x-oauth-scopes' in of_fine_grained.headers, name);
    for (const { headers } of [of_classic, of_fine_grained, await to(session)]) {
      t.equal(headers['x-ratelimit-resource'], 'core', name);
      t.ok(Number(headers['x-ratelimit-used']) > used, `${name} counts`);
      used = Number(headers['x-ratelimit-used']);
    }
    t.notOk('x-ratelimit-used' in nobody.headers, `${name}: nobody is not counted where all may call`);
  }
  t.test('T4: texts cannot be tried there unseen', async (t) => {
    for (let n = 0; n < 6; n += 1) {
      const answer = await inject({ url: '/absent', headers: bearer(newText('classic', 'gth')) });
      t.equal(answer.statusCode, 404, 'the answer stays as it is');
      t.notOk('x-ratelimit-used' in answer.headers);
    }
    const known = await inject({ url: '/absent', headers: bearer(classic.token) });
    t.notOk('x-oauth-scopes' in known.headers, 'after too many bad ones a good one is not known either');
    t.equal((await inject({ url: '/user', headers: bearer(classic.token) })).statusCode, 429);
  });
});
