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
  const { service_documentation, ...metadata } = answer.json();
  t.same(metadata, {
    issuer: PUBLIC_URL,
    introspection_endpoint: `${PUBLIC_URL}/oauth/introspect`,
    revocation_endpoint: `${PUBLIC_URL}/oauth/revoke`,
    response_types_supported: [],
    grant_types_supported: [],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    introspection_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
  });
  for (const [name, url] of Object.entries(metadata)) {
    if (name.endsWith('_endpoint')) t.ok(app.hasRoute({ method: 'POST', url: new URL(String(url)).pathname }), name);
  }
  t.equal((await inject({ url: new URL(service_documentation).pathname })).statusCode, 200);
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
  });
  for (const [name, url] of Object.entries(metadata)) {
    if (name.endsWith('_endpoint')) t.ok(app.hasRoute({ method: 'POST', url: new URL(String(url)).pathname }), name);
  }
});
