import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';

const PUBLIC_URL = 'https://gatehouse.example';
const AUTH_METHODS = ['client_secret_basic', 'client_secret_post'];

t.test('RFC 8414: the metadata names what exists, under PUBLIC_URL only', async (t) => {
  const { inject, app } = await buildTestApp(t, { settings: { PUBLIC_URL } });
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
  const answer = await inject({ url: '/.well-known/oauth-authorization-server', headers });
  t.equal(answer.statusCode, 200);
  t.match(answer.headers['content-type'], /^application\/json/);
  const { service_documentation, scopes_supported, ...metadata } = answer.json();
  t.same(metadata, {
    issuer: PUBLIC_URL,
    jwks_uri: `${PUBLIC_URL}/oauth/jwks`,
    token_endpoint: `${PUBLIC_URL}/oauth/token`,
    introspection_endpoint: `${PUBLIC_URL}/oauth/introspect`,
    revocation_endpoint: `${PUBLIC_URL}/oauth/revoke`,
    response_types_supported: [],
    grant_types_supported: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    introspection_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    introspection_signing_alg_values_supported: ['ES256', 'RS256'],
    protected_resources: [PUBLIC_URL],
  });
  t.equal((await inject({ url: new URL(metadata.jwks_uri).pathname })).statusCode, 200);
  t.ok(['repo', 'read:org', 'contents:write', 'metadata:read'].every((scope) => scopes_supported.includes(scope)));
  t.notOk(scopes_supported.includes('metadata:write'), 'a level that there is not');
  for (const [name, url] of Object.entries(metadata)) {
    if (name.endsWith('_endpoint')) t.ok(app.hasRoute({ method: 'POST', url: new URL(String(url)).pathname }), name);
  }
  t.equal((await inject({ url: new URL(service_documentation).pathname })).statusCode, 200);
});

t.test('RFC 9728: the API describes itself as a protected resource, and its challenge leads there', async (t) => {
  const { inject } = await buildTestApp(t, { settings: { PUBLIC_URL } });
  const challenge = String((await inject('/user')).headers['www-authenticate']);
  const [, url = ''] = /^Bearer realm="gatehouse", resource_metadata="([^"]+)"$/.exec(challenge) ?? [];
  t.equal(url, `${PUBLIC_URL}/.well-known/oauth-protected-resource`);
  const { scopes_supported, ...metadata } = (await inject(new URL(url).pathname)).json();
  t.same(metadata, {
    resource: PUBLIC_URL,
    resource_name: 'Gatehouse',
    authorization_servers: [PUBLIC_URL],
    bearer_methods_supported: ['header'],
    resource_documentation: `${PUBLIC_URL}/docs`,
  });
  t.ok(scopes_supported.length > 100);
});

t.test('an issuer with a path has its metadata where RFC 8414, RFC 9728 and AuthZEN look for it', async (t) => {
  const { inject } = await buildTestApp(t, { settings: { PUBLIC_URL: `${PUBLIC_URL}/auth` } });
  for (const name of ['oauth-authorization-server', 'oauth-protected-resource', 'authzen-configuration']) {
    const answer = await inject(`/.well-known/${name}/auth`);
    t.equal(answer.statusCode, 200);
    t.same(answer.json(), (await inject(`/.well-known/${name}`)).json());
  }
  const challenge = String((await inject('/user')).headers['www-authenticate']);
  t.match(challenge, `resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/auth"`);
});

t.test('AuthZEN: the metadata names what exists, under PUBLIC_URL only', async (t) => {
  const { inject, app } = await buildTestApp(t, { settings: { PUBLIC_URL } });
  const answer = await inject({ url: '/.well-known/authzen-configuration' });
  t.equal(answer.statusCode, 200);
  const metadata = answer.json();
  t.same(metadata, {
    policy_decision_point: PUBLIC_URL,
    access_evaluation_endpoint: `${PUBLIC_URL}/access/v1/evaluation`,
    access_evaluations_endpoint: `${PUBLIC_URL}/access/v1/evaluations`,
    search_subject_endpoint: `${PUBLIC_URL}/access/v1/search/subject`,
    search_resource_endpoint: `${PUBLIC_URL}/access/v1/search/resource`,
    search_action_endpoint: `${PUBLIC_URL}/access/v1/search/action`,
  });
  for (const [name, url] of Object.entries(metadata)) {
    if (name.endsWith('_endpoint')) t.ok(app.hasRoute({ method: 'POST', url: new URL(String(url)).pathname }), name);
  }
});
