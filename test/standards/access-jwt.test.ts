// JWT access tokens (RFC 9068, T3): what one says is what introspection says of an opaque token that was exchanged alike, it is never
// wider and never longer than its subject, and it is good for nothing at this service itself.

import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import t, { type Test } from 'tap';
import { DAY_MS } from '../../src/domain/moment.ts';
import { normaliseScopes } from '../../src/domain/scope.ts';
import { PERMISSIONS, SCOPES } from '../../src/domain/vocabulary.ts';
import { digestOf } from '../../src/secrets.ts';
import { backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const AS_JWT = { requested_token_type: JWT };
const AUDIENCES = ['https://a.test', 'https://b.test'];
/** Ahead of the database, so that tests say what time it is. */
const NOW = new Date(Math.ceil(Date.now() / 1000) * 1000 + DAY_MS);
const seconds = (moment: Date) => moment.getTime() / 1000;

async function start(t: Test) {
  const { inject, deps } = await buildTestApp(t, { deps: { clock: () => NOW } });
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const repositories = await Promise.all(['web', 'api', 'ops'].map((name) => world.repository(acme, name)));
  const client = await world.client(['exchange', 'introspect', 'revoke', 'evaluate'], 'all', AUDIENCES);
  const backend = backendOf(inject, client.authorization);
  const uri = (name: string) => `${deps.config.public_url}/repos/acme/${name}`;
  const jwtOf = async (subject: string, parameters: Readonly<Record<string, string | readonly string[]>> = {}) => {
    const answer = await backend.exchange(subject, { ...AS_JWT, ...parameters });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body.access_token as string;
  };
  return { inject, deps, world, ada, acme, repositories, client, backend, uri, jwtOf, rows: tokenRowsOf(deps) };
}

t.test('T3, L1: a JWT has the claims of RFC 9068, and one entry of the record', async (t) => {
  const { deps, ada, acme, repositories, rows, client, backend, world, uri } = await start(t);
  const subject = await rows.fineGrained(ada, {
    ...{ owner: acme, permissions: { contents: 'write' }, selection: 'subset', repositories: repositories.slice(0, 2) },
  });
  const actor = await world.person('bot');
  const acting = await rows.classic(actor);
  const answer = await backend.exchange(subject.text, {
    ...{ ...AS_JWT, scope: 'contents:read', audience: AUDIENCES, resource: uri('web') },
    ...{ actor_token: acting.text, actor_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
  });
  t.equal(answer.status, 200, answer.text);
  t.match(answer.headers, { 'cache-control': 'no-store', pragma: 'no-cache', 'content-type': /^application\/json/ });
  const { access_token, ...told } = answer.body;
  t.same(told, {
    ...{ issued_token_type: JWT, token_type: 'Bearer', expires_in: 900, scope: 'contents:read metadata:read' },
  });
  const { kid, ...header } = decodeProtectedHeader(access_token);
  t.same(header, { alg: 'ES256', typ: 'at+jwt' });
  t.equal(kid, (await deps.signer.jwks()).keys[0]?.kid);
  const { jti, ...claims } = decodeJwt(access_token);
  t.match(jti, /^[0-9A-Za-z]{22}$/);
  t.same(claims, {
    ...{ iss: deps.config.public_url, sub: String(ada.id), aud: AUDIENCES, client_id: client.client_id },
    ...{ iat: seconds(NOW), exp: seconds(NOW) + 900, scope: 'contents:read metadata:read', username: 'ada' },
    ...{ act: { sub: String(actor.id) }, resource_owner: 'acme', repository_selection: 'subset' },
    repositories: [{ id: repositories[0]?.id, full_name: 'acme/web' }],
    permissions: { contents: 'read', metadata: 'read' },
  });
  const entries = await deps.db
    .selectFrom('audit_entries')
    .selectAll()
    .where('action', '<>', 'signing_key.create')
    .execute();
  t.equal(entries.length, 1);
  t.match(entries[0], {
    action: 'personal_access_token.exchange',
    managed_hashed_token: digestOf(access_token),
    data: { exchanged_token_id: jti, jwt: true, scope: 'contents:read metadata:read' },
  });
  t.notOk(JSON.stringify(entries).includes(access_token.split('.')[2]), 'the record has no text of it');
  t.equal((await deps.db.selectFrom('exchanged_tokens').selectAll().execute()).length, 0, 'and there is no row');
});

t.test('T3: a JWT lives at most 15 minutes, and never longer than its subject', async (t) => {
  const { ada, rows, jwtOf, backend } = await start(t);
  const endIn = async (left_seconds: number, expires_in?: string) => {
    const expires_at = new Date(NOW.getTime() + left_seconds * 1000);
    const subject = await rows.classic(ada, { scopes: ['repo'], expires_at });
    const { exp = 0 } = decodeJwt(await jwtOf(subject.text, expires_in === undefined ? {} : { expires_in }));
    return exp - seconds(NOW);
  };
  t.equal(await endIn(901), 900);
  t.equal(await endIn(900), 900);
  t.equal(await endIn(899), 899);
  t.equal(await endIn(0.999), 0, 'what is begun is not added');
  t.equal(await endIn(5000, '899'), 899);
  t.equal(await endIn(5000, '3600'), 900);
  const root = await rows.classic(ada, { scopes: ['repo'], expires_at: null });
  const child = (await backend.exchange(root.text, { expires_in: '60' })).body.access_token;
  t.equal(decodeJwt(await jwtOf(child)).exp, seconds(NOW) + 60, 'nor than an exchanged one');
});

t.test('T3: without an audience a JWT is for the issuer, or for whom its subject is', async (t) => {
  const { ada, rows, jwtOf, backend, deps } = await start(t);
  const root = await rows.classic(ada, { scopes: ['repo'] });
  t.equal(decodeJwt(await jwtOf(root.text)).aud, deps.config.public_url);
  t.equal(decodeJwt(await jwtOf(root.text, { audience: 'https://b.test' })).aud, 'https://b.test');
  const child = (await backend.exchange(root.text, { audience: 'https://a.test' })).body.access_token;
  t.equal(decodeJwt(await jwtOf(child)).aud, 'https://a.test');
  t.match(await backend.exchange(child, { ...AS_JWT, audience: 'https://b.test' }), {
    body: { error: 'invalid_target' },
  });
});

t.test('T3, T5: a JWT is no credential, no subject and nothing live at this service', async (t) => {
  const { ada, rows, jwtOf, backend, inject, client } = await start(t);
  const jwt = await jwtOf((await rows.classic(ada, { scopes: ['repo'] })).text);
  t.equal((await inject({ url: '/user', headers: bearer(jwt) })).statusCode, 401);
  t.equal((await backend.introspect(jwt)).text, '{"active":false}');
  t.same((await backend.revoke(jwt)).status, 200);
  t.match(await backend.exchange(jwt), { status: 400, body: { error: 'invalid_request' } });
  const subject_token_type = JWT;
  t.match(await backend.exchange(jwt, { subject_token_type }), { status: 400, body: { error: 'invalid_request' } });
  const question = {
    ...{
      subject: { type: 'token', id: jwt },
      action: { name: 'repo' },
      resource: { type: 'repository', id: 'acme/web' },
    },
  };
  t.match((await backend.evaluate(question)).body, { decision: false, context: { status: 401 } });
  const nginx = await inject({
    url: '/gateway/nginx',
    headers: {
      ...bearer(jwt),
      'x-gateway-authorization': client.authorization,
      'x-original-method': 'GET',
      'x-original-uri': '/user',
    },
  });
  t.not(nginx.statusCode, 200);
});

t.test('T3: what is not live or not granted is no subject of a JWT either', async (t) => {
  const { ada, acme, rows, backend, world } = await start(t);
  const held = { owner: acme, permissions: { contents: 'read' }, selection: 'all' } as const;
  const dead = [
    await rows.classic(ada, { expires_at: NOW, issued_at: new Date(NOW.getTime() - DAY_MS) }),
    await rows.classic(ada, { revoked_at: NOW }),
    await rows.fineGrained(ada, { ...held, standing: 'pending' }),
    await rows.fineGrained(ada, { ...held, standing: 'denied' }),
    await rows.classic(await world.person('gone', { suspended: true })),
  ];
  for (const { text } of dead) {
    t.match(await backend.exchange(text, AS_JWT), { status: 400, body: { error: 'invalid_request' } });
  }
  const child = (await backend.exchange((await rows.classic(ada, { scopes: ['repo'] })).text)).body.access_token;
  await backend.revoke(child);
  t.match(await backend.exchange(child, AS_JWT), { status: 400, body: { error: 'invalid_request' } }, 'an ended one');
});

t.test('T1, T3: a JWT says what introspection says of an opaque token that was exchanged alike', async (t) => {
  const { ada, acme, repositories, rows, backend, uri } = await start(t);
  const permissions = PERMISSIONS.filter(({ category }) => category !== 'account');
  const some = fc.subarray(['web', 'api', 'ops']);
  const level = fc
    .constantFrom(...permissions)
    .chain((each) => fc.tuple(fc.constant(each.name), fc.constantFrom(...each.levels)));
  const fine = fc.record({
    granted: fc.array(level, { maxLength: 4 }),
    selection: fc.constantFrom('none', 'all', 'subset'),
    of: some,
  });
  const classic = fc.subarray(
    SCOPES.map(({ name }) => name),
    { maxLength: 4 },
  );
  const asked = fc.record({
    wanted: fc.array(fc.nat(20), { maxLength: 3 }),
    narrows: fc.boolean(),
    resources: some,
    audience: fc.subarray(AUDIENCES),
    twice: fc.boolean(),
  });
  let exchanged = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(fine, classic), asked, async (held, { wanted, narrows, resources, audience, twice }) => {
      const root = Array.isArray(held)
        ? await rows.classic(ada, { scopes: normaliseScopes(held) })
        : await rows.fineGrained(ada, {
            ...{ owner: acme, selection: held.selection as 'all', permissions: Object.fromEntries(held.granted) },
            ...(held.selection === 'subset' && {
              repositories: repositories.filter(({ name }) => held.of.includes(name)),
            }),
          });
      const subject = twice ? ((await backend.exchange(root.text)).body.access_token ?? root.text) : root.text;
      const words = String((await backend.introspect(subject)).body.scope ?? '').split(' ');
      const scope = wanted.map((index) => words[index % words.length]).join(' ');
      const parameters = {
        ...(narrows && scope.trim() !== '' && { scope }),
        ...{ resource: resources.map(uri), audience },
      };
      const opaque = await backend.exchange(subject, parameters);
      const signed = await backend.exchange(subject, { ...AS_JWT, ...parameters });
      t.equal(signed.status, opaque.status, 'one is made where the other is');
      if (opaque.status !== 200) {
        t.same(signed.body, opaque.body);
        return;
      }
      exchanged += 1;
      const { active, token_type, token_kind, state, jti, exp, aud, ...said } = (
        await backend.introspect(opaque.body.access_token)
      ).body;
      const claims = decodeJwt(signed.body.access_token);
      const { jti: own_jti, exp: own_exp = 0, aud: own_aud, ...own } = claims;
      if (JSON.stringify(sorted(own)) !== JSON.stringify(sorted(said))) t.same(own, said);
      if (own_exp > exp || own_jti === jti) t.fail('it is never longer, and another one');
      t.same(own_aud, aud ?? said.iss);
    }),
    { numRuns: cases({ short: 60, long: 1000 }) },
  );
  t.ok(exchanged > 10, `${exchanged} were exchanged`);
});

function sorted(value: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
