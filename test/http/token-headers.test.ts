// The headers on every answer of this API to a token (contract 9), whatever the route and whatever it answers.

import t from 'tap';
import { declaredRoutes } from '../../src/http/route-access.ts';
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
