// Every OAuth flow by others' code, unmodified, over a socket: oauth4webapi and openid-client find this service, introspect, exchange
// and revoke; jose verifies what it signs.

import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import t from 'tap';
import { listeningApp } from '../support/listening.ts';

const AUDIENCE = 'https://api.example.com';
const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPE = 'urn:ietf:params:oauth:token-type';

/** Without TLS: this machine only. */
const HTTP = { [oauth.allowInsecureRequests]: true };

const AUTHENTICATIONS = [
  ['Basic', oauth.ClientSecretBasic, openid.ClientSecretBasic],
  ['form', oauth.ClientSecretPost, openid.ClientSecretPost],
] as const;

/** What the library throws. */
function faultOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'it was answered',
    (error: unknown) => error,
  );
}

t.test('oauth4webapi and openid-client, unmodified', async (t) => {
  const { url, issuer, world, rows, deps } = await listeningApp(t);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const mill = await world.repository(acme, 'mill');
  const { client_id, secret } = await world.client(['introspect', 'revoke', 'exchange'], 'all', [AUDIENCE]);
  const client: oauth.Client = { client_id };
  const discover = async () =>
    oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...HTTP }));
  const as = await discover();
  const configured = (metadata: Partial<openid.ClientMetadata> | undefined, authentication: openid.ClientAuth) =>
    openid.discovery(issuer, client_id, metadata, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });

  t.test('discovery: the server, and the resource that leads to it', async (t) => {
    t.equal(as.issuer, url);
    t.equal(as.introspection_endpoint, `${url}/oauth/introspect`);
    const answer = await oauth.resourceDiscoveryRequest(issuer, HTTP);
    const resource = await oauth.processResourceDiscoveryResponse(issuer, answer);
    t.same(resource.authorization_servers, [as.issuer]);
    t.ok(as.protected_resources?.includes(resource.resource), 'and the server knows the resource (RFC 9728 section 4)');
    const found = (await configured(undefined, openid.ClientSecretBasic(secret))).serverMetadata();
    t.equal(found.jwks_uri, `${url}/oauth/jwks`);
  });

  for (const [name, byOauth, byOpenid] of AUTHENTICATIONS) {
    t.test(`T1: introspection and revocation, credentials by ${name}`, async (t) => {
      const token = await rows.fineGrained(ada, {
        owner: acme,
        permissions: { contents: 'read' },
        selection: 'subset',
        repositories: [mill],
      });
      const introspect = async (text: string) =>
        oauth.processIntrospectionResponse(
          as,
          client,
          await oauth.introspectionRequest(as, client, byOauth(secret), text, HTTP),
        );
      const config = await configured(undefined, byOpenid(secret));
      const expected = { active: true, iss: url, sub: String(ada.id), jti: String(token.id), username: 'ada' };
      t.match(await introspect(token.text), { ...expected, scope: 'contents:read metadata:read' });
      t.match(await openid.tokenIntrospection(config, token.text), expected);

      const revoked = await oauth.revocationRequest(as, client, byOauth(secret), token.text, HTTP);
      await oauth.processRevocationResponse(revoked);
      t.same(await introspect(token.text), { active: false });
      const classic = await rows.classic(ada, { scopes: ['repo'] });
      await openid.tokenRevocation(config, classic.text);
      t.same(await openid.tokenIntrospection(config, classic.text), { active: false });
      await openid.tokenRevocation(config, classic.text); // again: the same answer
    });
  }

  t.test('T1: introspection as a JWT (RFC 9701)', async (t) => {
    const token = await rows.classic(ada, { scopes: ['repo'] });
    const ask = async (text: string) => {
      const options = { ...HTTP, requestJwtResponse: true };
      const authentication = oauth.ClientSecretBasic(secret);
      return oauth.introspectionRequest(as, client, authentication, text, options);
    };
    const response = await ask(token.text);
    t.equal(response.headers.get('content-type'), 'application/token-introspection+jwt');
    t.equal(response.headers.get('cache-control'), 'no-store');
    const raw = await response.clone().text();
    const answer = await oauth.processIntrospectionResponse(as, client, response);
    t.match(answer, { active: true, scope: 'repo', jti: String(token.id) });
    await oauth.validateApplicationLevelSignature(as, response, HTTP);
    t.same(await oauth.processIntrospectionResponse(as, client, await ask('unknown')), { active: false });

    const metadata = { introspection_signed_response_alg: 'ES256' };
    const config = await configured(metadata, openid.ClientSecretBasic(secret));
    openid.enableNonRepudiationChecks(config);
    t.match(await openid.tokenIntrospection(config, token.text), { active: true, username: 'ada' });

    const jwks = createRemoteJWKSet(new URL(as.jwks_uri ?? ''));
    const { payload, protectedHeader } = await jwtVerify(raw, jwks, {
      issuer: url,
      audience: client_id,
      typ: 'token-introspection+jwt',
      algorithms: ['ES256'],
    });
    t.same(
      Object.keys(payload).sort(),
      ['aud', 'iat', 'iss', 'token_introspection'],
      'nothing that an access token has',
    );
    t.same(payload.token_introspection, answer);
    t.same(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ']);
    const [header, body, signature] = raw.split('.');
    const changed = Buffer.from(JSON.stringify({ ...payload, aud: 'other' })).toString('base64url');
    await t.rejects(jwtVerify([header, changed, signature].join('.'), jwks), { code: /JWS_SIGNATURE/ });
    t.ok(body);
  });

  t.test('T1: who asks for a JWT by its name gets one, and nobody else', async (t) => {
    const { text } = await rows.classic(ada);
    const authorization = `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`;
    const typeFor = async (accept: string) => {
      const body = new URLSearchParams({ token: text });
      const answer = await fetch(`${url}/oauth/introspect`, {
        method: 'POST',
        headers: { authorization, accept },
        body,
      });
      t.equal(answer.status, 200);
      t.equal(answer.headers.get('vary'), 'accept');
      return answer.headers.get('content-type')?.split(';')[0];
    };
    const jwt = 'application/token-introspection+jwt';
    for (const accept of [
      jwt,
      jwt.toUpperCase(),
      `${jwt};q=0.5`,
      `text/plain, ${jwt}`,
      `application/json;q=0.9, ${jwt}`,
      `${jwt}, */*`,
      `*/*, application/json;q=0.1, ${jwt};q=0.5`,
    ]) {
      t.equal(await typeFor(accept), jwt, accept);
    }
    for (const accept of [
      ...['*/*', 'application/*', 'application/json', `${jwt};q=0`, `application/json, ${jwt};q=0.5`],
      ...[`*/*, ${jwt};q=0.5`, `${jwt};q=0.5, application/*;q=0.6, */*;q=0.1`],
    ]) {
      t.equal(await typeFor(accept), 'application/json', accept);
    }
  });

  t.test('a wrong secret, and a capability that is missing, are told as the standards say', async (t) => {
    const wrong = oauth.ClientSecretBasic(`${secret.slice(0, -1)}${secret.endsWith('a') ? 'b' : 'a'}`);
    const asked = await oauth.introspectionRequest(as, client, wrong, 'x', HTTP);
    const refused = await faultOf(oauth.processIntrospectionResponse(as, client, asked));
    t.match(refused, { code: oauth.WWW_AUTHENTICATE_CHALLENGE, status: 401, cause: [{ scheme: 'basic' }] });
    const powerless = await world.client([]);
    const config = await openid.discovery(
      issuer,
      powerless.client_id,
      undefined,
      openid.ClientSecretBasic(powerless.secret),
      {
        algorithm: 'oauth2',
        execute: [openid.allowInsecureRequests],
      },
    );
    t.match(await faultOf(openid.tokenIntrospection(config, 'x')), { error: 'unauthorized_client', status: 403 });
  });

  for (const [name, byOauth, byOpenid] of AUTHENTICATIONS) {
    t.test(`T3: exchange for an opaque token and for a JWT, credentials by ${name}`, async (t) => {
      const subject = await rows.fineGrained(ada, {
        owner: acme,
        permissions: { contents: 'write', issues: 'read' },
        selection: 'all',
      });
      const parameters = {
        subject_token: subject.text,
        subject_token_type: `${TYPE}:access_token`,
        scope: 'contents:read',
        resource: `${url}/repos/acme/mill`,
        audience: AUDIENCE,
      };
      const config = await configured(undefined, byOpenid(secret));
      const exchange = async (form: 'access_token' | 'jwt') => {
        const asked = { ...parameters, requested_token_type: `${TYPE}:${form}` };
        const response = await oauth.genericTokenEndpointRequest(as, client, byOauth(secret), GRANT, asked, HTTP);
        const found = await oauth.processGenericTokenEndpointResponse(as, client, response);
        t.match(found, {
          token_type: 'bearer',
          issued_token_type: `${TYPE}:${form}`,
          scope: 'contents:read metadata:read',
        });
        const again = await openid.genericGrantRequest(config, GRANT, asked);
        t.match(again, { token_type: 'bearer', issued_token_type: `${TYPE}:${form}` });
        t.not(again.access_token, found.access_token);
        return found.access_token;
      };
      const opaque = await exchange('access_token');
      t.match(await openid.tokenIntrospection(config, opaque), {
        active: true,
        aud: AUDIENCE,
        scope: 'contents:read metadata:read',
      });

      const jwt = await exchange('jwt');
      const call = new Request('https://api.example.com/contents', { headers: { authorization: `Bearer ${jwt}` } });
      const claims = await oauth.validateJwtAccessToken(as, call, AUDIENCE, HTTP);
      t.match(claims, {
        iss: url,
        sub: String(ada.id),
        aud: AUDIENCE,
        client_id,
        scope: 'contents:read metadata:read',
      });
      await t.rejects(oauth.validateJwtAccessToken(as, call, 'https://other.example.com', HTTP), 'for nobody else');
      const jwks = createRemoteJWKSet(new URL(as.jwks_uri ?? ''));
      const options = { issuer: url, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'], maxTokenAge: 900 };
      const { payload } = await jwtVerify(jwt, jwks, options);
      t.same(payload, claims);
    });
  }

  t.test('T3: delegation: who acts stands in the new token, the last one outside', async (t) => {
    const config = await configured(undefined, openid.ClientSecretBasic(secret));
    const [bot, robot] = [await world.person('bot'), await world.person('robot')];
    const actor = async (who: typeof bot) => (await rows.classic(who)).text;
    const exchange = async (subject_token: string, actor_token: string, form: 'access_token' | 'jwt') => {
      const types = { subject_token_type: `${TYPE}:access_token`, actor_token_type: `${TYPE}:access_token` };
      const asked = { subject_token, actor_token, ...types, requested_token_type: `${TYPE}:${form}` };
      return (await openid.genericGrantRequest(config, GRANT, asked)).access_token;
    };
    const root = await rows.classic(ada, { scopes: ['repo'] });
    const first = await exchange(root.text, await actor(bot), 'access_token');
    t.match(await openid.tokenIntrospection(config, first), { sub: String(ada.id), act: { sub: String(bot.id) } });
    const { payload } = await jwtVerify(
      await exchange(first, await actor(robot), 'jwt'),
      createRemoteJWKSet(new URL(as.jwks_uri ?? '')),
    );
    t.match(payload, { sub: String(ada.id), act: { sub: String(robot.id), act: { sub: String(bot.id) } } });
  });

  t.test('T3: an exchange that would be wider is told as RFC 8693 says', async (t) => {
    const { text } = await rows.classic(ada, { scopes: ['read:org'] });
    const config = await configured(undefined, openid.ClientSecretBasic(secret));
    const asked = {
      subject_token: text,
      subject_token_type: `${TYPE}:access_token`,
      requested_token_type: `${TYPE}:jwt`,
    };
    const refused = (more: Readonly<Record<string, string>>) =>
      faultOf(openid.genericGrantRequest(config, GRANT, { ...asked, ...more }));
    t.match(await refused({ scope: 'admin:org' }), { error: 'invalid_scope', status: 400 });
    t.match(await refused({ audience: 'https://other.example.com' }), { error: 'invalid_target', status: 400 });
    t.match(await refused({ resource: `${url}/repos/acme/mill` }), { error: 'invalid_target' });
    t.match(await refused({ subject_token: 'gthp_unknown' }), { error: 'invalid_request' });
    t.match(await refused({ subject_token_type: `${TYPE}:jwt` }), { error: 'invalid_request' });
  });

  t.test('F21: rotation while a receiver keeps its copy of the keys', async (t) => {
    const jwks = createRemoteJWKSet(new URL(as.jwks_uri ?? ''), { cooldownDuration: 0 });
    const sign = () => deps.signer.sign({ sub: '1' }, { typ: 'at+jwt' });
    const before = await sign();
    await jwtVerify(before, jwks);
    const { kid } = decodeProtectedHeader(before);
    const admin = await world.session(await world.person('root', { site_admin: true }));
    const headers = { authorization: `Bearer ${admin}` };
    const rotated = await fetch(`${url}/admin/signing-keys`, { method: 'POST', headers });
    t.equal(rotated.status, 201);
    const next = (await rotated.json()) as { kid: string };
    t.equal(decodeProtectedHeader(await sign()).kid, kid, 'the new key does not sign yet');
    await fetch(`${url}/admin/signing-keys/${kid}`, { method: 'DELETE', headers });
    const after = await sign();
    t.equal(decodeProtectedHeader(after).kid, next.kid);
    await jwtVerify(after, jwks);
    t.pass('who meets a name that he does not know fetches the keys again');
    await t.rejects(jwtVerify(before, createRemoteJWKSet(new URL(as.jwks_uri ?? ''))), {
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    });
  });
});
