// The keys of an issuer at a URL (O3): fetched from a real server, kept for a while, fetched anew for a key that is not known,
// and never guessed. What a URL may not lead to.

import t from 'tap';
import { idToken, jwksOf, keyServer, signingKey } from '../support/issuer.ts';
import { SSO, SSO_SESSIONS, ssoWorld } from '../support/sso-world.ts';

const LOCAL = { settings: { OUTBOUND_ALLOW: '127.0.0.0/8' } };
const MINUTE_MS = 60_000;

/** acme with keys at a server of its own; the clock of the service can be moved ahead. */
async function start(t: Parameters<typeof ssoWorld>[0]) {
  let ahead_ms = 0;
  const clock = () => new Date(Date.now() + ahead_ms);
  const app = await ssoWorld(t, { ...LOCAL, deps: { clock } });
  const keys = await keyServer(t, jwksOf(app.key));
  await app.setSso({ jwks_uri: keys.url });
  /** Signs on by the clock of the service. */
  const signOn = async (sub: string, signer = app.key, header = {}) => {
    const now = Math.floor(clock().getTime() / 1000);
    return app.present(app.sessions.bob, await idToken(signer, sub, { iat: now, exp: now + 300 }, header));
  };
  return { ...app, keys: keys.state, url: keys.url, signOn, ahead: (ms: number) => (ahead_ms += ms) };
}

t.test('O3: keys are fetched once, and again when they have been kept for long', async (t) => {
  const { keys, signOn, ahead } = await start(t);
  t.equal(keys.calls, 0, 'nothing is fetched when the URL is set');
  const answers = await Promise.all(Array.from({ length: 5 }, () => signOn('bob')));
  t.same(new Set(answers.map(({ status }) => status)), new Set([201]));
  t.equal(keys.calls, 1, 'those who come at the same moment wait for the same answer');
  ahead(4 * MINUTE_MS);
  t.equal((await signOn('bob')).status, 201);
  t.equal(keys.calls, 1);
  ahead(MINUTE_MS);
  t.equal((await signOn('bob')).status, 201);
  t.equal(keys.calls, 2);
});

t.test('O3: rotation: a key that is not known is looked for at once, and then once a minute at most', async (t) => {
  const { key, keys, signOn, ahead } = await start(t);
  const [second, third, made_up] = await Promise.all(['second', 'third', 'made up'].map((each) => signingKey(each)));
  if (second === undefined || third === undefined || made_up === undefined) throw new Error('no keys');
  t.equal((await signOn('bob')).status, 201);
  keys.document = jwksOf(key, second);
  t.equal((await signOn('bob', second)).status, 201, 'the new key, at once');
  t.equal(keys.calls, 2);
  for (let tries = 0; tries < 5; tries += 1) t.equal((await signOn('bob', made_up)).status, 422);
  t.equal(keys.calls, 2, 'made up names do not make us call anybody');
  keys.document = jwksOf(third);
  t.equal((await signOn('bob', third)).status, 422, 'within the minute');
  t.equal((await signOn('bob')).status, 201, 'what is kept still counts');
  ahead(MINUTE_MS);
  t.equal((await signOn('bob', third)).status, 201);
  t.equal(keys.calls, 3);
  t.equal((await signOn('bob')).status, 422, 'the key that was taken back is believed no more');
});

t.test('O3: a key that was taken back counts for five minutes at most; a wrong signature makes no call', async (t) => {
  const { key, keys, signOn, ahead } = await start(t);
  const successor = await signingKey('successor');
  const impostor = { ...(await signingKey('impostor')), kid: key.kid };
  t.equal((await signOn('bob')).status, 201);
  keys.document = jwksOf(successor);
  t.equal((await signOn('bob', impostor)).status, 422);
  t.equal(keys.calls, 1);
  ahead(5 * MINUTE_MS);
  t.equal((await signOn('bob')).status, 422);
});

t.test('O3: a rotation without names of keys is found too', async (t) => {
  const { keys, key, signOn } = await start(t);
  const successor = await signingKey('successor');
  const nameless = { ...successor.jwk, kid: undefined };
  keys.document = { keys: [{ ...key.jwk, kid: undefined }] };
  t.equal((await signOn('bob', key, { kid: undefined })).status, 201);
  keys.document = { keys: [nameless] };
  t.equal((await signOn('bob', successor, { kid: undefined })).status, 201);
  t.equal(keys.calls, 2);
});

