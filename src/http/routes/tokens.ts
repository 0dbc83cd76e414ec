// Personal access tokens, managed by the session of their holder (contract 6, K7).

import { Type } from 'typebox';
import { createToken } from '../../use-cases/create-token.ts';
import { noStore } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { factsOf } from '../caller-of.ts';
import { presentIssuedToken } from '../present/token.ts';
import { IssuedToken, NewClassicToken, NewFineGrainedToken, TOKEN_SCHEMAS } from '../schemas/tokens.ts';

export const addTokenRoutes: AddRoutes = (app, deps) => {
  for (const schema of TOKEN_SCHEMAS) app.addSchema(schema);
  app.post(
    '/user/personal-access-tokens',
    {
      config: { access: { session: 'person', audit: 'personal_access_token.create' } },
      schema: {
        operationId: 'createToken',
        summary: 'Make a token; its text is in this answer only',
        tags: ['tokens'],
        body: Type.Union([NewFineGrainedToken, NewClassicToken], { title: 'NewToken' }),
        response: { 201: IssuedToken },
      },
    },
    async (request, reply) => {
      const issued = await createToken(deps, request.caller, { ask: request.body, now: factsOf(request).now });
      noStore(reply);
      return reply.code(201).send(presentIssuedToken(deps, issued));
    },
  );
};
