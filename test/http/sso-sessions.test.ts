// Signing on at an organization through real requests: every refusal of O3 one by one, links, and what ends a session.

import { createHmac } from 'node:crypto';
import { CompactSign, SignJWT } from 'jose';
import t from 'tap';
import type { KeySets } from '../../src/key-sets.ts';
import { AUDIENCE, ISSUER, idToken, jwksOf, signingKey } from '../support/issuer.ts';
import { SSO, SSO_SESSIONS, ssoWorld } from '../support/sso-world.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

t.test('O3: RS256, ES256 and EdDSA sign on, each with the key of its name', async (t) => {
  const { sessions, setSso, signOn, call } = await ssoWorld(t);
  const keys = await Promise.all((['RS256', 'ES256', 'EdDSA'] as const).map((each) => signingKey(each, each)));
  await setSso({ jwks: jwksOf(...keys) });
  for (const key of keys) {
    const { status, body } = await signOn(sessions.bob, 'bob', key);
    t.equal(status, 201, key.algorithm);
    t.equal(body.org, 'acme');
    t.match(body.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  }
  t.equal((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body.length, 1, 'it is one session, opened anew');
});

t.test('O3: what is signed otherwise is refused', async (t) => {
  const { key, sessions, setSso, present, fault, call, entries } = await ssoWorld(t);
  const rsa = await signingKey('rsa', 'RS256');
  const stranger = await signingKey('stranger');
  await setSso({ jwks: jwksOf(key, rsa) });
  await entries();
  const good = await idToken(key, 'bob');
  const [header = '', payload = '', signature = ''] = good.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const none = (alg: string) => `${encode({ alg })}.${payload}.`;
  // A public key is known to all: as the secret of an HMAC it proves nothing.
  const confused = (text: string) => {
    const signed = `${encode({ alg: 'HS256', kid: 'rsa' })}.${payload}`;
    return `${signed}.${createHmac('sha256', text).update(signed).digest('base64url')}`;
  };
  // Signed by the right key, and understood by the library: which extensions count is not for a text to say.
  const extended = await new CompactSign(Buffer.from(payload, 'base64url'))
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, crit: ['b64'], b64: true })
    .sign(key.privateKey);
  const cases: readonly (readonly [string, string])[] = [
    ['extensions that are understood', extended],
    ['no algorithm', none('none')],
    ['no algorithm, in other letters', none('NoNe')],
    ['HS256 with the key as it is published', confused(JSON.stringify(rsa.jwk))],
    ['HS256 with its modulus', confused(String(rsa.jwk.n))],
    ['a JWT of another kind', await idToken(key, 'bob', {}, { alg: 'ES256', typ: 'at+jwt' })],
    ['another key of the same name', await idToken({ ...stranger, kid: key.kid }, 'bob')],
    ['a key that is not in the JWKS', await idToken(stranger, 'bob')],
    ['a name that is not in the JWKS', await idToken({ ...key, kid: 'second' }, 'bob')],
    ['the name of a key of another algorithm', await idToken({ ...key, kid: 'rsa' }, 'bob')],
    ['a key that nobody names and nobody knows', await idToken(stranger, 'bob', {}, { kid: undefined })],
    ['a key of its own in the header', await idToken(stranger, 'bob', {}, { kid: undefined, jwk: stranger.jwk })],
    ['another text under the signature', `${header}.${encode({ ...claims, sub: 'ada' })}.${signature}`],
    ['no signature', `${header}.${payload}.`],
    ['half a signature', `${header}.${payload}.${signature.slice(0, 43)}`],
    ['extensions that must be understood', `${encode({ alg: 'ES256', crit: ['x'], x: 1 })}.${payload}.${signature}`],
    ['nothing of the kind', 'garbage'],
    ['empty parts', '..'],
    ['claims that are no JSON', `${header}.${Buffer.from('{').toString('base64url')}.${signature}`],
  ];
  for (const [name, text] of cases) t.equal(fault(await present(sessions.bob, text)), '422 id_token invalid', name);
  const rs512 = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'rsa' }).sign(rsa.privateKey);
  t.equal((await present(sessions.bob, rs512.replace(/^[^.]+/, encode({ alg: 'RS512', kid: 'rsa' })))).status, 422);
  t.same((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body, []);
  t.same(await entries(), [], 'nothing was written');
  t.equal((await present(sessions.bob, good)).status, 201, 'the good one is still good');
  t.equal((await present(sessions.bob, await idToken(rsa, 'bob', {}, { kid: undefined }))).status, 201, 'no name');
});

