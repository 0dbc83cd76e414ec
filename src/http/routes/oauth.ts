// What backend services ask by the OAuth standards (contract 8): introspection (RFC 7662, as a JWT RFC 9701) and revocation
// (RFC 7009).

import { Type } from 'typebox';
import { introspect } from '../../use-cases/checks/introspect.ts';
import { signIntrospection } from '../../use-cases/checks/sign-introspection.ts';
import { revokeByText } from '../../use-cases/tokens/revoke-by-text.ts';
import { asksFor } from '../accept.ts';
import { markStale, noStore } from '../answer-headers.ts';
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

export const INTROSPECTION_JWT = 'application/token-introspection+jwt';
const INTROSPECTION_DESCRIPTION =
  'Everything that is not a live token of which the client may know is `{"active": false}`. With ' +
  '`Accept: application/token-introspection+jwt` the answer is a signed JWT (RFC 9701).';
const INTROSPECTION_ANSWER = {
  description: 'OK',
  content: {
    'application/json': { schema: Type.Ref('Introspection') },
    [INTROSPECTION_JWT]: { schema: Type.String({ description: 'A JWT with the member `token_introspection`' }) },
  },
};

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
        description: INTROSPECTION_DESCRIPTION,
        tags: ['oauth'],
        body: TokenForm,
        response: { 200: INTROSPECTION_ANSWER },
      },
    },
    async (request, reply) => {
      noStore(reply);
      reply.header('vary', 'accept');
      const client = clientOf(request);
      const found = await introspect(deps, client, request.body.token);
      markStale(reply, found?.stale_ms);
      const answer = found === null ? { active: false } : presentIntrospection(found, deps.config.public_url);
      if (!asksFor(request.headers.accept, INTROSPECTION_JWT, 'application/json')) return answer;
      return reply.type(INTROSPECTION_JWT).send(await signIntrospection(deps, client, answer));
    },
  );
  app.post(
    '/oauth/revoke',
    {
      config: {
        access: { client: 'revoke', audit: 'personal_access_token.credential_revoked' },
        urgency: 'ending',
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