t.test('O3: a fault of the fetch is 503 and never a yes; what was fetched before counts on', async (t) => {
  const { key, keys, signOn, ahead, call, sessions } = await start(t);
  const large = { keys: [key.jwk], padding: 'x'.repeat(70_000) };
  const faults: readonly (readonly [string, () => void])[] = [
    ['500', () => (keys.status = 500)],
    ['a redirect', () => Object.assign(keys, { status: 302, headers: { location: '/keys' } })],
    ['no JSON', () => (keys.document = '<html>')],
    ['no JWKS', () => (keys.document = { key: key.jwk })],
    ['null', () => (keys.document = 'null')],
    ['too many keys', () => (keys.document = { keys: Array.from({ length: 101 }, () => key.jwk) })],
    ['too large', () => (keys.document = large)],
    ['packed', () => (keys.headers = { 'content-encoding': 'gzip' })],
    ['201', () => (keys.status = 201)],
  ];
  for (const [name, breakIt] of faults) {
    Object.assign(keys, { document: jwksOf(key), status: 200, headers: {} });
    breakIt();
    const answer = await signOn('bob');
    t.match(answer, { status: 503, body: { code: 'unavailable' }, headers: { 'retry-after': /\d/ } }, name);
  }
  t.same((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body, []);
  Object.assign(keys, { document: jwksOf(key), status: 200, headers: {} });
  t.equal((await signOn('bob')).status, 201, 'as soon as it works again');

  keys.status = 500;
  const unknown = await signingKey('unknown');
  const before = keys.calls;
  t.equal((await signOn('bob', unknown)).status, 503, 'an unknown key that cannot be looked for');
  t.equal((await signOn('bob', unknown)).status, 503);
  t.equal(keys.calls, before + 1);
  t.equal((await signOn('bob')).status, 201, 'a known one is known');
  ahead(5 * MINUTE_MS);
  t.equal((await signOn('bob')).status, 503, 'until it is too old');
});

t.test('O3: a document may hold other keys than ours can use', async (t) => {
  const { key, keys, signOn } = await start(t);
  const [for_others, ps, making] = await Promise.all(['enc', 'ps', 'making'].map((each) => signingKey(each, 'RS256')));
  if (for_others === undefined || ps === undefined || making === undefined) throw new Error('no keys');
  const encrypting = { ...for_others.jwk, use: 'enc' };
  const other = { ...ps.jwk, alg: 'PS256' };
  const signing = { ...making.jwk, use: undefined, key_ops: ['sign'] };
  const short = { kty: 'RSA', kid: 'short', n: Buffer.alloc(128, 255).toString('base64url'), e: 'AQAB' };
  const symmetric = { kty: 'oct', kid: 'oct', k: 'c2VjcmV0' };
  keys.document = { keys: [encrypting, other, signing, short, symmetric, { kty: 'EC' }, null, 7, [], key.jwk] };
  t.equal((await signOn('bob')).status, 201);
  for (const each of [for_others, ps, making]) {
    t.equal((await signOn('bob', each)).status, 422, `what the key ${each.kid} is not there for it does not prove`);
  }
});

t.test('contract 7: a URL that names what is not public is refused when it is set', async (t) => {
  const { call, sessions, fault, key } = await ssoWorld(t);
  const set = (jwks_uri: string) =>
    call(sessions.ada, `PUT ${SSO}`, { issuer: 'https://a.example', audience: 'a', jwks_uri, required: false });
  const refused = [
    'https://127.0.0.1/keys',
    'https://127.1/keys',
    'https://2130706433/keys',
    'https://0x7f.0.0.1/keys',
    'https://017700000001/keys',
    'https://10.1.2.3/keys',
    'https://172.31.0.1/keys',
    'https://192.168.1.1/keys',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/keys',
    'https://0.0.0.0/keys',
    'https://[::1]/keys',
    'https://[::]/keys',
    'https://[fe80::1]/keys',
    'https://[fd00::1]/keys',
    'https://[::ffff:127.0.0.1]/keys',
    'https://[64:ff9b::7f00:1]/keys',
    'https://[2002:7f00:1::]/keys',
    'https://localhost/keys',
    'https://keys.localhost./keys',
    'http://login.example/keys',
    'ftp://login.example/keys',
    'https://user:password@login.example/keys',
    'file:///etc/passwd',
    '/keys',
    'https://',
  ];
  for (const url of refused) t.equal(fault(await set(url)), '422 jwks_uri invalid', url);
  t.equal((await call(sessions.ada, `GET ${SSO}`)).status, 404, 'nothing was set');
  t.equal((await set('https://login.example/keys')).status, 204);
  t.ok(key);
});

t.test('O3: a name that leads to what is not public is not connected to', async (t) => {
  const { createOutbound } = await import('../../src/outbound.ts');
  const { createKeySets } = await import('../../src/key-sets.ts');
  const { pino } = await import('pino');
  const keys = await keyServer(t, jwksOf(await signingKey('inside')));
  const outbound = createOutbound({ allow: [], resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
  const log = pino({ level: 'silent' });
  const key_sets = createKeySets({ outbound, log, clock: () => new Date(), request_timeout_ms: 5000 });
  const { present, setSso, key, sessions } = await ssoWorld(t, { deps: { outbound, key_sets } });
  await setSso({ jwks_uri: `https://login.example:${keys.port}/keys` });
  t.match(await present(sessions.bob, await idToken(key, 'bob')), { status: 503, body: { code: 'unavailable' } });
  t.equal(keys.state.calls, 0);
});
