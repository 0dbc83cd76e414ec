// What the holder does about the request of his token: asks again, or takes it back (contract 6).

import { requestAgain } from '../../use-cases/tokens/request-again.ts';
import { withdrawRequest } from '../../use-cases/tokens/withdraw-request.ts';
import type { AddRoutes } from '../app-type.ts';
import { factsOf } from '../caller-of.ts';
import { Conflict, NoContent } from '../schemas/common.ts';
import { RequestAgain, RequestedAgain } from '../schemas/token-requests.ts';
import { TokenPath } from '../schemas/tokens.ts';

const REQUEST = '/user/personal-access-tokens/:token_id/request';

export const addRequestAgainRoutes: AddRoutes = (app, deps) => {
  app.post(
    REQUEST,
    {
      config: { access: { session: 'person', audit: 'personal_access_token.request_created' } },
      schema: {
        operationId: 'requestAgain',
        summary: 'Ask the organization again for what a denied or pending token asked',
        description: 'A pending request is cancelled first. Where no approval is required, it is granted at once.',
        tags: ['tokens'],
        params: TokenPath,
        body: RequestAgain,
        response: { 201: RequestedAgain, 409: Conflict },
      },
    },
    async (request, reply) => {
      const { reason = null } = request.body;
      const input = { id: request.params.token_id, reason, now: factsOf(request).now };
      return reply.code(201).send(await requestAgain(deps, request.caller, input));
    },
  );
  app.delete(
    REQUEST,
    {
      config: { access: { session: 'person', audit: 'personal_access_token.request_cancelled' } },
      schema: {
        operationId: 'withdrawRequest',
        summary: 'Take back the pending request of a token',
        description:
          'A first request withdrawn leaves the token with public reads; of a widening, the old grant stands.',
        tags: ['tokens'],
        params: TokenPath,
        response: { 204: NoContent, 409: Conflict },
      },
    },
    async (request, reply) => {
      await withdrawRequest(deps, request.caller, { id: request.params.token_id, now: factsOf(request).now });
      return reply.code(204).send(null);
    },
  );
};
