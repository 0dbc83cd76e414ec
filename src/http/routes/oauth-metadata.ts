// Where OAuth clients find out what is here: this service as an authorization server (RFC 8414), and its API as a protected resource
// (RFC 9728). Only what exists is named, and every address is made of PUBLIC_URL.

import { Type } from 'typebox';
import type { Config } from '../../config.ts';
import { SIGNING_ALGORITHMS } from '../../domain/signing-key.ts';
import { PERMISSIONS, SCOPES } from '../../domain/vocabulary.ts';
import type { AddRoutes } from '../app-type.ts';
import { TOKEN_EXCHANGE } from '../exchange-form.ts';
import { Url } from '../schemas/common.ts';

const Names = Type.Array(Type.String());
const AuthMethods = Type.Array(Type.String(), { examples: [['client_secret_basic', 'client_secret_post']] });
const AUTH_METHODS = ['client_secret_basic', 'client_secret_post'];
/** Where certificates of clients are asked for (RFC 8705). */
const AUTH_METHODS_WITH_TLS = [...AUTH_METHODS, 'tls_client_auth'];

/** What `scope` can hold: classic scopes, and permissions of fine-grained tokens as introspection prints them. */
const SCOPES_SUPPORTED = [
  ...SCOPES.map(({ name }) => name),
  ...PERMISSIONS.flatMap(({ name, levels }) => levels.map((level) => `${name}:${level}`)),
];

const ServerMetadata = Type.Object({
  issuer: Url,
  jwks_uri: Url,
  token_endpoint: Url,
  introspection_endpoint: Url,
  revocation_endpoint: Url,
  response_types_supported: Names,
  grant_types_supported: Names,
  token_endpoint_auth_methods_supported: AuthMethods,
  introspection_endpoint_auth_methods_supported: AuthMethods,
  revocation_endpoint_auth_methods_supported: AuthMethods,
  introspection_signing_alg_values_supported: Names,
  scopes_supported: Names,
  protected_resources: Type.Array(Url),
  service_documentation: Url,
});

const ResourceMetadata = Type.Object({
  resource: Url,
  resource_name: Type.String(),
  authorization_servers: Type.Array(Url),
  bearer_methods_supported: Names,
  scopes_supported: Names,
  resource_documentation: Url,
});

function serverMetadata({ public_url, tls }: Pick<Config, 'public_url' | 'tls'>) {
  const methods = tls?.client_ca_file == null ? AUTH_METHODS : AUTH_METHODS_WITH_TLS;
  return {
    issuer: public_url,
    jwks_uri: `${public_url}/oauth/jwks`,
    token_endpoint: `${public_url}/oauth/token`,
    introspection_endpoint: `${public_url}/oauth/introspect`,
    revocation_endpoint: `${public_url}/oauth/revoke`,
    response_types_supported: [],
    grant_types_supported: [TOKEN_EXCHANGE],
    token_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    // Whichever of them the present key is of: who reads this knows them both before the key changes.
    introspection_signing_alg_values_supported: [...SIGNING_ALGORITHMS],
    scopes_supported: SCOPES_SUPPORTED,
    protected_resources: [public_url],
    service_documentation: `${public_url}/docs`,
  };
}

function resourceMetadata(public_url: string) {
  return {
    resource: public_url,
    resource_name: 'Gatehouse',
    authorization_servers: [public_url],
    bearer_methods_supported: ['header'],
    scopes_supported: SCOPES_SUPPORTED,
    resource_documentation: `${public_url}/docs`,
  };
}

export const addOAuthMetadataRoutes: AddRoutes = (app, deps) => {
  const { public_url } = deps.config;
  const documents = [
    {
      url: '/.well-known/oauth-authorization-server',
      operationId: 'getAuthorizationServerMetadata',
      summary: 'What the OAuth endpoints are and take (RFC 8414)',
      shape: ServerMetadata,
      metadata: serverMetadata(deps.config),
    },
    {
      url: '/.well-known/oauth-protected-resource',
      operationId: 'getProtectedResourceMetadata',
      summary: 'This API as a protected resource (RFC 9728)',
      shape: ResourceMetadata,
      metadata: resourceMetadata(public_url),
    },
  ];
  const { pathname } = new URL(public_url);
  for (const { url, operationId, summary, shape, metadata } of documents) {
    const schema = { operationId, summary, tags: ['discovery'], response: { 200: shape } };
    app.get(url, { config: { access: { open: true } }, schema }, () => metadata);
    // An issuer with a path has its documents below the host, the path behind (RFC 8414 section 3.1, RFC 9728 section 3.1).
    if (pathname === '/') continue;
    app.get(`${url}${pathname}`, { config: { access: { open: true } }, schema: { hide: true } }, () => metadata);
  }
};
