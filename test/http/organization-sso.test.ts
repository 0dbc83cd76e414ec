// The settings of single sign-on (contract 7): who reads and writes them, what they may say, what is recorded.

import t from 'tap';
import { AUDIENCE, ISSUER, jwksOf, signingKey } from '../support/issuer.ts';
import { SSO, ssoWorld } from '../support/sso-world.ts';

t.test('contract 7: owners set, see, replace and take away; L1: each is one entry', async (t) => {
  const { key, sessions, call, entries } = await ssoWorld(t);
  const settings = { issuer: ISSUER, audience: AUDIENCE, jwks: jwksOf(key), required: true };
  t.equal((await call(sessions.ada, `GET ${SSO}`)).status, 404);
  t.equal((await call(sessions.ada, `DELETE ${SSO}`)).status, 404);
  await entries();
  const made = await call(sessions.ada, `PUT ${SSO}`, settings);
  t.same([made.status, made.text], [204, '']);
  t.same((await call(sessions.ada, `GET ${SSO}`)).body, settings);
  const by_url = { issuer: ISSUER, audience: 'other', jwks_uri: 'https://login.example/keys', required: false };
  t.equal((await call(sessions.ada, `PUT ${SSO}`, by_url)).status, 204);
  t.same((await call(sessions.ada, `GET ${SSO}`)).body, by_url, 'the whole is replaced');
  t.equal((await call(sessions.ada, `DELETE ${SSO}`)).status, 204);
  t.equal((await call(sessions.ada, `GET ${SSO}`)).status, 404);
  t.match(await entries(), [
    { action: 'org.sso_set', org: 'acme', data: { issuer: ISSUER, required: true } },
    { action: 'org.sso_set', data: { jwks_uri: by_url.jwks_uri, required: false } },
    { action: 'org.sso_unset', org: 'acme' },
  ]);
});

t.test('contract 7, K7: owners read by session or token and write by session; others get 403', async (t) => {
  const { key, sessions, call, setSso, classicToken, fineGrainedToken, world, entries } = await ssoWorld(t);
  await setSso();
  const settings = { issuer: ISSUER, audience: AUDIENCE, jwks: jwksOf(key), required: true };
  const eve = await world.session(await world.person('eve'));
  for (const session of [sessions.bob, eve]) {
    t.match(await call(session, `GET ${SSO}`), { status: 403, body: { code: 'role_missing' } });
    t.match(await call(session, `PUT ${SSO}`, settings), { status: 403 });
    t.match(await call(session, `DELETE ${SSO}`), { status: 403 });
    t.match(await call(session, `GET ${SSO}/identities`), { status: 403 });
  }
  const permissions = { organization_administration: 'write' };
  const tokens = [
    await classicToken(sessions.ada, { scopes: ['admin:org'] }),
    await fineGrainedToken(sessions.ada, { resource_owner: 'acme', permissions }),
  ];
  await entries();
  for (const { token } of tokens) {
    t.equal((await call(token, `GET ${SSO}`)).status, 200);
    t.equal((await call(token, `GET ${SSO}/identities`)).status, 200);
    t.match(await call(token, `PUT ${SSO}`, settings), { status: 403, body: { code: 'session_required' } });
    t.match(await call(token, `DELETE ${SSO}`), { status: 403, body: { code: 'session_required' } });
    t.match(await call(token, `DELETE ${SSO}/identities/bob`), { body: { code: 'session_required' } });
  }
  t.same([...new Set((await entries()).map(({ outcome }) => outcome))], ['refused']);
  const weak = await classicToken(sessions.ada, { scopes: ['read:org', 'repo'] });
  t.match(await call(weak.token, `GET ${SSO}`), { status: 403, body: { code: 'scope_missing' } });
  t.equal((await call(null, `GET ${SSO}`)).status, 401);
  t.equal((await call(sessions.ada, 'GET /orgs/absent/sso')).status, 404);
  t.match((await call(sessions.ada, `GET ${SSO}`)).body, { required: false }, 'nothing was changed');
});

