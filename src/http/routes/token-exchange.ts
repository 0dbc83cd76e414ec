// POST /oauth/token: the only grant is the exchange of a token for a shorter and narrower one (RFC 8693, contract 8).

import { Type } from 'typebox';
import { exchangeToken } from '../../use-cases/exchange/exchange-token.ts';
import { noStore } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { clientOf } from '../caller-of.ts';
import { ACCESS_TOKEN, ExchangeForm, JWT, readExchange } from '../exchange-form.ts';

const Exchanged = Type.Object({
  access_token: Type.String({ description: 'Shown once' }),
  issued_token_type: Type.Enum([ACCESS_TOKEN, JWT]),
  token_type: Type.Enum(['Bearer']),
  expires_in: Type.Integer({ minimum: 0, description: 'Seconds' }),
  scope: Type.String({ description: 'What it holds, as introspection prints it' }),
});

export const addTokenExchangeRoutes: AddRoutes = (app, deps) => {
  app.post(
    '/oauth/token',
    {
      config: {
        access: { client: 'exchange', audit: 'personal_access_token.exchange' },
        errors: 'oauth',
        body: 'form',
      },
      schema: {
        operationId: 'exchangeToken',
        summary: 'Exchange a token for a shorter and narrower one (RFC 8693)',
        description:
          'The new token never holds more than the subject, at any moment, and ends with the very text that made it. Wider: ' +
          '`invalid_scope` or `invalid_target`; a subject that is not live and granted: `invalid_request`.',
        tags: ['oauth'],
        body: ExchangeForm,
        response: { 200: Exchanged },
      },
    },
    async (request, reply) => {
      noStore(reply);
      reply.header('pragma', 'no-cache'); // RFC 6749 section 5.1
      const ask = readExchange(request.body);
      const issued = await exchangeToken(deps, request.caller, { client: clientOf(request), ask });
      const { text, scope, issued_at, expires_at } = issued;
      return {
        access_token: text,
        issued_token_type: ask.form === 'jwt' ? JWT : ACCESS_TOKEN,
        token_type: 'Bearer' as const,
        expires_in: Math.floor((expires_at.getTime() - issued_at.getTime()) / 1000),
        scope,
      };
    },
  );
};
