// What backend services ask by the OAuth standards (contract 8): introspection (RFC 7662) and revocation (RFC 7009).

import { Type } from 'typebox';
import { introspect } from '../../use-cases/introspect.ts';
import { revokeByText } from '../../use-cases/revoke-by-text.ts';
import { noStore } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { clientOf } from '../caller-of.ts';
import { presentIntrospection } from '../present/introspection.ts';
import { Introspection } from '../schemas/introspection.ts';

/** Members that the standards define and we do not need are ignored, and so are all others (RFC 6749 section 3.1). */
const TokenForm = Type.Object({
  token: Type.String(),
  token_type_hint: Type.Optional(Type.String({ description: 'Ignored: every text tells its kind' })),
  client_id: Type.Optional(Type.String({ description: 'With `client_secret`, in place of Basic' })),
  client_secret: Type.Optional(Type.String()),
});

export const addOAuthRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Introspection);
  app.post(
    '/oauth/introspect',
    {
      // Asking changes nothing, so there is no entry of the record.
      config: { access: { client: 'introspect', audit: null }, errors: 'oauth', body: 'form' },
      schema: {
        operationId: 'introspectToken',
        summary: 'What a text is worth now (RFC 7662)',
        description: 'Everything that is not a live token of which the client may know is `{"active": false}`.',
        tags: ['oauth'],
        body: TokenForm,
        response: { 200: Type.Ref('Introspection') },
      },
    },
    async (request, reply) => {
      noStore(reply);
      const found = await introspect(deps, clientOf(request), request.body.token);
      return found === null ? { active: false } : presentIntrospection(found, deps.config.public_url);
    },
  );
  app.post(
    '/oauth/revoke',
    {
      config: {
        access: { client: 'revoke', audit: 'personal_access_token.credential_revoked' },
        errors: 'oauth',
        body: 'form',
      },
      schema: {
        operationId: 'revokeTokenByText',
        summary: 'End the token with this text (RFC 7009)',
        description: "Ends a live token of the client's organizations. Every other text is answered the same.",
        tags: ['oauth'],
        body: TokenForm,
        response: { 200: Type.Object({}) },
      },
    },
    async (request, reply) => {
      noStore(reply);
      await revokeByText(deps, request.caller, { client: clientOf(request), text: request.body.token });
      return {};
    },
  );
};