t.test('contract 7: what cannot work is refused by name, and no private key is ever stored', async (t) => {
  const { key, sessions, call, fault, deps } = await ssoWorld(t);
  const rsa = await signingKey('rsa', 'RS256');
  const good = { issuer: ISSUER, audience: AUDIENCE, jwks: jwksOf(key), required: false };
  const set = async (settings: Readonly<Record<string, unknown>>) =>
    fault(await call(sessions.ada, `PUT ${SSO}`, { ...good, ...settings }));
  const one = (jwk: object) => ({ jwks: { keys: [jwk] } });
  t.equal(await set({ jwks_uri: 'https://login.example/keys' }), '422 jwks invalid', 'one of the two');
  t.equal(await set({ jwks: undefined }), '422 jwks_uri missing_field');
  t.equal(await set({ issuer: undefined }), '422 issuer missing_field');
  t.equal(await set({ issuer: '' }), '422 issuer invalid');
  t.equal(await set({ audience: undefined }), '422 audience missing_field');
  t.equal(await set({ audience: ['gatehouse'] }), '422 audience invalid');
  t.equal(await set({ required: undefined }), '422 required missing_field');
  t.equal(await set({ required: 'yes' }), '422 required invalid');
  t.equal(await set({ enforced: true }), '422 enforced unknown_field');
  t.equal(await set({ jwks: { keys: [] } }), '422 jwks.keys invalid');
  t.equal(await set({ jwks: 'keys' }), '422 jwks invalid');
  t.equal(await set(one({ kid: 'none' })), '422 jwks.keys.0.kty missing_field');
  t.equal(await set(one({ kty: 'oct', k: 'c2VjcmV0' })), '422 jwks invalid');
  t.equal(await set(one({ ...key.jwk, d: 'c2VjcmV0' })), '422 jwks invalid');
  t.equal(await set(one({ ...rsa.jwk, p: 'c2VjcmV0' })), '422 jwks invalid');
  t.equal(await set(one({ ...rsa.jwk, alg: 'RS512' })), '422 jwks invalid');
  t.equal(await set(one({ ...rsa.jwk, use: 'enc' })), '422 jwks invalid');
  t.equal(await set(one({ ...rsa.jwk, n: 'AQAB' })), '422 jwks invalid');
  t.equal(await set(one({ ...key.jwk, x: 'AAAA' })), '422 jwks invalid');
  t.equal(await set(one({ ...key.jwk, padding: 'x'.repeat(70_000) })), '422 jwks invalid');
  t.same(await deps.db.selectFrom('organization_sso').select('required').execute(), []);
  t.equal(await set({}), '204 undefined');
  t.equal(
    await set({
      jwks: {
        keys: [
          { ...key.jwk, x5t: 'kept' },
          { ...rsa.jwk, use: 'enc' },
        ],
      },
    }),
    '204 undefined',
  );
});

t.test('O1: an owner who is one no more sets nothing, also at the same moment', async (t) => {
  const { key, sessions, call, world, acme, deps } = await ssoWorld(t);
  const dora = await world.person('dora');
  await world.member(acme, dora, 'admin');
  const session = await world.session(dora);
  const settings = { issuer: ISSUER, audience: AUDIENCE, jwks: jwksOf(key), required: true };
  const [removed, set] = await Promise.all([
    call(sessions.ada, 'DELETE /orgs/acme/memberships/dora'),
    call(session, `PUT ${SSO}`, settings),
  ]);
  t.equal(removed.status, 204);
  t.ok([204, 403].includes(set.status));
  t.equal((await call(session, `DELETE ${SSO}`)).status, 403);
  const rows = await deps.db.selectFrom('organization_sso').select('required').execute();
  t.equal(rows.length, set.status === 204 ? 1 : 0);
});

t.test(
  'F3: an organization whose row has no issuer still requires what it requires, and nobody can sign on',
  async (t) => {
    const { call, sessions, signOn, deps, acme, classicToken, setSso } = await ssoWorld(t);
    await deps.db.insertInto('organization_sso').values({ organization_id: acme.id, required: true }).execute();
    const { token } = await classicToken(sessions.bob, { scopes: ['repo'] });
    t.equal((await call(token, 'GET /repos/acme/secret')).status, 403);
    t.equal((await signOn(sessions.bob, 'bob')).status, 422);
    t.equal((await call(sessions.ada, `GET ${SSO}`)).status, 404);
    await setSso({ required: true });
    t.equal((await signOn(sessions.bob, 'bob')).status, 201);
  },
);