t.test('O3: what says otherwise is refused, claim by claim', async (t) => {
  const { key, sessions, setSso, present, fault } = await ssoWorld(t);
  await setSso();
  const now = Math.floor(Date.now() / 1000);
  const cases: readonly Readonly<Record<string, unknown>>[] = [
    { iss: 'https://other.example' },
    { iss: `${ISSUER}/` },
    { iss: undefined },
    { aud: 'other' },
    { aud: [AUDIENCE, 'other'] },
    { aud: undefined },
    { exp: now - 1 },
    { exp: undefined },
    { iat: now - 400 },
    { iat: now + 400, exp: now + 900 },
    { iat: undefined },
    { nbf: now + 900 },
    { sub: undefined },
    { sub: '' },
  ];
  for (const claims of cases) {
    const answer = await present(sessions.bob, await idToken(key, 'bob', claims));
    t.equal(fault(answer), '422 id_token invalid', JSON.stringify(claims));
  }
  t.equal((await present(sessions.bob, await idToken(key, 'bob', { aud: [AUDIENCE] }))).status, 201);
});

t.test('O3: an ID token serves once, whoever presents it and however its signature is written', async (t) => {
  const { key, sessions, setSso, present, fault, deps, world, bob } = await ssoWorld(t);
  await setSso();
  const text = await idToken(key, 'bob');
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => present(sessions.bob, text)));
  t.equal(answers.filter(({ status }) => status === 201).length, 1, 'one of many at the same moment');
  t.ok(answers.filter(({ status }) => status !== 201).every((each) => fault(each) === '422 id_token invalid'));
  t.equal(fault(await present(sessions.cleo, text)), '422 id_token invalid');
  const other = await world.session(bob);
  t.equal(fault(await present(other, text)), '422 id_token invalid', 'nor by another session of the same person');
  t.equal(
    fault(await present(sessions.bob, otherSignature(text))),
    '422 id_token invalid',
    'the twin of its signature',
  );
  const digests = await deps.db.selectFrom('used_id_tokens').select('digest').execute();
  t.equal(digests.length, 1);
});

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** For every signature (r, s) of ES256 there is (r, -s), which is as good. */
function otherSignature(text: string): string {
  const [header, payload, signature = ''] = text.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex');
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), twin]).toString('base64url')}`;
}

t.test('O3: the first use links an identity to a person for good, and a person to one identity', async (t) => {
  const { sessions, setSso, signOn, call, entries } = await ssoWorld(t);
  await setSso();
  await entries();
  t.equal((await signOn(sessions.bob, 'sub of bob')).status, 201);
  t.match(await entries(), [
    { action: 'org.sso_response', actor: 'bob', org: 'acme', data: { subject: 'sub of bob', linked: true } },
  ]);
  t.equal((await signOn(sessions.bob, 'sub of bob')).status, 201);
  t.match(await entries(), [{ action: 'org.sso_response', data: { linked: false } }]);
  t.match(await signOn(sessions.cleo, 'sub of bob'), { status: 403, body: { code: 'identity_linked' } });
  t.match(await entries(), [
    { action: 'org.sso_response', actor: 'cleo', org: 'acme', outcome: 'refused', reason: 'identity_linked' },
  ]);
  t.match(await signOn(sessions.bob, 'sub of cleo'), { status: 403, body: { code: 'identity_linked' } });
  t.same((await call(sessions.cleo, `GET ${SSO_SESSIONS}`)).body, []);
  await setSso({ required: true });
  await call(sessions.ada, `DELETE ${SSO}`);
  await setSso();
  t.match(await signOn(sessions.cleo, 'sub of bob'), { status: 403 }, 'it outlives the settings');
});

t.test(
  'O3: of two who link one identity at the same moment one wins, and of two identities of one person',
  async (t) => {
    const { sessions, setSso, signOn, deps } = await ssoWorld(t);
    await setSso();
    const both = await Promise.all([signOn(sessions.bob, 'same'), signOn(sessions.cleo, 'same')]);
    t.same(both.map(({ status }) => status).sort(), [201, 403]);
    const two = await Promise.all(['one', 'two', 'three'].map((sub) => signOn(sessions.ada, sub)));
    t.same(two.map(({ status }) => status).sort(), [201, 403, 403]);
    t.equal((await deps.db.selectFrom('sso_identities').select('user_id').execute()).length, 2);
  },
);

t.test('O3: owners see links and unlink them; that ends the session, and the next token links anew', async (t) => {
  const { sessions, setSso, signOn, call, entries, bob } = await ssoWorld(t);
  await setSso();
  await signOn(sessions.bob, 'shared');
  const seen = await call(sessions.ada, `GET ${SSO}/identities`);
  t.match(seen.body, [{ user: { login: 'bob', id: bob.id }, issuer: ISSUER, subject: 'shared', linked_at: String }]);
  t.equal((await call(sessions.bob, `GET ${SSO}/identities`)).status, 403);
  t.match(await call(sessions.bob, `DELETE ${SSO}/identities/bob`), { status: 403, body: { code: 'role_missing' } });
  await entries();
  t.equal((await call(sessions.ada, `DELETE ${SSO}/identities/bob`)).status, 204);
  t.match(await entries(), [{ action: 'org.revoke_external_identity', user: 'bob', org: 'acme', outcome: 'done' }]);
  t.same((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body, []);
  t.equal((await call(sessions.ada, `DELETE ${SSO}/identities/bob`)).status, 404);
  t.equal((await call(sessions.ada, `DELETE ${SSO}/identities/nobody`)).status, 404);
  t.equal((await signOn(sessions.cleo, 'shared')).status, 201);
  t.equal((await signOn(sessions.bob, 'shared')).status, 403);
});

t.test('O3: a link belongs to its organization and its issuer', async (t) => {
  const { sessions, setSso, signOn, call, world, ada, key, present } = await ssoWorld(t);
  await world.organization('umbrella', ada);
  const settings = { issuer: ISSUER, audience: AUDIENCE, jwks: jwksOf(key), required: false };
  t.equal((await call(sessions.ada, 'PUT /orgs/umbrella/sso', settings)).status, 204);
  await setSso();
  const text = await idToken(key, 'bob');
  t.equal((await present(sessions.bob, text)).status, 201);
  t.equal((await present(sessions.bob, text, 'umbrella')).status, 422, 'once, and not once an organization');
  t.equal((await present(sessions.cleo, await idToken(key, 'bob'), 'umbrella')).status, 201, 'another organization');
  await setSso({ issuer: 'https://new.example' });
  t.same((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body, [], 'another issuer: everybody signs on anew');
  const anew = await idToken(key, 'bob at new', { iss: 'https://new.example' });
  t.equal((await present(sessions.bob, anew)).status, 201);
  t.equal((await signOn(sessions.bob, 'bob')).status, 422, 'the old issuer is believed no more');
});

t.test(
  'O3: a session ends with the audience that it was for, and with the settings; other changes leave it',
  async (t) => {
    const { sessions, setSso, signOn, call } = await ssoWorld(t);
    const count = async () => (await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body.length;
    await setSso();
    t.equal((await signOn(sessions.bob, 'bob')).status, 201);
    await setSso({ required: true });
    await setSso({ jwks_uri: 'https://login.example/keys' });
    t.equal(await count(), 1, 'the same issuer and audience');
    await setSso({ audience: 'other' });
    t.equal(await count(), 0);
    await setSso();
    t.equal(await count(), 0, 'it does not come back');
    t.equal((await signOn(sessions.bob, 'bob')).status, 201);
    t.equal((await call(sessions.ada, `DELETE ${SSO}`)).status, 204);
    await setSso();
    t.equal(await count(), 0, 'nor does one from before the settings were taken away');
  },
);

t.test('O3: a session lasts 24 hours at most, and dies with the session of the person', async (t) => {
  let ahead_ms = 0;
  const clock = () => new Date(Date.now() + ahead_ms);
  const { sessions, setSso, signOn, call, world, bob } = await ssoWorld(t, {
    deps: { clock },
    settings: { SESSION_TTL: String((10 * DAY_MS) / 1000) },
  });
  await setSso();
  const { body } = await signOn(sessions.bob, 'bob');
  const life_ms = Date.parse(body.expires_at) - Date.now();
  t.ok(life_ms > DAY_MS - 60_000 && life_ms <= DAY_MS, `${life_ms} ms`);
  t.same((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body, [body]);
  const second = await world.session(bob);
  t.same((await call(second, `GET ${SSO_SESSIONS}`)).body, [], 'it is of one session, not of the person');
  ahead_ms = DAY_MS - 60_000;
  t.same((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body.length, 1);
  ahead_ms = DAY_MS;
  t.same((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body, []);
  t.equal((await call(sessions.bob, `DELETE ${SSO_SESSIONS}/acme`)).status, 404, 'what is over cannot be ended');
});

t.test('O3: signing out ends it, and it never outlives a short session', async (t) => {
  const { sessions, setSso, signOn, call, deps } = await ssoWorld(t, { settings: { SESSION_TTL: '600' } });
  await setSso();
  const { body } = await signOn(sessions.bob, 'bob');
  t.ok(Date.parse(body.expires_at) - Date.now() <= 600_000);
  t.equal((await call(sessions.bob, 'DELETE /session')).status, 204);
  t.same(await deps.db.selectFrom('sso_sessions').select('session_id').execute(), []);
  await signOn(sessions.cleo, 'cleo');
  t.equal((await call(sessions.cleo, `DELETE ${SSO_SESSIONS}/ACME`)).status, 204);
  t.equal((await call(sessions.cleo, `DELETE ${SSO_SESSIONS}/acme`)).status, 404);
  t.same((await call(sessions.cleo, `GET ${SSO_SESSIONS}`)).body, []);
});

t.test('K7: no token opens, sees or ends a session; an organization without single sign-on has none', async (t) => {
  const { sessions, setSso, present, call, classicToken, fineGrainedToken, fault, world, ada, key } = await ssoWorld(t);
  await setSso();
  await world.organization('plain', ada);
  const text = await idToken(key, 'bob');
  const tokens = [await classicToken(sessions.bob, { scopes: ['admin:org'] }), await fineGrainedToken(sessions.bob)];
  for (const { token } of tokens) {
    t.match(await present(token, text), { status: 403, body: { code: 'session_required' } });
    t.equal((await call(token, `GET ${SSO_SESSIONS}`)).status, 403);
    t.equal((await call(token, `DELETE ${SSO_SESSIONS}/acme`)).status, 403);
  }
  t.equal((await call(null, `POST ${SSO_SESSIONS}`, { org: 'acme', id_token: text })).status, 401);
  const plain = await present(sessions.bob, text, 'plain');
  t.equal(fault(plain), '422 org unprocessable');
  t.same((await present(sessions.bob, text, 'absent')).text, plain.text, 'F6: as one that is not there');
  t.equal(fault(await call(sessions.bob, `POST ${SSO_SESSIONS}`, { org: 'acme' })), '422 id_token missing_field');
  t.equal((await present(sessions.bob, text)).status, 201);
});

t.test('O3: nobody who is suspended or signed out meanwhile signs on', async (t) => {
  const { sessions, setSso, signOn, deps, bob } = await ssoWorld(t);
  await setSso();
  await deps.db.updateTable('users').set({ suspended_at: new Date() }).where('id', '=', bob.id).execute();
  t.equal((await signOn(sessions.bob, 'bob')).status, 401);
  t.same(await deps.db.selectFrom('used_id_tokens').select('digest').execute(), []);
});

t.test('O3: ID tokens that are too old to be taken are forgotten', async (t) => {
  const { setSso, signOn, sessions, deps } = await ssoWorld(t);
  await setSso();
  const old = { digest: 'old', usable_until: new Date(Date.now() - 1000) };
  await deps.db.insertInto('used_id_tokens').values(old).execute();
  await signOn(sessions.bob, 'bob');
  const left = await deps.db.selectFrom('used_id_tokens').select('digest').execute();
  t.equal(left.length, 1);
  t.not(left[0]?.digest, 'old');
});

t.test('O3: what changes while the signature is verified is judged again', async (t) => {
  let meanwhile = async (): Promise<unknown> => undefined;
  const key_sets: KeySets = {
    // As slow as an issuer may be: everything can happen before it answers.
    verify: async (text) => {
      await meanwhile();
      return JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString());
    },
  };
  const { sessions, setSso, signOn, call, deps, cleo } = await ssoWorld(t, { deps: { key_sets } });
  await setSso();
  const changes: readonly (readonly [string, () => Promise<unknown>, number])[] = [
    ['another audience', () => setSso({ audience: 'other' }), 409],
    ['other keys', () => setSso({ jwks_uri: 'https://login.example/keys' }), 409],
    ['nothing set any more', () => call(sessions.ada, `DELETE ${SSO}`), 409],
    ['the session ends', () => call(sessions.bob, 'DELETE /session'), 401],
  ];
  for (const [name, change, status] of changes) {
    await setSso();
    meanwhile = change;
    t.equal((await signOn(sessions.bob, 'bob')).status, status, name);
  }
  meanwhile = () => deps.db.deleteFrom('accounts').where('id', '=', cleo.id).execute();
  await setSso();
  t.equal((await signOn(sessions.cleo, 'cleo')).status, 401, 'the person is gone');
  t.same(await deps.db.selectFrom('sso_sessions').select('session_id').execute(), []);
  t.same(await deps.db.selectFrom('sso_identities').select('user_id').execute(), []);
  t.same(await deps.db.selectFrom('used_id_tokens').select('digest').execute(), []);
});

t.test('O3: a link goes with its person, who is never anybody else again', async (t) => {
  const { sessions, setSso, signOn, deps, bob } = await ssoWorld(t);
  await setSso();
  await signOn(sessions.bob, 'bob');
  await deps.db.deleteFrom('accounts').where('id', '=', bob.id).execute();
  t.equal((await signOn(sessions.cleo, 'bob')).status, 201);
});
