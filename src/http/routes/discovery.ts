// Where clients find out what is here (RFC 8414, AuthZEN section 9). Only endpoints that exist are named, and every address
// is made of PUBLIC_URL.

import { Type } from 'typebox';
import type { AddRoutes } from '../app-type.ts';

const OPEN = { access: { open: true as const } };
const Url = Type.String({ format: 'uri' });
const AuthMethods = Type.Array(Type.String(), { examples: [['client_secret_basic', 'client_secret_post']] });
const AUTH_METHODS = ['client_secret_basic', 'client_secret_post'];

export const addDiscoveryRoutes: AddRoutes = (app, deps) => {
  const { public_url } = deps.config;
  app.get(
    '/.well-known/oauth-authorization-server',
    {
      config: OPEN,
      schema: {
        operationId: 'getAuthorizationServerMetadata',
        summary: 'What the OAuth endpoints are and take (RFC 8414)',
        tags: ['discovery'],
        response: {
          200: Type.Object({
            issuer: Url,
            introspection_endpoint: Url,
            revocation_endpoint: Url,
            response_types_supported: Type.Array(Type.String()),
            grant_types_supported: Type.Array(Type.String()),
            token_endpoint_auth_methods_supported: AuthMethods,
            introspection_endpoint_auth_methods_supported: AuthMethods,
            revocation_endpoint_auth_methods_supported: AuthMethods,
            service_documentation: Url,
          }),
        },
      },
    },
    () => ({
      issuer: public_url,
      introspection_endpoint: `${public_url}/oauth/introspect`,
      revocation_endpoint: `${public_url}/oauth/revoke`,
      response_types_supported: [],
      // Printed though empty: a client that finds none assumes grants that are not here (RFC 8414 section 2).
      grant_types_supported: [],
      token_endpoint_auth_methods_supported: AUTH_METHODS,
      introspection_endpoint_auth_methods_supported: AUTH_METHODS,
      revocation_endpoint_auth_methods_supported: AUTH_METHODS,
      service_documentation: `${public_url}/docs`,
    }),
  );
  app.get(
    '/.well-known/authzen-configuration',
    {
      config: OPEN,
      schema: {
        operationId: 'getAuthzenMetadata',
        summary: 'What the evaluation endpoints are (AuthZEN)',
        tags: ['discovery'],
        response: {
          200: Type.Object({
            policy_decision_point: Url,
            access_evaluation_endpoint: Url,
            access_evaluations_endpoint: Url,
          }),
        },
      },
    },
    () => ({
      policy_decision_point: public_url,
      access_evaluation_endpoint: `${public_url}/access/v1/evaluation`,
      access_evaluations_endpoint: `${public_url}/access/v1/evaluations`,
    }),
  );
};
